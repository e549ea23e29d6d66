from hypothesis import given
from hypothesis import strategies as st

from ccmeter.reports.fit import GAP, Demand, fit


def demand(natural: int, least: int | None = None, *, drop: int = 0, can_be_cut: bool = False) -> Demand:
    return Demand(
        natural=natural, least=natural if least is None else least, drop=drop, can_be_cut=can_be_cut
    )


def test_with_room_every_column_gets_what_it_asks_for() -> None:
    """A wide terminal does not stretch a table."""
    assert fit([demand(10), demand(30, 8), demand(9)], 200) == {0: 10, 1: 30, 2: 9}


def test_names_shrink_before_a_column_goes() -> None:
    """What can be said shorter gives way first, and keeps what room is left."""
    assert fit([demand(10), demand(30, 8), demand(9, drop=1)], 40) == {0: 10, 1: 17, 2: 9}


def test_columns_go_in_their_order() -> None:
    """The lowest number goes first."""
    columns = [demand(10), demand(10, drop=1), demand(10, drop=2), demand(10)]
    assert fit(columns, 34) == {0: 10, 2: 10, 3: 10}
    assert fit(columns, 22) == {0: 10, 3: 10}


def test_room_that_a_wide_column_leaves_goes_to_a_narrow_one() -> None:
    """A column that does not fit does not take smaller ones with it."""
    assert fit([demand(10), demand(4, drop=1), demand(20, drop=2)], 20) == {0: 10, 1: 4}


def test_text_is_cut_only_when_nothing_may_go() -> None:
    """Text loses letters, but never all of them; a number loses none."""
    assert fit([demand(10), demand(30, 20, can_be_cut=True)], 20) == {0: 10, 1: 8}
    assert fit([demand(10), demand(30, 20, can_be_cut=True)], 8) == {0: 10, 1: 1}


def test_no_column_needs_no_room() -> None:
    """A table without columns is not an error."""
    assert fit([], 80) == {}


@given(
    st.lists(
        st.builds(
            Demand,
            natural=st.integers(min_value=10, max_value=40),
            least=st.integers(min_value=1, max_value=10),
            drop=st.integers(min_value=1, max_value=9),
            can_be_cut=st.booleans(),
        ),
        max_size=9,
    ),
    st.integers(min_value=1, max_value=200),
)
def test_droppable_columns_never_overflow(demands: list[Demand], width: int) -> None:
    """What stays fits, and each column has between its least and its natural width."""
    widths = fit(demands, width)
    assert sum(widths.values()) + GAP * max(len(widths) - 1, 0) <= width
    assert all(demands[each].least <= got <= demands[each].natural for each, got in widths.items())
    assert list(widths) == sorted(widths)
