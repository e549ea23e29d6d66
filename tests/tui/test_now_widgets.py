"""What the screen of now draws with: bars, figures, columns of minutes; all of it exactly as wide as it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.reports.foreign import cell_width
from ccmeter.tui.widgets import figures, minutes
from ccmeter.tui.widgets.bullet import FREE, LIKELY, MAYBE, POSSIBLE, TICK, USED, Bullet, drawn, line

share = st.integers(0, 10_000)
WIDTHS = (6, 7, 16, 40, 14)


def bar(width: int, **more: object) -> str:
    """Draw a bar as text."""
    bullet = Bullet(**{"name": "5h", "used": "62%", "source": "official 12s", **more})  # type: ignore[arg-type]
    return "".join(text for text, _ in drawn(bullet, width))


def test_a_bar_says_used_forecast_and_elapsed_time() -> None:
    """Solid, what may be used, up to the tenth percentile, up to the ninetieth, free; the tick stands over them."""
    found = bar(20, used_bp=(4_000, 5_000), ends_bp=(6_500, 8_000), elapsed_bp=2_500)
    assert found == USED * 5 + TICK + USED * 2 + MAYBE * 2 + LIKELY * 3 + POSSIBLE * 3 + FREE * 4


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    """Not even the time: a bar without use beside it would look like none used."""
    assert bar(10, used_bp=None, elapsed_bp=5_000) == FREE * 10


@pytest.mark.parametrize(("used", "full"), [(1, 1), (9_999, 9), (10_000, 10), (0, 0)])
def test_only_nothing_is_empty_and_only_all_is_full(used: int, full: int) -> None:
    """Whatever the rounding."""
    assert bar(10, used_bp=(used, used)).count(USED) == full


@given(share, share, share, st.integers(0, 40_000), share | st.none(), st.integers(1, 200))
def test_a_bar_is_as_wide_as_told_whatever_it_shows(
    low: int, high: int, first: int, last: int, elapsed: int | None, width: int
) -> None:
    """And never loses its tick."""
    found = bar(width, used_bp=(low, high), ends_bp=(first, last), elapsed_bp=elapsed)
    assert len(found) == width
    assert found.count(TICK) == (elapsed is not None)


@given(st.integers(60, 200), st.text("aé日", max_size=30))
def test_a_line_is_as_wide_as_the_screen(width: int, name: str) -> None:
    """Names of others are cut in their place; the detail goes first where room is short."""
    bullet = Bullet(name=name, used="62%", source="official 12s", used_bp=(6_200, 6_200), detail="d" * 40)
    text = "".join(text for text, _ in line(bullet, width, WIDTHS))
    assert cell_width(text) == width
    assert ("d" * 40 in text) == (width >= 113)


@given(st.integers(0, 10**12))
def test_a_scale_is_never_too_small_and_rarely_changes(greatest: int) -> None:
    """1, 2 or 5 and zeros."""
    top = minutes.scale(greatest)
    assert top >= greatest
    assert str(top).rstrip("0") in {"1", "2", "5"}


@given(
    column=st.lists(st.integers(0, 1_000), min_size=1, max_size=4),
    rows=st.integers(1, 12),
    has_colours=st.booleans(),
)
def test_a_column_is_as_tall_as_its_sum(column: list[int], rows: int, *, has_colours: bool) -> None:
    """Stacked in order, never beyond the roof, never invisible."""
    top = minutes.scale(sum(column))
    ends = minutes.heights(column, top, rows)
    assert ends == sorted(ends)
    assert ends[-1] <= rows * 8
    assert bool(ends[-1]) == bool(sum(column))
    cells = [minutes.cell(ends, row, has_colours=has_colours) for row in range(rows)]
    if sum(column):
        assert cells[0][1] >= 0
    assert all(len(text) == 1 for text, _, _ in cells)


def test_two_models_within_a_cell_are_both_seen() -> None:
    """The lower one as an eighth block, the other as its ground; without colours the larger one's pattern."""
    assert minutes.cell([3, 8], 0, has_colours=True) == ("▃", 0, 1)
    assert minutes.cell([3, 8], 0, has_colours=False) == (minutes.PATTERNS[1], 1, -1)
    assert minutes.cell([8, 10], 1, has_colours=True) == ("▂", 1, -1)
    assert minutes.cell([8, 10], 1, has_colours=False)[0] == " "


def test_more_models_than_colours_stand_together() -> None:
    """The largest keep their own, in the order of the alphabet, so that they keep their colour."""
    names, values = minutes.gathered(["e", "b", "d", "a", "c"], [(9,), (8,), (7,), (2,), (1,)])
    assert names == ("b", "d", "e", "others")
    assert values == ((8,), (7,), (9,), (3,))
    assert minutes.gathered([], []) == ((), ())
    assert minutes.gathered(["b", "a"], [(1,), (2,)]) == (("a", "b"), ((2,), (1,)))


def test_the_axis_says_how_long_ago_each_column_was() -> None:
    """A label ends at its minute."""
    axis = minutes.axis(62)
    assert len(axis) == 62
    assert axis.endswith("now")
    assert axis[: 62 - 15].endswith("-15m")
    assert axis[: 62 - 30].endswith("-30m")
    assert minutes.axis(2) == "  "


def test_large_digits_stand_in_three_lines_of_one_width() -> None:
    """What there are no digits for stands on the last line."""
    lines = figures.big("$12.30+?")
    assert len({len(each) for each in lines}) == 1
    assert lines[2].endswith("+?")
    assert lines[0].strip()
