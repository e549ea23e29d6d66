import datetime as dt
import sys

import pytest

from ccmeter.cli import asking
from ccmeter.domain.errors import UsageError

# Wednesday evening in Europe, Thursday in Asia
NOW = dt.datetime(2026, 11, 18, 22, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("zone", "today"),
    [("UTC", 18), ("Asia/Tokyo", 19), ("America/Los_Angeles", 18), ("Pacific/Kiritimati", 19)],
)
def test_today_is_a_day_of_the_zone_asked_for(zone: str, today: int) -> None:
    """Whoever asks for Tokyo's days means Tokyo's today."""
    limits = asking.filters(now=NOW, since="today", until="today", time_zone=zone)
    assert (limits.since_on, limits.until_on) == (dt.date(2026, 11, today), dt.date(2026, 11, today))
    assert limits.time_zone == zone


def test_a_month_has_a_first_and_a_last_day() -> None:
    """`--since 2026-06 --until 2026-06` is June."""
    limits = asking.filters(now=NOW, since="2026-06", until="2026-06", time_zone="UTC")
    assert (limits.since_on, limits.until_on) == (dt.date(2026, 6, 1), dt.date(2026, 6, 30))


def test_the_last_days_include_today() -> None:
    """`--last 7` is what `--since 7d` is, with an end."""
    last = asking.filters(now=NOW, last=7, time_zone="UTC")
    assert (last.since_on, last.until_on) == (dt.date(2026, 11, 12), dt.date(2026, 11, 18))
    assert asking.filters(now=NOW, since="7d", time_zone="UTC").since_on == last.since_on
    assert asking.filters(now=NOW, last=1, time_zone="UTC").since_on == dt.date(2026, 11, 18)


@pytest.mark.parametrize(("since", "until"), [("7d", None), (None, "today"), ("7d", "today")])
def test_last_goes_without_since_and_until(since: str | None, until: str | None) -> None:
    """Two ways to say when cannot both be meant."""
    with pytest.raises(UsageError, match="--last goes without --since and --until"):
        asking.filters(now=NOW, since=since, until=until, last=7, time_zone="UTC")


def test_more_days_than_there_are_is_wrong_usage() -> None:
    """Dates end somewhere; that is no crash."""
    with pytest.raises(UsageError, match="--last 999999999 goes back further"):
        asking.filters(now=NOW, last=999_999_999, time_zone="UTC")
    with pytest.raises(UsageError, match="--last 99999999999999 goes back further"):
        asking.filters(now=NOW, last=99_999_999_999_999, time_zone="UTC")


def test_an_end_before_the_beginning_is_wrong_usage() -> None:
    """An empty answer would look like no usage."""
    with pytest.raises(UsageError, match=r"--until \(2026-06-01\) is before --since \(2026-06-02\)") as error:
        asking.filters(now=NOW, since="20260602", until="20260601", time_zone="UTC")
    assert error.value.hint == "Swap the two."


def test_a_zone_is_found_in_any_case() -> None:
    """Nobody remembers the capitals of `America/Port_of_Spain`."""
    assert asking.zone_name("europe/berlin") == "Europe/Berlin"
    assert asking.zone_name("AMERICA/PORT_OF_SPAIN") == "America/Port_of_Spain"
    assert asking.zone_name("utc") == "UTC"


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("asia/tokio", "Did you mean Asia/Tokyo?"),
        ("@", "Zones are named as in Europe/Berlin, America/New_York, UTC."),
        ("", "Zones are named as in Europe/Berlin, America/New_York, UTC."),
        ("../etc/passwd", "Zones are named as in Europe/Berlin, America/New_York, UTC."),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest_one(named: str, hint: str) -> None:
    """Days of a zone that was not meant would be wrong days."""
    with pytest.raises(UsageError) as error:
        asking.zone_name(named)
    assert str(error.value) == f"There is no time zone '{named}'."
    assert error.value.hint == hint


@pytest.mark.skipif(sys.platform == "win32", reason="the registry knows the zone there")
@pytest.mark.parametrize(("machine", "zone"), [("Asia/Kolkata", "Asia/Kolkata"), ("Etc/UTC", "UTC")])
def test_without_a_zone_it_is_the_machines(monkeypatch: pytest.MonkeyPatch, machine: str, zone: str) -> None:
    """By the name that people know it by."""
    monkeypatch.setenv("TZ", machine)
    monkeypatch.setattr("tzlocal.unix._cache_tz", None)
    monkeypatch.setattr("tzlocal.unix._cache_tz_name", None)
    assert asking.zone_name(None) == zone


def test_filters_are_taken_as_typed() -> None:
    """A path may end as a shell completes it; nothing else is touched."""
    limits = asking.filters(
        now=NOW,
        time_zone="UTC",
        projects=["/home/u/work/", "C:\\src\\", "/"],
        models=["Opus"],
        sessions=["ab"],
        mode="display",
    )
    assert limits.projects == ("/home/u/work", "C:\\src", "/")
    assert (limits.models, limits.sessions, limits.cost_mode) == (("Opus",), ("ab",), "display")


def test_a_word_that_is_not_offered_is_refused_with_those_that_are() -> None:
    """Modes and orders are few."""
    with pytest.raises(UsageError, match="--mode cannot be 'calc'") as error:
        asking.filters(now=NOW, time_zone="UTC", mode="calc")
    assert error.value.hint == "It takes auto, calculate, display."
