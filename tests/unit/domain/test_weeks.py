"""The rest of a week by weekdays and hours, and what would be if."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from ccmeter.domain import weeks
from ccmeter.domain.limits import Band
from ccmeter.domain.weeks import Slot, WhatIf

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = dt.datetime(2026, 11, 16)  # noqa: DTZ001 - what clocks on the wall show
HOUR = dt.timedelta(hours=1)


def _slots(*hours: int) -> list[Slot]:
    return [
        Slot(hour=MONDAY + hour * HOUR, seconds=3_600, ends_us=(number + 1) * 100)
        for number, hour in enumerate(hours)
    ]


def test_hours_are_cut_at_both_ends() -> None:
    """A part of an hour counts as that part."""
    start = dt.datetime(2026, 11, 16, 9, 45, tzinfo=BERLIN)
    found = weeks.slots(start, start + 2 * HOUR)
    assert [(each.hour.hour, each.seconds) for each in found] == [(9, 900), (10, 3_600), (11, 2_700)]
    assert found[-1].ends_us == round((start + 2 * HOUR).timestamp() * 1e6)
    assert weeks.slots(start, start) == ()


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(day: str, hours: int) -> None:
    """Time passes as it does, whatever clocks show."""
    start = dt.datetime.fromisoformat(day).replace(tzinfo=BERLIN)
    found = weeks.slots(
        start, dt.datetime.combine(start.date() + dt.timedelta(days=1), dt.time(tzinfo=BERLIN))
    )
    assert len(found) == hours
    assert sum(each.seconds for each in found) == hours * 3_600


def test_half_hours_of_zones_are_hours_on_the_wall() -> None:
    """Hours begin when clocks say so."""
    start = dt.datetime(2026, 11, 16, 9, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert [each.hour.minute for each in weeks.slots(start, start + 2 * HOUR)] == [0, 0]


def test_past_weeks_are_read_at_the_same_weekday_and_hour() -> None:
    """The latest first, a part of an hour in proportion."""
    hours = {MONDAY - dt.timedelta(days=7): 100, MONDAY - dt.timedelta(days=14): 60}
    half = [Slot(hour=MONDAY, seconds=1_800, ends_us=1)]
    assert weeks.past(hours, half, 3) == ((50,), (30,), (0,))


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (None, 0),
        (MONDAY + HOUR, 0),
        (MONDAY - dt.timedelta(days=12), 2),
        (MONDAY - dt.timedelta(days=11), 1),
        (MONDAY - dt.timedelta(days=400), 8),
    ],
)
def test_weeks_that_are_known(first: dt.datetime | None, expected: int) -> None:
    """Whole ones, but for two days of rest at the start."""
    assert weeks.weeks_known(first, MONDAY) == expected


def test_weeks_with_usage() -> None:
    """Of the whole weeks before, whatever was used in the running one."""
    hours = {
        MONDAY: 1,
        MONDAY - HOUR: 2,
        MONDAY - dt.timedelta(days=7): 3,
        MONDAY - dt.timedelta(days=7) - HOUR: 4,
        MONDAY - dt.timedelta(days=30): 5,
    }
    assert weeks.weeks_used(hours, MONDAY, 8) == 3
    assert weeks.weeks_used(hours, MONDAY, 1) == 1
    assert weeks.weeks_used({}, MONDAY, 8) == 0


def test_a_heavy_beginning_goes_on_half_so() -> None:
    """Against the usual of past weeks; nothing known changes nothing."""
    assert weeks.pressure_bp(30, [[10], [10], [10]], [[10], [10], [10]]) == 50 * 10_000 // 30
    assert weeks.pressure_bp(10, [[10]], [[30]]) == 10_000
    assert weeks.pressure_bp(5, [[0]], [[0]]) == 10_000


def test_money_goes_on_as_past_weeks_did() -> None:
    """One row for each; the change takes its part."""
    ahead = _slots(17, 18)
    rest = [[10, 10], [20, 20], [30, 30], [40, 40], [50, 50]]
    found = weeks.forecast(7, ahead, rest, used=100)
    assert found is not None
    assert found.points_us == (7, 100, 200)
    assert found.used[0] == Band(low=100, middle=100, high=100)
    assert found.ends == Band(low=128, middle=160, high=192)
    assert found.runs_out_bp is None
    stopped = weeks.forecast(7, ahead, rest, used=100, change=WhatIf(stop_hour=18))
    assert stopped is not None
    assert stopped.ends.middle == 130


def test_too_few_weeks_foretell_nothing() -> None:
    """Below four there is no band."""
    assert weeks.forecast(0, _slots(1), [[1]] * 3, used=0) is None


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (WhatIf(), 100),
        (WhatIf(less_bp=2_000), 80),
        (WhatIf(model_bp=2_500), 25),
        (WhatIf(model_bp=15_000), 150),
        (WhatIf(stop_hour=19), 100),
        (WhatIf(stop_hour=18, less_bp=2_000), 0),
    ],
)
def test_a_change_takes_its_part(change: WhatIf, left: int) -> None:
    """Of an amount at 18 o'clock."""
    assert change.of(100, MONDAY + 18 * HOUR) == left


