"""How columns share a line: nothing is wider than the line, no number is cut, the least important goes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.reports import foreign
from ccmeter.tui.widgets.rows import Column, fitted, padded


def column(key: str, width: int, **more: object) -> Column[str]:
    return Column(key=key, title=key, text=lambda row: row, width=width, **more)  # type: ignore[arg-type]


NAME = column("name", 10, grows=True)
TOKENS = column("tokens", 6, drop=2, is_number=True)
LAST = column("last", 11, drop=4)
COST = column("cost", 9, is_number=True)


def widths(width: int) -> dict[str, int]:
    return {each.key: got for each, got in fitted([NAME, LAST, TOKENS, COST], width)}


def test_columns_that_do_not_fit_go_whole_the_least_important_first() -> None:
    assert widths(42) == {"name": 10, "last": 11, "tokens": 6, "cost": 9}
    assert widths(41) == {"name": 22, "tokens": 6, "cost": 9}
    assert widths(28) == {"name": 17, "cost": 9}
    assert widths(60)["name"] == 28


def test_what_is_left_over_is_shared_by_columns_that_grow() -> None:
    other = column("title", 10, grows=True)
    assert [got for _, got in fitted([NAME, other], 27)] == [13, 12]


def test_a_column_that_grows_gives_way_when_nothing_else_can() -> None:
    assert widths(15) == {"name": 4, "cost": 9}
    assert widths(5) == {"name": 1, "cost": 9}


@given(width=st.integers(1, 200), wide=st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_a_line_is_never_wider_than_it_may_be_where_columns_may_go(width: int, wide: list[int]) -> None:
    columns = [column(str(number), size, drop=number) for number, size in enumerate(wide)]
    columns[0] = column("0", wide[0], grows=True)
    found = fitted(columns, width)
    assert found[0][0].key == "0"
    assert sum(got for _, got in found) + 2 * (len(found) - 1) <= max(width, 1)
    assert all(got >= each.width for each, got in found if each.key != "0")


@given(text=st.text(), width=st.integers(2, 30), cut=st.sampled_from(["end", "start", "middle"]))
def test_a_cell_is_exactly_as_wide_as_its_column_and_harmless(text: str, width: int, cut: str) -> None:
    found = padded(text, width, column("x", width, cut=cut))
    assert foreign.cell_width(found) == width
    assert found == foreign.harmless(found)


def test_numbers_stand_right_and_long_text_is_cut_where_it_tells_least() -> None:
    assert padded("12", 5, TOKENS) == "   12"
    assert padded("12", 5, NAME) == "12   "
    assert padded("a/long/path", 7, column("x", 7, cut="start")) == "…g/path"
    assert padded("feature/cart", 7, column("x", 7, cut="middle")) == "fea…art"
    assert padded("feature/cart", 7, NAME) == "featur…"
