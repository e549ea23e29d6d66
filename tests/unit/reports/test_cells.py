import datetime as dt

import pytest

from ccmeter.reports import cells
from ccmeter.reports.table import Cell, Kind

DAY = dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        (Kind.DATE, DAY, "2026-06-01"),
        (Kind.DATE, None, "undated"),
        (Kind.TEXT, "ccmeter", "ccmeter"),
        (Kind.TEXT, None, ""),
        (Kind.NAMES, ("a", "b"), "a;b"),
        (Kind.NAMES, None, ""),
        (Kind.TOKENS, 1_234_567, "1,234,567"),
        (Kind.TOKENS, 0, "0"),
        (Kind.COUNT, 1_234, "1,234"),
        (Kind.MONEY, 12_345_678_900_000_000, "$12,345.68"),
        (Kind.MONEY, 0, "$0.00"),
        (Kind.MONEY, 1, "<$0.01"),
        (Kind.MONEY, 5_000_000_000, "<$0.01"),
        (Kind.MONEY, 5_000_000_001, "$0.01"),
        (Kind.MONEY, None, "unpriced"),
    ],
)
def test_people_read_rounded_and_separated_values(kind: Kind, cell: Cell, expected: str) -> None:
    """People get separators and whole cents, and never `$0.00` for something that did cost."""
    assert cells.for_people(kind, cell) == expected


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        (Kind.DATE, DAY, "2026-06-01"),
        (Kind.DATE, None, "undated"),
        (Kind.TEXT, "ccmeter", "ccmeter"),
        (Kind.TEXT, None, ""),
        (Kind.NAMES, (), ""),
        (Kind.NAMES, ("a", "b"), "a;b"),
        (Kind.TOKENS, 1_234_567, "1234567"),
        (Kind.MONEY, 31_924_600_000, "0.0319246"),
        (Kind.MONEY, 1, "0.000000000001"),
        (Kind.MONEY, None, ""),
    ],
)
def test_files_get_every_digit(kind: Kind, cell: Cell, expected: str) -> None:
    """Files get plain digits, exact dollars, and nothing where a cost is unknown."""
    assert cells.for_files(kind, cell) == expected