def _shaped(change: WhatIf = weeks.AS_IT_IS) -> weeks.Forecast:
    return weeks.shaped(
        0,
        _slots(10, 11, 19, 20),
        [[4, 0, 4, 2]] * 4,
        used=Band(low=5_000, middle=5_000, high=5_000),
        ends=Band(low=6_000, middle=9_000, high=12_000),
        runs_out_bp=4_000,
        full_us=Band(low=1, middle=2, high=3),
        change=change,
    )


def test_an_official_forecast_takes_the_shape_of_the_hours_and_keeps_its_end() -> None:
    """What the limits say stays as it is."""
    found = _shaped()
    assert [each.middle for each in found.used] == [5_000, 6_600, 6_600, 8_200, 9_000]
    assert found.ends == Band(low=6_000, middle=9_000, high=12_000)
    assert (found.runs_out_bp, found.full_us) == (4_000, Band(low=1, middle=2, high=3))


def test_stopping_takes_the_evening_and_its_risk() -> None:
    """The band ends lower, the chance falls, and it is not reached any more."""
    found = _shaped(WhatIf(stop_hour=18))
    assert found.ends == Band(low=5_400, middle=6_600, high=7_800)
    assert found.runs_out_bp is not None
    assert found.runs_out_bp < 1_000
    assert found.full_us is None


def test_a_dearer_model_says_when_it_is_reached() -> None:
    """The soonest by the upper edge, the latest at the end."""
    found = _shaped(WhatIf(model_bp=20_000))
    assert found.ends.middle == 13_000
    assert found.full_us == Band(low=100, middle=300, high=400)
    assert found.runs_out_bp == 4_000 * weeks.beyond_bp(found.ends, 10_000) // weeks.beyond_bp(
        _shaped().ends, 10_000
    )


def test_without_a_past_it_rises_evenly() -> None:
    """By time alone."""
    used, ends = Band(low=0, middle=0, high=0), Band(low=100, middle=200, high=400)
    found = weeks.shaped(
        0,
        _slots(1, 2),
        (),
        used=used,
        ends=ends,
        runs_out_bp=None,
        full_us=None,
        change=WhatIf(less_bp=5_000),
    )
    assert [each.high for each in found.used] == [0, 100, 200]
    assert found.runs_out_bp is None


def test_the_chance_of_a_band_follows_its_percentiles() -> None:
    """Half at the middle, a tenth at the ninetieth, never nothing nor certain."""
    ends = Band(low=4_000, middle=8_000, high=10_000)
    assert weeks.beyond_bp(ends, 8_000) == 5_000
    assert weeks.beyond_bp(ends, 10_000) == 1_000
    assert weeks.beyond_bp(ends, 4_000) == 9_000
    assert weeks.beyond_bp(ends, 99_000) == 100
    assert weeks.beyond_bp(ends, 0) == 9_900


def test_the_usual_week_reaches_its_whole() -> None:
    """Shares of all that the past weeks used."""
    hours = {MONDAY - dt.timedelta(days=7): 30, MONDAY - dt.timedelta(days=14) + HOUR: 10}
    assert weeks.usual(hours, _slots(0, 1), 2) == (0, 7_500, 10_000)
    assert weeks.usual({}, _slots(0), 2) == ()
    assert weeks.usual(hours, _slots(0), 0) == ()


def test_the_heat_of_an_hour_is_its_mean_over_whole_weeks() -> None:
    """This week's own hours are not among them."""
    hours = {MONDAY - dt.timedelta(days=7): 30, MONDAY - dt.timedelta(days=14): 10, MONDAY: 99}
    found = weeks.by_weekday(hours, MONDAY, 2)
    assert found[0][0] == 20
    assert sum(map(sum, found)) == 20
    assert sum(map(sum, weeks.by_weekday(hours, MONDAY, 0))) == 0
