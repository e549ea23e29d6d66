"""Where bars stand: in proportion to work, pauses squeezed, every row exactly as wide as its column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.filters import Filters
from ccmeter.queries.waterfall import Waterfall, waterfall
from ccmeter.tui import told
from ccmeter.tui.widgets.waterfall import LOST, NOTCH, Axis, bar, nodes
from support import sessions, stores, workshop

if TYPE_CHECKING:
    from pathlib import Path

UTC = Filters(time_zone="UTC")
MINUTE = 60_000_000
SPANS = st.lists(st.tuples(st.integers(0, 10**11), st.integers(0, 10**9)), min_size=1, max_size=12).map(
    lambda drawn: [(start, start + length) for start, length in drawn]
)


@pytest.fixture(scope="module")
def cart(tmp_path_factory: pytest.TempPathFactory) -> Waterfall:
    store = workshop.made(tmp_path_factory.mktemp("workshop"))
    with stores.asking(store) as connection:
        return waterfall(connection, UTC, workshop.FIRST)


@given(spans=SPANS, width=st.integers(1, 120))
def test_later_never_stands_before_and_all_stands_inside(spans: list[tuple[int, int]], width: int) -> None:
    axis = Axis(spans)
    instants = sorted(at for span in spans for at in span)
    cells = [axis.cell(at, width) for at in instants]
    assert cells == sorted(cells)
    assert cells[0] == 0
    assert all(0 <= cell < width for cell in [*cells, axis.cell(-1, width), axis.cell(10**13, width)])
    assert cells[-1] == width - 1 or instants[0] == instants[-1]
    assert len(axis.notches(width)) <= axis.pauses


def test_a_pause_of_five_minutes_is_squeezed_and_a_shorter_one_is_not() -> None:
    short = Axis([(0, 10 * MINUTE), (15 * MINUTE - 1, 20 * MINUTE)])
    assert (short.pauses, short.notches(20)) == (0, frozenset())
    long = Axis([(0, 10 * MINUTE), (600 * MINUTE, 610 * MINUTE)])
    assert long.pauses == 1
    assert long.notches(41) == frozenset({20})
    assert [long.cell(at * MINUTE, 41) for at in (0, 5, 10, 300, 600, 605, 610)] == [
        0,
        10,
        20,
        21,
        21,
        31,
        40,
    ]


def test_without_any_time_nothing_is_drawn() -> None:
    axis = Axis([])
    assert (axis.pauses, axis.cell(5, 10), axis.notches(10)) == (0, 0, frozenset())


def test_the_tree_is_session_then_prompts_then_their_sub_agents(cart: Waterfall) -> None:
    rows = nodes(cart)
    assert [(each.depth, each.label) for each in rows] == [
        (0, "session"),
        (1, "prompt 1"),
        (2, "a1b2c3"),
        (2, "d4e5f6"),
        (1, "prompt 2"),
        (2, "e7f8a9"),
        (1, "prompt 3"),
        (1, "prompt 4"),
    ]
    assert len({each.key for each in rows}) == len(rows)
    assert sum(each.measures.cost_pico for each in rows[1:]) == rows[0].measures.cost_pico
    assert [len(each.breaks) for each in rows] == [4, 0, 0, 0, 1, 0, 2, 1]
    folded = nodes(cart, {"turn 1"})
    assert [each.label for each in folded] == [
        "session",
        "prompt 1",
        "prompt 2",
        "e7f8a9",
        "prompt 3",
        "prompt 4",
    ]
    assert folded[1].agents == 2


@given(width=st.integers(1, 150))
def test_a_bar_is_exactly_as_wide_as_its_column(width: int, cart: Waterfall) -> None:
    rows = nodes(cart)
    axis = Axis([(each.start_us or 0, each.end_us or 0) for each in rows[1:]])
    for node in rows:
        drawn = "".join(text for text, _ in bar(node, axis, width))
        assert len(drawn) == width
        assert drawn.strip()
        assert (LOST in drawn) == (bool(node.breaks) and node.depth > 0)


def test_a_bar_stands_where_its_work_was(cart: Waterfall) -> None:
    rows = {each.label: each for each in nodes(cart)}
    axis = Axis([(each.start_us or 0, each.end_us or 0) for each in rows.values() if each.depth])
    first = "".join(text for text, _ in bar(rows["prompt 1"], axis, 60))
    last = "".join(text for text, _ in bar(rows["prompt 4"], axis, 60))
    assert first.startswith("█")
    assert first.count(NOTCH) == 2
    assert last.endswith(LOST)


def test_sessions_of_every_kind_have_rows_that_add_up(tmp_path: Path) -> None:
    sessions.write(tmp_path / "logs")
    stores.ingest(tmp_path / "s", tmp_path / "logs")
    labels = set()
    with stores.asking(tmp_path / "s") as connection:
        for each in (sessions.ALPHA, sessions.BETA, sessions.GAMMA, sessions.OLD, "", "none"):
            found = waterfall(connection, UTC, each)
            rows = nodes(found)
            labels |= {row.label for row in rows}
            assert sum(row.measures.calls for row in rows[1:]) == found.turns.total.calls
            axis = Axis(
                [
                    (row.start_us, row.end_us)
                    for row in rows
                    if row.start_us is not None and row.end_us is not None
                ]
            )
            for row in rows:
                assert len("".join(text for text, _ in bar(row, axis, 30))) == 30
                title, lines = told.of_node(row)
                assert title
                assert ("Calls", f"{row.measures.calls:,}") in lines
    assert labels >= {"session", "prompt 1", "undated", "no prompts", "sub-agent", "acompact-1"}


def test_details_say_why_the_cache_was_lost(cart: Waterfall) -> None:
    rows = {each.label: each for each in nodes(cart)}
    _, third = told.of_node(rows["prompt 3"])
    assert [line[1] for line in third if line[0] == "Cache lost"] == [
        "11:30:05  58.0k tokens: after a pause longer than the cache lives (2h 21m)",
        "11:31:00  60.0k tokens: another model, whose cache is its own",
    ]
    title, agent = told.of_node(rows["a1b2c3"])
    assert title == "Sub-agent a1b2c3"
    assert ("Took", "1m 50s, to its last call") in agent
    _, first = told.of_node(rows["prompt 1"])
    assert ("Took", "4m 00s, as the log says") in first
    assert ("Sub-agents", "2, each in a row of its own") in first
