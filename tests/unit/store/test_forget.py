"""Forgetting: what was named goes, with what stands beside it, and no log brings it back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.store import forget, lease, readings
from ccmeter.store.forget import Rule
from ccmeter.store.readings import LimitReading, SessionReading
from support import history, stores
from support.transcripts import Folder, Line, dumped, joined, stamp

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
NOW_US = int(NOW.timestamp() * 1_000_000)
LATER_US = NOW_US + 1_000_000
ALPHA = Line(session="alpha", cwd="/home/dev/alpha", message_id="msg_a", at_us=NOW_US - 5_000_000)
BETA = Line(session="beta", cwd="/home/dev/beta", message_id="msg_b", at_us=NOW_US - 4_000_000)
EVERY_FACT = "title", "turn", "prompt", "notice", "pull_request", "cost_state"


def _facts(line: Line) -> list[bytes]:
    """Give what stands beside calls in a log: a title, a turn, a prompt, an error, a pull request."""
    place = line.place() | {"timestamp": stamp(line.at_us or 0)}
    return [
        dumped({"type": "custom-title", "customTitle": "secret", "sessionId": line.session}),
        dumped({"type": "summary", "summary": "secret", "leafUuid": "00000000-0000-4000-8000-0000000000aa"}),
        dumped(place | {"type": "system", "subtype": "turn_duration", "durationMs": 1_000}),
        dumped(place | {"type": "user", "message": {"role": "user", "content": "secret"}}),
        dumped({"type": "pr-link", "sessionId": line.session, "prNumber": 7, "prUrl": "https://x/7", "prRepository": "x", "timestamp": place["timestamp"]}),
    ]  # fmt: skip


@pytest.fixture
def logs(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "claude")
    lines = [replace(ALPHA, message_id=f"msg_a{number}", uuid="00000000-0000-4000-8000-0000000000aa" if not number else None, stop_reason="end_turn").assistant() for number in range(3)]  # fmt: skip
    folder.write("-alpha/alpha.jsonl", joined([*_facts(ALPHA), *lines]))
    folder.write("-beta/beta.jsonl", joined([*_facts(BETA)[2:], BETA.assistant()]))
    return folder


@pytest.fixture
def store(tmp_path: Path, logs: Folder) -> Path:
    store = tmp_path / "data" / "ccmeter.duckdb"
    stores.ingest(store, tmp_path / "claude")
    return store


def _forget(store: Path, *rules: Rule) -> int:
    with lease.writing(store) as connection:
        return forget.forget(connection, rules, now=NOW)


def _keys(store: Path) -> list[str]:
    with lease.reading(store) as connection:
        return [row[0] for row in connection.execute("select call_key from call order by 1").fetchall()]


def _facts_of(store: Path, session: str) -> int:
    with lease.reading(store) as connection:
        return sum(
            connection.execute(f"select count(*) from {table} where session_id = $1", [session]).fetchall()[
                0
            ][0]
            for table in EVERY_FACT
        )


def test_every_table_of_facts_is_known(store: Path) -> None:
    """A table that names sessions and is not swept would keep what is forgotten."""
    with lease.reading(store) as connection:
        found = connection.execute(
            "select table_name from duckdb_columns() where column_name = 'session_id' and not internal"
        ).fetchall()
    by_time_of_the_hook = {"session_reading", "limit_reading"}
    # `fact_origin` is said anew from `origin` after each forgetting
    assert {row[0] for row in found} - {"origin", "forgotten", "fact_origin"} == set(
        forget._FACTS
    ) | by_time_of_the_hook


def _tell(store: Path) -> None:
    """Let the hook have told of both sessions."""
    limits = [LimitReading("five_hour", each, None, NOW_US - each, "hook", name) for each, name in ((2, "alpha"), (1, "beta"))]  # fmt: skip
    sessions = [
        SessionReading(each.session_id, each.read_us, "m", 1, None, None, None, "") for each in limits
    ]
    with lease.writing(store) as connection:
        readings.append(connection, limits, sessions, name="x", offset_bytes=1)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("alpha", None, NOW_US, takes_undated=True),
        Rule(None, "/home/dev/alpha", NOW_US, takes_undated=True),
    ],
)
def test_what_the_hook_told_of_a_session_goes(rule: Rule, store: Path) -> None:
    """A limit is not the session's own: its reading stays, without naming it. Lines of the spool bring nothing back."""
    _tell(store)
    _forget(store, rule)
    for _ in range(2):
        with lease.reading(store) as connection:
            assert connection.execute("select session_id from session_reading").fetchall() == [("beta",)]
            names = connection.execute("select distinct session_id from limit_reading order by 1").fetchall()
        assert names == [("",), ("beta",)]
        _tell(store)


