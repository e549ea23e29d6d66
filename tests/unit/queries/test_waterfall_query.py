"""A session as it went: turns that add up, and where the prompt cache was lost and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries.sessions import sessions
from ccmeter.queries.waterfall import waterfall
from support import stores, workshop
from support.transcripts import Folder, joined
from support.workshop import FIRST, SECOND, at

if TYPE_CHECKING:
    from pathlib import Path

UTC = Filters(time_zone="UTC")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workshop.made(tmp_path_factory.mktemp("workshop"))


def test_it_tells_where_the_cache_was_lost_and_why(store: Path) -> None:
    with stores.asking(store) as connection:
        found = waterfall(connection, UTC, FIRST)
    assert [
        (each.turn, each.at.strftime("%H:%M"), each.reason, each.lost_tokens) for each in found.breaks
    ] == [
        (2, "09:09", "changed", 53_000),
        (3, "11:30", "idle", 58_000),
        (3, "11:31", "model", 60_000),
        (4, "11:40", "shorter", 62_000),
    ]
    assert found.breaks[1].pause_s == 2 * 3600 + 21 * 60 + 5
    assert not any(each.is_agent for each in found.breaks)


def test_its_turns_are_those_of_the_session(store: Path) -> None:
    with stores.asking(store) as connection:
        for session in sessions(connection, UTC).sessions:
            found = waterfall(connection, UTC, session.session_id)
            assert found.turns.total == session.measures
            assert sum(turn.measures.cost_pico for turn in found.turns.turns) == session.measures.cost_pico


def test_in_the_past_it_knows_nothing_later(store: Path) -> None:
    with stores.asking(store) as connection:
        found = waterfall(connection, replace(UTC, before_us=at("09:09:01")), FIRST)
        none = waterfall(connection, replace(UTC, before_us=at("08:00:00", 18)), FIRST)
    assert [each.reason for each in found.breaks] == ["changed"]
    assert (none.turns.turns, none.breaks) == ((), ())


def test_the_transcript_is_the_file_of_the_session(store: Path) -> None:
    with stores.asking(store) as connection:
        assert waterfall(connection, UTC, FIRST).transcript.endswith(f"/{FIRST}.jsonl")
        assert waterfall(connection, UTC, SECOND).transcript.endswith(f"/{SECOND}.jsonl")
        assert waterfall(connection, UTC, "").transcript == ""
        assert waterfall(connection, UTC, "no-such-session").transcript == ""


def test_a_transcript_of_another_name_is_found_by_what_stands_in_it(tmp_path: Path) -> None:
    lines = [workshop.call("renamed", at("09:00:00"), 1, "/x", read=0).assistant()]
    Folder(tmp_path / "logs").write("-x/elsewhere.jsonl", joined(lines))
    stores.ingest(tmp_path / "s", tmp_path / "logs")
    with stores.asking(tmp_path / "s") as connection:
        assert waterfall(connection, UTC, "renamed").transcript.endswith("/elsewhere.jsonl")


@pytest.mark.parametrize(
    ("written", "pause", "reasons"), [(20_000, "09:30:00", ["idle"]), (20_000, "09:04:00", ["changed"])]
)
def test_how_long_the_cache_lives_tells_the_reason(
    tmp_path: Path, written: int, pause: str, reasons: list[str]
) -> None:
    first = workshop.call("s", at("09:00:00"), 1, "/x", read=0, written=written)
    later = workshop.call("s", at(pause), 2, "/x", read=0, written=written)
    Folder(tmp_path / "logs").write("-x/s.jsonl", joined([first.assistant(), later.assistant()]))
    stores.ingest(tmp_path / "s", tmp_path / "logs")
    hourly = [
        replace(each, split=(0, written), session="h", message_id=f"{each.message_id}h")
        for each in (first, later)
    ]
    Folder(tmp_path / "more").write("-x/h.jsonl", joined([each.assistant() for each in hourly]))
    stores.ingest(tmp_path / "s", tmp_path / "more")
    with stores.asking(tmp_path / "s") as connection:
        assert [each.reason for each in waterfall(connection, UTC, "s").breaks] == reasons
        assert [each.reason for each in waterfall(connection, UTC, "h").breaks] == ["changed"]


def test_sub_agents_without_a_name_are_a_thread_of_their_own(tmp_path: Path) -> None:
    lines = [
        workshop.call("s", at("09:00:00"), 1, "/x", read=100_000),
        workshop.call("s", at("09:00:30"), 2, "/x", read=500, is_sidechain=True),
        workshop.call("s", at("09:01:00"), 3, "/x", read=102_000),
    ]
    Folder(tmp_path / "logs").write("-x/s.jsonl", joined([each.assistant() for each in lines]))
    stores.ingest(tmp_path / "s", tmp_path / "logs")
    with stores.asking(tmp_path / "s") as connection:
        assert waterfall(connection, UTC, "s").breaks == ()


def test_it_tells_which_tools_each_prompt_and_sub_agent_asked_for(store: Path) -> None:
    with stores.asking(store) as connection:
        found = waterfall(connection, UTC, FIRST).tools
    told = {
        place: [(each.name, each.calls, each.share_bp) for each in shares]
        for place, shares in found.by_row.items()
    }
    assert told == {
        (1, False, ""): [("Read", 4, 5_714), ("Bash", 1, 1_429), ("Edit", 1, 1_429), ("Grep", 1, 1_429)],
        (2, False, ""): [("mcp__tickets__find_issue", 1, 10_000)],
        (1, True, "a1b2c3"): [("Grep", 2, 10_000)],
        (1, True, "d4e5f6"): [("Grep", 1, 10_000)],
        (2, True, "e7f8a9"): [("Grep", 1, 10_000)],
    }
    assert [(each.name, each.calls) for each in found.total] == [
        ("Grep", 5),
        ("Read", 4),
        ("Bash", 1),
        ("Edit", 1),
        ("mcp__tickets__find_issue", 1),
    ]


def test_tools_of_the_past_are_those_of_its_calls(store: Path) -> None:
    with stores.asking(store) as connection:
        found = waterfall(connection, replace(UTC, before_us=at("09:02:00")), FIRST).tools
    assert sum(each.calls for each in found.total) == 5


def test_a_copied_line_asks_once(tmp_path: Path) -> None:
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    line = replace(workshop.call(FIRST, at("09:00:00"), 1, "/x", read=0), tools=[workshop.asks("Bash", 1)])
    logs.write("p/1.jsonl", joined([line.assistant(), line.assistant(), line.nested()]))
    stores.ingest(store, logs.path)
    with stores.asking(store) as connection:
        assert [each.calls for each in waterfall(connection, UTC, FIRST).tools.total] == [1]
