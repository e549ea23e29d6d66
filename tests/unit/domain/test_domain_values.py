import datetime as dt
import zoneinfo
from decimal import Decimal

import pytest

from ccmeter.domain import errors, money
from ccmeter.domain.filters import COST_MODES, Filters
from ccmeter.domain.tokens import TokenCounts

DAY = dt.date(2026, 6, 1)
# where clocks are changed at midnight or by odd steps, or were
CHANGING = frozenset(
    {
        *("Africa/Cairo", "America/Asuncion", "America/Havana", "America/Nuuk", "America/Santiago"),
        *("Antarctica/Troll", "Asia/Beirut", "Asia/Pyongyang", "Atlantic/Azores", "Australia/Lord_Howe"),
        *("Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo", "Asia/Gaza", "Asia/Amman"),
    }
)


def test_tokens_add_up_by_what_they_are() -> None:
    """A prompt is everything the model read; the total adds what it wrote."""
    counts = TokenCounts(1, 20, 300, 4_000, 50_000)
    assert counts.prompt_tokens == 54_301
    assert counts.total_tokens == 54_321


@pytest.mark.parametrize(
    ("pico", "exact", "rounded"),
    [
        (0, "0", "$0.00"),
        (1, "0.000000000001", "$0.00"),
        (31_924_600_000, "0.0319246", "$0.03"),
        (5_000_000_000, "0.005", "$0.00"),
        (15_000_000_000, "0.015", "$0.02"),
        (1_234_567_890_000_000_000, "1234567.89", "$1,234,567.89"),
        (-2_500_000_000_000, "-2.5", "-$2.50"),
        (100 * 10**12, "100", "$100.00"),
    ],
)
def test_money_is_exact_for_files_and_rounded_for_people(pico: int, exact: str, rounded: str) -> None:
    """No digit is lost on the way to a file; people get cents, halves to the even one."""
    assert money.usd_exact(pico) == exact
    assert money.usd_text(pico) == rounded
    assert money.pico(Decimal(exact)) == pico


def test_money_is_rounded_to_whole_pico_dollars() -> None:
    """Only what a person or a log states can be finer than a pico-dollar."""
    assert money.pico(Decimal("0.0000000000015")) == 2
    assert money.pico(Decimal("0.0000000000025")) == 2
    assert money.usd_text(1_234_500_000_000, places=4) == "$1.2345"


@pytest.mark.parametrize(
    ("zone", "day", "since", "until"),
    [
        ("UTC", "2026-06-01", "2026-06-01T00:00", "2026-06-02T00:00"),
        ("Europe/Berlin", "2026-06-01", "2026-05-31T22:00", "2026-06-01T22:00"),
        # 25 and 23 hours
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),
        # midnight does not exist: the clocks go from 23:59 to 01:00
        ("America/Asuncion", "2022-10-02", "2022-10-02T04:00", "2022-10-03T03:00"),
        # a day that Samoa skipped, when it moved across the date line: nothing is in it
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", "2011-12-30T10:00"),
        ("Asia/Kathmandu", "2026-06-01", "2026-05-31T18:15", "2026-06-01T18:15"),
    ],
)
def test_a_local_day_is_half_open_between_two_instants(zone: str, day: str, since: str, until: str) -> None:
    """Days are as long as clocks make them, and neighbours share no instant."""
    on = dt.date.fromisoformat(day)
    limits = Filters(time_zone=zone, since_on=on, until_on=on)
    assert _at(limits.since_us) == since
    assert _at(limits.until_us) == until


@pytest.mark.parametrize("year", [2011, 2018, 2022, 2026])
def test_in_every_zone_a_day_begins_on_it(year: int) -> None:
    """An instant before its first one is another day, whatever the clocks of a country did that year."""
    for zone in sorted(zoneinfo.available_timezones()):
        local = zoneinfo.ZoneInfo(zone)
        for number in range(0, 365, 1 if zone in CHANGING else 30):
            day = dt.date(year, 1, 1) + dt.timedelta(days=number)
            begins_us = Filters(time_zone=zone, since_on=day).since_us
            assert begins_us is not None
            begins = dt.datetime.fromtimestamp(begins_us / 1e6, local)
            before = dt.datetime.fromtimestamp(begins_us / 1e6 - 1, local)
            assert before.date() < day <= begins.date(), (zone, day)


def test_filters_without_days_have_no_ends() -> None:
    """Only a limit makes a question smaller; zone and mode do not."""
    assert Filters(time_zone="UTC").since_us is None
    assert Filters(time_zone="UTC").until_us is None
    assert Filters(time_zone="Asia/Tokyo", cost_mode="display").is_everything
    assert not Filters(time_zone="UTC", since_on=DAY).is_everything
    assert COST_MODES == ("auto", "calculate", "display")


def test_the_first_and_the_last_of_all_days_are_no_limit() -> None:
    """Somebody who means everything may write 0001-01-01 and 9999-12-31, in any zone."""
    ends = Filters(time_zone="Asia/Tokyo", since_on=dt.date.min, until_on=dt.date.max)
    assert (ends.since_us, ends.until_us) == (None, None)
    assert Filters(time_zone="America/New_York", since_on=dt.date.min).since_us is not None
    assert Filters(time_zone="Pacific/Kiritimati", since_on=dt.date.max).since_us is not None


def test_every_error_says_how_a_script_can_tell_it() -> None:
    """Codes are distinct; what was typed wrongly ends with 2, all else with 1; a hint of the moment replaces the general one."""
    kinds = _family(errors.CcmeterError)
    assert len({kind.code for kind in kinds}) == len(kinds)
    typed = {errors.UsageError, errors.PhraseError, errors.PairingError}
    assert {kind for kind in kinds if kind.exit_status == 2} == typed
    assert {kind.exit_status for kind in kinds if kind not in typed} == {1}
    assert errors.ConfigError("x").hint == errors.ConfigError.hint
    assert errors.ConfigError("x", hint="y").hint == "y"


def _family(kind: type[errors.CcmeterError]) -> list[type[errors.CcmeterError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _family(child))]


def _at(at_us: int | None) -> str:
    assert at_us is not None
    return dt.datetime.fromtimestamp(at_us / 1e6, dt.UTC).strftime("%Y-%m-%dT%H:%M")
