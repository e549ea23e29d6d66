"""Sessions: what people know them by, in which order they come, and that they add up to every other report."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries.sessions import Sessions, Sort, candidates, sessions
from ccmeter.queries.summary import summarize
from support import stores
from support.claude_records import prompt, summary, title, turn, uuid_of
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.store.lease import Connection

S = 1_000_000
AT = us("2026-06-01T10:00:00+00:00")
EVERYTHING = Filters(time_zone="Europe/Berlin")


def line(second: int, session: str, **more: object) -> Line:
    at_us = AT + second * S
    made = Line(message_id=f"msg_{session}_{second}", session=session, at_us=at_us, stop_reason="end_turn")
    return replace(made, **more)  # type: ignore[arg-type]


@contextlib.contextmanager
def asking(tmp_path: Path, *files: list[bytes]) -> Iterator[Connection]:
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    for number, content in enumerate(files):
        logs.write(f"p/{number}.jsonl", joined(content))
    stores.ingest(store, logs.path)
    with stores.asking(store) as connection:
        yield connection


def test_a_session_is_told_by_title_place_and_times(tmp_path: Path) -> None:
    """It is where its own calls began, on its last branch; sub-agents may have been sent elsewhere."""
    content = [
        line(0, "one", cwd="/a", branch="main").assistant(),
        line(5, "one", cwd="/else", agent="a1", is_sidechain=True, branch="x", output_tokens=7).assistant(),
        line(60, "one", cwd="/a/b", branch="topic").assistant(),
        line(70, "one", cwd="/else", agent="a2", is_sidechain=True, branch="x", model="nobodys").assistant(),
    ]
    with asking(tmp_path, content) as connection:
        found = sessions(connection, EVERYTHING)
        total = summarize(connection, EVERYTHING).total
    (one,) = found.sessions
    assert (one.session_id, one.title, one.project, one.branch) == ("one", "", "/a", "topic")
    assert one.first_at == dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
    assert str(one.first_at) == "2026-06-01 12:00:00+02:00"
    assert str(one.last_at) == "2026-06-01 12:01:10+02:00"
    assert one.active is not None
    assert (one.active.seconds, one.active.source) == (70, "gaps")
    assert one.measures == found.total == total
    assert one.agents == found.agents
    assert (one.agents.count, one.agents.tokens, one.agents.unpriced_tokens) == (2, 10 + 13, 13)
    assert one.agents.cost_pico == 3 * 5_000_000 + 7 * 25_000_000
    assert not one.agents.are_none


def test_sub_agents_of_old_logs_have_no_name(tmp_path: Path) -> None:
    """They are told by their flag alone, and a session of nothing else still has a place."""
    content = [line(0, "old", is_sidechain=True, cwd="/a", branch="b").assistant()]
    with asking(tmp_path, content, [line(0, "new").assistant()]) as connection:
        new, old = sessions(connection, EVERYTHING).sessions
    assert (old.agents.count, old.agents.tokens, old.agents.are_none) == (0, 13, False)
    assert (old.project, old.branch) == ("/a", "b")
    assert new.agents.are_none


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], ""),
        (["ai-title:made up"], "made up"),
        (["ai-title:made up", "ai-title:made up later"], "made up later"),
        (["custom-title:my own", "ai-title:made up"], "my own"),
        (["summary:summed up", "ai-title:made up"], "made up"),
        (["summary:summed up", "custom-title:my own"], "my own"),
        (["summary:summed up"], "summed up"),
    ],
)
def test_titles_by_precedence(records: list[str], expected: str, tmp_path: Path) -> None:
    """A person's own goes before Claude Code's, and a later one before an earlier; a summary names a record."""
    told = []
    for record in records:
        kind, _, words = record.partition(":")
        told.append(summary(uuid_of(7), words) if kind == "summary" else title(kind, "one", words))
    call = line(0, "one", uuid=uuid_of(7)).assistant()
    with asking(tmp_path, [call], told, [line(0, "two").assistant()]) as connection:
        found = {each.session_id: each.title for each in sessions(connection, EVERYTHING).sessions}
    assert found == {"one": expected, "two": ""}


@pytest.mark.parametrize("leaf", [3, 4])
def test_a_summary_may_name_a_prompt_or_a_turn(leaf: int, tmp_path: Path) -> None:
    """Its leaf is any record of the session."""
    own = line(0, "one")
    content = [prompt(own, 3), own.assistant(), turn(own, 5, 4)]
    with asking(tmp_path, content, [summary(uuid_of(leaf), "xxx")]) as connection:
        assert [each.title for each in sessions(connection, EVERYTHING).sessions] == ["xxx"]


def ids(found: Sessions) -> list[str]:
    return [each.session_id for each in found.sessions]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("time", ["long", "dear", "late", ""]),
        ("start", ["long", "dear", "late", ""]),
        ("cost", ["", "late", "long", "dear"]),
        ("tokens", ["", "long", "dear", "late"]),
        ("duration", ["", "dear", "late", "long"]),
    ],
)
def test_orders(sort: Sort, expected: list[str], tmp_path: Path) -> None:
    """Each way round; one without any time stands last by time, whichever way that runs."""
    cheap = "claude-haiku-4-5"
    content = [
        line(0, "long", output_tokens=50).assistant(),
        line(200, "long", output_tokens=50).assistant(),
        line(300, "dear", output_tokens=150).assistant(),
        line(9_000, "late", output_tokens=400, model=cheap).assistant(),
        line(9_010, "late", output_tokens=1, model=cheap).assistant(),
        line(0, "", at_us=None, output_tokens=1, model=cheap).assistant(),
    ]
    with asking(tmp_path, content) as connection:
        up = sessions(connection, EVERYTHING, sort=sort)
        down = sessions(connection, EVERYTHING, sort=sort, greatest_first=True)
    assert ids(up) == expected
    assert ids(down) == ([*expected[2::-1], ""] if sort in ("time", "start") else expected[::-1])
    unknown = next(each for each in up.sessions if not each.session_id)
    assert (unknown.first_at, unknown.last_at, unknown.active) == (None, None, None)


def test_a_range_cuts_usage_within_a_session(tmp_path: Path) -> None:
    """A row shows what falls inside; a session without anything inside is none."""
    day = 86_400
    content = [
        line(0, "one").assistant(),
        line(day, "one", output_tokens=5).assistant(),
        line(0, "two").assistant(),
    ]
    with asking(tmp_path, content) as connection:
        found = sessions(connection, replace(EVERYTHING, since_on=dt.date(2026, 6, 2)))
        nothing = sessions(connection, replace(EVERYTHING, since_on=dt.date(2027, 1, 1)))
    assert ids(found) == ["one"]
    assert found.sessions[0].measures.counts.output_tokens == 5
    assert found.sessions[0].first_at == found.sessions[0].last_at
    assert (ids(nothing), nothing.agents.are_none, nothing.active.seconds) == ([], True, 0)


def test_candidates_are_the_latest_first(tmp_path: Path) -> None:
    """By the beginning of their ids."""
    content = [line(second, name).assistant() for second, name in ((0, "ab"), (5, "abc"), (9, "b"))]
    with asking(tmp_path, content, [title("ai-title", "ab", "xxx")]) as connection:
        found = candidates(connection, EVERYTHING, "a")
        assert len(candidates(connection, EVERYTHING)) == 3
    assert [(each.session_id, each.title) for each in found] == [("abc", ""), ("ab", "xxx")]
