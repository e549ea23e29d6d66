"""Files read again in the same context: what is one, what bounds its tokens, and what it cost to the last digit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries.advice import advice
from support import stores
from support.transcripts import Folder, Line, joined, tool, us

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.domain.advice import Evidence, Finding

MINUTE = 60_000_000
AT = us("2026-06-01T10:00:00+00:00")
WRITE, READ = 6_250_000, 500_000
"""Of opus 4.5, in pico-dollars per token."""
FILE = "/home/dev/alpha/src/a.py"


def asks(name: str = "Read", file: str = FILE, number: int = 0, **part: object) -> dict[str, Any]:
    return tool(name, f"toolu_{number}", file_path=file, **part)


class Talk:
    """A thread of calls a minute apart, whose prompt grows by what is read from the cache and written to it."""

    def __init__(self, session: str = "session-1", **more: Any) -> None:
        self.lines: list[Line] = []
        self._more = {"session": session, **more}
        self._cached = 0

    def call(self, grows: int, *tools: dict[str, Any], cached: int | None = None, **more: Any) -> Talk:
        number = len(self.lines)
        read = self._cached if cached is None else cached
        self.lines.append(
            Line(
                message_id=f"msg_{self._more}_{number}",
                request_id=None,
                at_us=AT + number * MINUTE,
                input_tokens=0,
                cache_read_tokens=read,
                cache_creation_tokens=grows,
                split=(grows, 0),
                stop_reason="tool_use",
                tools=[{**each, "id": f"toolu_{number}_{place}"} for place, each in enumerate(tools)],
                **{**self._more, **more},
            )
        )
        self._cached = read + grows
        return self


def found(tmp_path: Path, *talks: Talk) -> Finding | None:
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    for number, talk in enumerate(talks):
        logs.write(f"p/{number}.jsonl", joined([line.assistant() for line in talk.lines]))
    stores.ingest(store, logs.path)
    with stores.asking(store) as connection:
        answer = advice(connection, Filters(time_zone="UTC"), today=dt.date(2026, 6, 2))
    return next((each for each in answer.findings if each.kind == "repeated_read"), None)


def evidence(finding: Finding | None) -> list[tuple[str, int, int]]:
    rows: tuple[Evidence, ...] = finding.evidence if finding else ()
    return [(each.file, each.times, each.tokens) for each in rows]


def test_the_second_read_costs_its_way_in_and_every_later_call(tmp_path: Path) -> None:
    """4,000 tokens came in with the first read, 4,500 with the second beside something else: 4,000 at most were the file's.

    They were written to the cache once, and read from it by the two calls after that.
    """
    talk = Talk().call(10_000, asks()).call(4_000).call(1_000, asks()).call(4_500).call(500).call(100)
    finding = found(tmp_path, talk)
    assert finding is not None
    assert (finding.cases, finding.tokens, finding.is_upper_bound) == (1, 4_000, True)
    assert finding.wasted_pico == 4_000 * WRITE + 2 * 4_000 * READ
    (case,) = finding.evidence
    assert (case.file, case.times, case.session_id) == ("src/a.py", 1, "session-1")
    assert case.at_us == AT + 2 * MINUTE


def test_every_further_read_counts(tmp_path: Path) -> None:
    talk = Talk().call(10_000, asks())
    for _ in range(3):
        talk.call(4_000, asks())
    assert evidence(found(tmp_path, talk.call(4_000))) == [("src/a.py", 3, 12_000)]


@pytest.mark.parametrize(
    "between",
    [
        asks("Edit"),
        asks("Write"),
        tool("NotebookEdit", notebook_path=FILE),
    ],
    ids=lambda block: str(block["name"]),
)
def test_after_a_change_the_file_is_another(between: dict[str, Any], tmp_path: Path) -> None:
    talk = Talk().call(10_000, asks()).call(4_000, between).call(1_000, asks()).call(4_000).call(100)
    assert found(tmp_path, talk) is None


def test_a_change_of_another_file_changes_nothing(tmp_path: Path) -> None:
    other = asks("Edit", "/home/dev/alpha/b.py")
    talk = Talk().call(10_000, asks()).call(4_000, other).call(1_000, asks()).call(4_000)
    assert evidence(found(tmp_path, talk)) == [("src/a.py", 1, 4_000)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (asks(offset=1, limit=100), asks(offset=101, limit=100)),
        (asks(), asks(offset=1)),
        (asks(file="/srv/a.py"), asks(file="/opt/a.py")),
        (asks(), tool("Bash", command=f"cat {FILE}")),
    ],
    ids=["other lines", "all and some", "another of that name", "no reading tool"],
)
def test_another_part_or_file_is_no_repeat(
    first: dict[str, Any], second: dict[str, Any], tmp_path: Path
) -> None:
    talk = Talk().call(10_000, first).call(4_000).call(1_000, second).call(4_000)
    assert found(tmp_path, talk) is None


def test_equal_parts_are_a_repeat(tmp_path: Path) -> None:
    part = asks(offset=1, limit=100)
    talk = Talk().call(10_000, part).call(4_000).call(1_000, part).call(4_000)
    assert evidence(found(tmp_path, talk)) == [("src/a.py", 1, 4_000)]


def test_what_was_compacted_away_may_be_read_again(tmp_path: Path) -> None:
    """The prompt became shorter by a fifth: the first answer no longer stands in it."""
    talk = Talk().call(40_000, asks()).call(4_000).call(9_000, asks(), cached=0).call(4_000)
    assert found(tmp_path, talk) is None


def test_other_sessions_and_sub_agents_have_contexts_of_their_own(tmp_path: Path) -> None:
    """So has the main conversation beside a sub-agent of the same session."""
    talks = [
        Talk(),
        Talk("session-2"),
        Talk(agent="a1", is_sidechain=True),
        Talk(agent="a2", is_sidechain=True),
    ]
    for talk in talks:
        talk.call(10_000, asks()).call(4_000)
    assert found(tmp_path, *talks) is None


def test_reads_of_one_call_share_what_came_in(tmp_path: Path) -> None:
    """Three files were read at once, and again at once: together they brought what the prompt grew by, not three times it."""
    files = [asks(file=f"/home/dev/alpha/{name}.py") for name in "abc"]
    talk = Talk().call(10_000, *files).call(9_000).call(1_000, *files).call(9_000)
    finding = found(tmp_path, talk)
    assert finding is not None
    assert finding.tokens == 9_000
    assert sorted(evidence(finding)) == [(f"{name}.py", 1, 3_000) for name in "abc"]


def test_little_is_not_told(tmp_path: Path) -> None:
    """Claude Code answers in a line that a file did not change: that costs next to nothing."""
    talk = Talk().call(10_000, asks()).call(4_000).call(1_000, asks()).call(60).call(100)
    assert found(tmp_path, talk) is None


def test_a_read_that_nobody_answered_brought_nothing(tmp_path: Path) -> None:
    """The session ends with it: no prompt ever held what it read."""
    assert found(tmp_path, Talk().call(10_000, asks()).call(4_000, asks())) is None


def test_without_a_price_the_tokens_are_told(tmp_path: Path) -> None:
    talk = Talk(model="somebodys-model").call(10_000, asks()).call(4_000, asks()).call(4_000).call(10)
    finding = found(tmp_path, talk)
    assert finding is not None
    assert (finding.tokens, finding.wasted_pico) == (4_000, 0)
    assert finding.evidence[0].wasted_pico is None


def test_copies_of_a_line_are_one_read(tmp_path: Path) -> None:
    """A fork's file holds the same lines under another session's name."""
    talk = Talk().call(10_000, asks()).call(4_000)
    fork = Talk().call(10_000, asks(), session="fork").call(4_000, session="fork")
    assert found(tmp_path, talk, fork) is None
