"""The comparison: two sides, what lies between them, and no difference where there is none to give."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.tokens import TokenCounts
from ccmeter.queries.summary import Measures
from ccmeter.reports import compare
from ccmeter.reports.cells import for_people
from ccmeter.reports.compare import Comparison, Side
from ccmeter.reports.table import Kind
from support import golden

if TYPE_CHECKING:
    from ccmeter.reports.table import Report

USD = 10**12


def side(
    name: str,
    tokens: int,
    cost_pico: int,
    *,
    unpriced: int = 0,
    nonfinal: int = 0,
    calls: int = 7,
    since: int = 1,
    until: int = 7,
) -> Side:
    total = Measures(
        counts=TokenCounts(tokens, 2 * tokens, 3, 4, 50 * tokens),
        cost_pico=cost_pico,
        unpriced_tokens=unpriced,
        unpriced_models=("gpt-5.5",) if unpriced else (),
        calls=calls,
        nonfinal_calls=nonfinal,
    )
    return Side(
        name=name,
        total=total,
        active_days=min(tokens, 3),
        since_on=dt.date(2026, 10, since),
        until_on=dt.date(2026, 10, until),
    )


def laid_out(first: Side, second: Side, of: str = "ranges", **options: Any) -> Report:
    return compare.lay_out(Comparison(of=of, first=first, second=second, time_zone="UTC"), **options)


def read(report: Report, measure: str) -> tuple[str, ...]:
    """Give what people read in a line, behind its name."""
    (row,) = (row for row in report.table.rows if row.cells[0] == measure)
    return tuple(for_people(Kind.TEXT, cell) for cell in row.cells[1:5])


def document(report: Report) -> dict[str, Any]:
    assert isinstance(report.document, dict)
    return report.document


def test_differences_have_a_sign_and_a_share() -> None:
    """Second less first, in the words of its measure; the document has it exactly."""
    report = laid_out(side("a", 1_000, 2 * USD), side("b", 750, 3 * USD + 1, since=8, until=14))
    assert read(report, "Input") == ("1,000", "750", "-250", "-25.0%")
    assert read(report, "Cost") == ("$2.00", "$3.00", "+$1.00", "+50.0%")
    assert read(report, "Messages") == ("7", "7", "0", "0.0%")
    differences = document(report)["differences"]
    assert differences["costExact"] == {"absolute": "1.000000000001", "relative": 0.5000000000005}
    assert differences["inputTokens"] == {"absolute": -250, "relative": -0.25}
    assert report.table.notes == ()


def test_nothing_has_no_share() -> None:
    """What was not there cannot have grown by per cent."""
    report = laid_out(side("a", 0, 0), side("b", 5, USD, since=8, until=14))
    assert read(report, "Input") == ("0", "5", "+5", "-")
    assert document(report)["differences"]["inputTokens"]["relative"] is None


def test_a_cost_that_is_not_known_has_no_difference() -> None:
    """A lower bound less a sum is neither."""
    report = laid_out(side("a", 100, USD, unpriced=10), side("b", 100, USD, since=8, until=14))
    assert read(report, "Cost") == ("$1.00+", "$1.00", "-", "-")
    assert document(report)["differences"]["costExact"] == {"absolute": None, "relative": None}
    (note,) = report.table.notes
    assert (note.mark, "gpt-5.5" in note.text) == ("+", True)
    unknown = laid_out(side("a", 1, 0, unpriced=60), side("b", 1, USD, since=8, until=14))
    assert read(unknown, "Cost")[0] == "unpriced"


def test_output_that_is_a_lower_bound_says_so() -> None:
    """On the side that it is one."""
    report = laid_out(side("a", 10, USD, nonfinal=2), side("b", 10, USD, since=8, until=14))
    assert read(report, "Output") == ("20*", "20", "0", "0.0%")
    assert "2 messages of a and 0 messages of b" in report.table.notes[0].text


def test_ranges_that_share_days_or_differ_in_length_say_so() -> None:
    """Both make a comparison less than fair."""
    report = laid_out(side("a", 1, USD, until=7), side("b", 1, USD, since=7, until=9))
    texts = [note.text for note in report.table.notes]
    assert texts == ["The two ranges share 1 day.", "The ranges are not of one length: 7 and 3 days."]
    assert laid_out(side("a", 1, USD), side("b", 1, USD), of="models").table.notes == ()


def test_without_cost_there_is_none_anywhere() -> None:
    """Neither in a line nor under a key."""
    report = laid_out(side("a", 1, USD, unpriced=1), side("b", 1, USD, since=8, until=14), no_cost=True)
    assert "ost" not in repr(report.document)
    assert not any("ost" in str(row.cells[0]) for row in report.table.rows)
    assert report.table.notes == ()


def test_two_empty_sides_say_what_to_do() -> None:
    """A table of zeros would look like an answer."""
    report = laid_out(side("a", 0, 0, calls=0), side("b", 0, 0, calls=0), empty="Nothing.")
    assert report.table.rows == ()
    assert [note.text for note in report.table.notes] == ["Nothing."]


@pytest.mark.parametrize(
    ("dividend", "divisor", "nearest"),
    [(1, 2, 1), (-1, 2, 0), (5, 3, 2), (-5, 3, -2), (10**24 + 1, 10**12, 10**12)],
)
def test_quotients_are_rounded_to_the_nearest(dividend: int, divisor: int, nearest: int) -> None:
    """Without floats, so that no size is too large."""
    assert compare.round_half_up(dividend, divisor) == nearest


@pytest.mark.parametrize("look", golden.LOOKS)
def test_the_comparison_is_the_golden_one(look: str) -> None:
    """What people and scripts see changes only on purpose."""
    first = side("2026-10-01..2026-10-07", 1_204_311, 1437 * USD + 120_449_500_001, nonfinal=12)
    second = side("2026-10-08..2026-10-15", 998_310, 1530 * USD + 7, since=8, until=15, calls=9)
    assert golden.agrees("compare", look, laid_out(first, second))
