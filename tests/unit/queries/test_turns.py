"""Turns: which call belongs to which, where sub-agents stand, and that nothing is counted twice or lost."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccmeter.domain.filters import Filters
from ccmeter.queries.summary import summarize
from ccmeter.queries.turns import NOTHING, Turns, shares, turns
from support import stores
from support.claude_records import prompt, turn
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.store.lease import Connection

S = 1_000_000
AT = us("2026-06-01T10:00:00+00:00")
EVERYTHING = Filters(time_zone="UTC")


def line(second: int, session: str = "one", **more: object) -> Line:
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


def asked(tmp_path: Path, *files: list[bytes], session: str = "one") -> Turns:
    with asking(tmp_path, *files) as connection:
        found = turns(connection, EVERYTHING, session)
        assert sum(each.measures.calls for each in found.turns) == found.total.calls
        assert sum(each.measures.cost_pico for each in found.turns) == found.total.cost_pico
        return found


def rows(found: Turns) -> list[tuple[int | None, str, int, int | None]]:
    return [
        (each.number, each.agent_id if each.is_agent else "-", each.measures.calls, each.duration_s)
        for each in found.turns
    ]


def test_a_call_belongs_to_the_last_prompt_before_it(tmp_path: Path) -> None:
    """Prompts are numbered in time; one that nothing followed has no row, and what came before the first is turn 0."""
    content = [
        line(0).assistant(),
        prompt(line(10)),
        line(12).assistant(),
        line(20).assistant(),
        prompt(line(30), 2),
        prompt(line(40), 3),
        line(40).assistant(),
        line(50, at_us=None, message_id="undated").assistant(),
        line(60, "other").assistant(),
    ]
    found = asked(tmp_path, content)
    assert rows(found) == [(0, "-", 1, None), (1, "-", 2, 10), (3, "-", 1, None), (None, "-", 1, None)]
    assert str(found.turns[1].started_at) == "2026-06-01 10:00:10+00:00"
    assert str(found.turns[1].last_at) == "2026-06-01 10:00:20+00:00"
    assert found.turns[3].started_at is None
    assert not any(each.is_measured for each in found.turns)


def test_the_log_knows_best_how_long_a_turn_took(tmp_path: Path) -> None:
    """Its record ends within the turn that it is about."""
    content = [
        prompt(line(0)),
        line(5).assistant(),
        turn(line(90), 88_000),
        prompt(line(100), 2),
        line(101).assistant(),
    ]
    found = asked(tmp_path, content)
    assert rows(found) == [(1, "-", 1, 88), (2, "-", 1, 1)]
    assert [each.is_measured for each in found.turns] == [True, False]


def test_without_prompts_turns_begin_with_their_records(tmp_path: Path) -> None:
    """As where only the store is left of a log that was read before prompts were kept."""
    content = [
        line(5).assistant(),
        turn(line(20), 10_000),
        line(12).assistant(),
        line(31).assistant(),
        turn(line(40), 10_000, 2),
    ]
    assert rows(asked(tmp_path, content)) == [(0, "-", 1, None), (1, "-", 1, 10), (2, "-", 1, 10)]


def test_without_both_a_session_is_one_turn(tmp_path: Path) -> None:
    """Nothing is made up."""
    assert rows(asked(tmp_path, [line(0).assistant(), line(9).assistant()])) == [(0, "-", 2, 9)]


def test_a_sub_agent_stands_under_the_turn_in_which_it_began(tmp_path: Path) -> None:
    """With all its calls, also those that it made in the background later; turns come in the order of time."""
    agent: dict[str, Any] = {"is_sidechain": True, "agent": "a1"}
    content = [
        prompt(line(0)),
        line(1).assistant(),
        line(5, **agent).assistant(),
        prompt(line(10), 2),
        line(12).assistant(),
        line(15, **agent).assistant(),
        line(16, is_sidechain=True, agent="a0").assistant(),
        line(17, is_sidechain=True).assistant(),
    ]
    assert rows(asked(tmp_path, content)) == [
        (1, "-", 1, 1),
        (1, "a1", 2, 10),
        (2, "-", 1, 2),
        (2, "a0", 1, None),
        (2, "", 1, None),
    ]


def test_a_turn_of_sub_agents_alone_is_there_and_empty(tmp_path: Path) -> None:
    """So that every sub-agent has a turn to stand under."""
    content = [prompt(line(0)), line(5, is_sidechain=True, agent="a1").assistant()]
    found = asked(tmp_path, content)
    assert rows(found) == [(1, "-", 0, None), (1, "a1", 1, None)]
    assert found.turns[0].measures == NOTHING
    assert found.turns[0].started_at == found.turns[1].started_at


def test_a_session_is_meant_by_its_whole_id(tmp_path: Path) -> None:
    """Another that begins alike is another; usage without a session can be asked for too."""
    content = [line(0).assistant(), line(1, "one-more").assistant(), line(2, "").assistant()]
    assert asked(tmp_path, content).total.calls == 1
    assert asked(tmp_path, content, session="").total.calls == 1
    assert asked(tmp_path, content, session="nobody").turns == ()


def test_shares_tell_sub_agents_from_the_rest(tmp_path: Path) -> None:
    """Every call stands on one side, and both make up the whole."""
    content = [
        line(0).assistant(),
        line(1, agent="a").assistant(),
        line(2, "two", is_sidechain=True).assistant(),
    ]
    with asking(tmp_path, content) as connection:
        found = shares(connection, EVERYTHING)
        whole = summarize(connection, EVERYTHING).total
    sides = {
        key: tuple(side and side.measures.calls for side in (each.own, each.agents))
        for key, each in found.items()
    }
    assert sides == {"one": (1, 1), "two": (None, 1)}
    assert whole.calls == 3
