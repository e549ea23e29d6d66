import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.cli import asking
from ccmeter.cli.options import Shown
from ccmeter.domain.currency import Currency
from ccmeter.domain.errors import UsageError
from ccmeter.reports.style import PLAIN, Style

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


def look(**chosen: str | None) -> Shown:
    return Shown(**chosen)  # type: ignore[arg-type]  # each is one of the texts that it takes


def test_what_nobody_chose_is_plain() -> None:
    """The one style that costs nothing."""
    assert asking.style(look(), "table") is PLAIN


def test_a_style_is_what_was_chosen() -> None:
    """Numbers, days and theme."""
    found = asking.style(look(numbers="point", dates="eu", theme="light"), "table", ascii_only=True)
    assert found == Style(numbers="point", dates="eu", theme="light", ascii_only=True)


@pytest.mark.parametrize("name", ["numbers", "dates", "theme"])
def test_a_style_that_is_not_there_is_wrong_usage(name: str) -> None:
    """With those that are."""
    with pytest.raises(UsageError, match=f"--{name} cannot be 'x'") as error:
        asking.style(look(**{name: "x"}), "table")
    assert error.value.hint.startswith("It takes ")


@pytest.mark.parametrize("named", [None, "USD", "usd"])
def test_dollars_need_no_rate(named: str | None) -> None:
    """They are what everything is kept in."""
    assert asking.currency(named) is None


def test_a_currency_has_the_rate_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest in force; one without a day is always."""
    file = tmp_path / "config.toml"
    monkeypatch.setenv("CCMETER_CONFIG", str(file))
    file.write_text(
        "[currency.rates]\nCHF = 0.8\nEUR.2026-01-01 = 0.92\nEUR.2026-09-01 = 0.9\nEUR.9999-01-01 = 2\n"
        "GBP.9999-01-01 = 2\n",
        encoding="utf-8",
    )
    assert asking.currency("eur") == Currency(
        code="EUR", per_usd=Decimal("0.9"), since_on=dt.date(2026, 9, 1)
    )
    assert asking.currency("CHF") == Currency(code="CHF", per_usd=Decimal("0.8"))
    with pytest.raises(UsageError, match="no rate for SEK") as error:
        asking.currency("SEK")
    assert error.value.hint.startswith("Rates are set for CHF, EUR, GBP. ")
    with pytest.raises(UsageError, match="The first rate for GBP begins on 9999-01-01"):
        asking.currency("GBP")


def test_programs_are_told_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON is in dollars, so it needs none."""
    monkeypatch.setenv("CCMETER_CONFIG", "/nowhere.toml")
    assert asking.style(look(currency="EUR"), "json").currency is None
    with pytest.raises(UsageError, match="no rate for EUR"):
        asking.style(look(currency="EUR"), "table")