def test_before_a_day_takes_all_that_the_hook_told(store: Path) -> None:
    """Whoever wants the past gone wants what the limits stood at gone, too."""
    _tell(store)
    _forget(store, Rule(None, None, NOW_US - 1, takes_undated=False))
    assert history.rows(store, "session_reading") == history.rows(store, "limit_reading") == 1


@pytest.mark.parametrize(
    "rule",
    [
        Rule("alpha", None, NOW_US, takes_undated=True),
        Rule(None, "/home/dev/alpha", NOW_US, takes_undated=True),
        Rule("alpha", "/home/dev/alpha", NOW_US, takes_undated=True),
        Rule(None, None, NOW_US - 4_500_000, takes_undated=False),
    ],
)
def test_what_is_named_goes(rule: Rule, store: Path, logs: Folder, tmp_path: Path) -> None:
    """Calls, lines, titles and all that stood beside them go; logs that are read again do not bring them back."""
    assert _facts_of(store, "alpha") >= 3
    beta = _facts_of(store, "beta")
    assert _forget(store, rule) == 3
    for _ in range(2):
        assert _keys(store) == ["msg_b"]
        assert history.rows(store, "line") == history.rows(store, "origin") == 1
        assert _facts_of(store, "alpha") == 0
        assert _facts_of(store, "beta") == beta
        assert history.rows(store, "forgotten_call") == 3
        for name in ("-alpha/alpha.jsonl", "-beta/beta.jsonl"):
            logs.swap(
                name, logs.file(name).read_bytes() + b"{}\n"
            )  # another file in its place: read from its start
        stores.ingest(store, tmp_path / "claude")
    with lease.reading(store) as connection:
        assert connection.execute("select count(*) from title where title = 'secret' and session_id <> ''").fetchall() == [(0,)]  # fmt: skip
    assert stores.calls(store) == stores.calls_from_scratch(store)


def test_what_comes_after_counts(store: Path, logs: Folder, tmp_path: Path) -> None:
    """A session that goes on after it was forgotten counts from there, and has its new title."""
    _forget(store, Rule("alpha", None, NOW_US, takes_undated=True))
    later = replace(ALPHA, message_id="msg_later", at_us=LATER_US)
    logs.append(
        "-alpha/alpha.jsonl",
        joined(
            [later.assistant(), dumped({"type": "custom-title", "customTitle": "new", "sessionId": "alpha"})]
        ),
    )
    stores.ingest(store, tmp_path / "claude")
    assert _keys(store) == ["msg_b", "msg_later"]
    with lease.reading(store) as connection:
        assert connection.execute("select title from title where session_id = 'alpha'").fetchall() == [
            ("new",)
        ]


def test_copies_do_not_come_back(store: Path, logs: Folder, tmp_path: Path) -> None:
    """A forgotten call that stands in another session's log as a copy is the same call, and stays forgotten."""
    _forget(store, Rule("alpha", None, NOW_US, takes_undated=True))
    logs.write("-other/copy.jsonl", joined([replace(ALPHA, message_id="msg_a1", session="copy").assistant()]))
    stores.ingest(store, tmp_path / "claude")
    assert _keys(store) == ["msg_b"]
    assert _forget(store, Rule("copy", None, NOW_US, takes_undated=True)) == 0


def test_undated_usage(store: Path, logs: Folder, tmp_path: Path) -> None:
    """Usage without a time goes with its project or session, and not by a day."""
    logs.write("-beta/undated.jsonl", joined([replace(BETA, message_id="msg_u", at_us=None).assistant()]))
    stores.ingest(store, tmp_path / "claude")
    assert _forget(store, Rule(None, None, NOW_US, takes_undated=False)) == 4
    assert _keys(store) == ["msg_u"]
    assert _forget(store, Rule(None, "/home/dev/beta", NOW_US, takes_undated=True)) == 1
    assert _keys(store) == []


def test_rules_do_not_pile_up(store: Path) -> None:
    """A later day takes the place of an earlier one, as a retention setting makes one every day."""
    for days in range(5):
        _forget(store, Rule(None, None, NOW_US - 10**12 + days, takes_undated=False))
    assert history.rows(store, "forgotten") == 1


def test_nothing_is_half_forgotten(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle leaves the store as it was."""
    before = stores.everything(store)

    def failing(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(forget, "_sweep", failing)
    with pytest.raises(KeyboardInterrupt):
        _forget(store, Rule("alpha", None, NOW_US, takes_undated=True))
    assert stores.everything(store) == before
