import datetime as dt

import pytest

from ccmeter.domain import dates
from ccmeter.domain.errors import UsageError

WEDNESDAY = dt.date(2026, 11, 18)


@pytest.mark.parametrize(
    ("named", "first", "last"),
    [
        ("2026-06-01", "2026-06-01", "2026-06-01"),
        ("20260601", "2026-06-01", "2026-06-01"),
        ("2026-06", "2026-06-01", "2026-06-30"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("today", "2026-11-18", "2026-11-18"),
        ("Yesterday", "2026-11-17", "2026-11-17"),
        ("wednesday", "2026-11-18", "2026-11-18"),
        ("monday", "2026-11-16", "2026-11-16"),
        ("thu", "2026-11-12", "2026-11-12"),
        ("7d", "2026-11-12", "2026-11-12"),
        ("1d", "2026-11-18", "2026-11-18"),
        ("0d", "2026-11-18", "2026-11-18"),
        ("2w", "2026-11-05", "2026-11-05"),
        (" 2026-06-01 ", "2026-06-01", "2026-06-01"),
    ],
)
def test_a_day_as_people_name_it(named: str, first: str, last: str) -> None:
    """A month has two ends, everything else is one day; a weekday is the latest of its name, today included."""
    assert dates.first_day(named, WEDNESDAY) == dt.date.fromisoformat(first)
    assert dates.last_day(named, WEDNESDAY) == dt.date.fromisoformat(last)


@pytest.mark.parametrize(
    "named",
    [
        "2026-02-30",
        "20260230",
        "2026-13",
        "2026-00",
        "0000-01",
        "2026",
        "2026-W01-1",
        "2026W011",
        "tomorrow",
        "",
        "d",
        "7",
        "-7d",
        "999999d",
        "1.6.2026",
        "mon day",
        "２０２６-06-01",
    ],
)
def test_what_is_no_day_is_refused_with_the_ways_to_write_one(named: str) -> None:
    """No guess is made, and nobody has to look up the manual."""
    with pytest.raises(UsageError, match=r"is not a day\.") as refused:
        dates.first_day(named, WEDNESDAY)
    assert "2026-11-20, 20261120, 2026-11, today, yesterday, monday, 7d" in refused.value.hint


def test_a_span_that_begins_before_all_days_is_refused() -> None:
    """Dates end somewhere, and that is no crash."""
    with pytest.raises(UsageError):
        dates.first_day("7d", dt.date(1, 1, 3))
