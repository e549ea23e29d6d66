"""What is said of a limit now and at its end, from few readings and plain costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccmeter.domain import guarding
from ccmeter.domain.limits import (
    FIVE_HOUR,
    FULL_BP,
    SEVEN_DAY,
    Band,
    Limits,
    Reading,
    WindowState,
    elapsed_bp,
    pace_stage,
)
from ccmeter.domain.outlook import Past, aged, limits_of, past_starts, state
from ccmeter.domain.readings import settle
from ccmeter.domain.worth import Costs
from support.transcripts import us

NOW = us("2026-11-21T12:00:00+00:00")
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
RESETS = NOW + 2 * HOUR
RATE = 1_000
"""Pico-dollars a microsecond; a hundredth of a percent takes a second of it."""


def told(before_us: int, used_bp: int, *, window: str = FIVE_HOUR, resets_us: int | None = RESETS) -> Reading:
    return Reading(
        window=window,
        used_bp=used_bp,
        resets_us=resets_us,
        read_us=NOW - before_us,
        source="hook",
        session_id="s",
    )


def past(*, days: int = 0, busy: bool = True) -> Past:
    """Give even use since so many days ago, or since three hours ago."""
    first_us = NOW - (days * DAY if days else 3 * HOUR)
    spent = (NOW - first_us) * RATE if busy else 0
    return Past(costs=Costs(at_us=(first_us, NOW), sum_pico=(0, spent)), first_us=first_us, time_zone="UTC")


PICO_PER_BP = 30_000_000 * RATE


def taught(*, until_us: int) -> tuple[Reading, ...]:
    """Give readings every minute up to an instant: two hundredths each, so thirty seconds of use are one."""
    minutes = range((3 * HOUR - until_us) // MINUTE + 1)
    return settle(told(3 * HOUR - minute * MINUTE, 1_001 + 2 * minute) for minute in minutes)


def test_a_fresh_reading_stands_alone() -> None:
    """And so does an old one if nothing was used since."""
    fresh = state(taught(until_us=MINUTE), past(), NOW)
    assert fresh.worth is None or fresh.used_bp == Band(low=1_359, middle=1_359, high=1_359)
    idle = state((told(HOUR, 4_000),), past(busy=False), NOW)
    assert (idle.used_bp, idle.since_pico) == (Band(low=4_000, middle=4_000, high=4_000), 0)


def test_between_readings_a_band_goes_on() -> None:
    """By what the cost since then is worth; the clearer, the more of it there is."""
    found = state(taught(until_us=HOUR), past(), NOW)
    assert found.worth is None  # too few pairs of two percent
    lived = tuple(told(3 * HOUR - minute * MINUTE, 1_001 + 50 * minute) for minute in range(121))
    found = state(lived, past(), NOW)
    assert found.worth is not None
    assert found.worth.pico_per_bp == Band(
        low=1_200 * RATE * 1_000, middle=1_200 * RATE * 1_000, high=1_200 * RATE * 1_000
    )
    assert found.used_bp == Band(low=FULL_BP, middle=FULL_BP, high=FULL_BP)
    assert found.since_pico == HOUR * RATE


def test_without_a_worth_the_reading_is_the_least() -> None:
    """Nothing is guessed, but that something was used since is said."""
    found = state((told(HOUR, 4_000),), past(), NOW)
    assert found.worth is None
    assert found.used_bp == Band(low=4_000, middle=4_000, high=4_000)
    assert found.since_pico == HOUR * RATE


def test_without_a_worth_the_figure_goes_on_as_before() -> None:
    """From nothing to double; not in the first tenth of a window."""
    found = state((told(0, 3_000),), past(), NOW)
    assert found.elapsed_bp == 6_000
    assert found.ends_bp == Band(low=3_000, middle=5_000, high=7_000)
    assert (found.full_us, found.runs_out_bp) == (None, 0)
    early = state((told(0, 3_000, resets_us=NOW + 5 * HOUR - MINUTE),), past(), NOW)
    assert (early.ends_bp, early.runs_out_bp) == (None, None)


def test_when_it_runs_out_is_between_the_steps() -> None:
    """The middle of all ways, those that never do counting as the reset."""
    found = state((told(0, 7_400),), past(), NOW)
    assert found.runs_out_bp == 6_000
    assert found.full_us is not None
    # to a tenth of a step
    assert abs(found.full_us.middle - NOW - 2 * HOUR * 2_600 // 4_933) < 2 * HOUR // 400
    assert found.full_us.high == RESETS
    assert limits_of([found], NOW).binding == FIVE_HOUR


@pytest.mark.parametrize("days", [0, 2, 20])
def test_even_use_goes_on_evenly(days: int) -> None:
    """By the recent rate, and by past days once there are enough."""
    lived = tuple(told(3 * HOUR - minute * MINUTE, 1_001 + 10 * minute) for minute in range(181))
    found = state(lived, past(days=days), NOW)
    assert found.worth is not None
    assert found.ends_bp is not None
    assert abs(found.ends_bp.middle - (2_801 + 1_200)) <= 15
    assert found.ends_bp.low <= found.ends_bp.middle <= found.ends_bp.high
    if days == 0:  # from nothing to double
        assert found.ends_bp.low < 2_900
        assert found.ends_bp.high > 5_000


def test_a_week_looks_at_past_weeks() -> None:
    """At the same weekday and hour; a week of rest is one of them."""
    lived = tuple(
        told(3 * HOUR - minute * MINUTE, 1_001 + 10 * minute, window=SEVEN_DAY, resets_us=NOW + DAY)
        for minute in range(181)
    )
    found = state(lived, past(days=50), NOW)
    assert found.runs_out_bp == FULL_BP
    assert found.full_us is not None
    assert NOW < found.full_us.middle < NOW + DAY


def test_the_same_hour_on_the_wall() -> None:
    """Clocks went back on 25 October in Berlin; history ends where there was no usage yet."""
    berlin = Past(
        costs=Costs(at_us=(), sum_pico=()),
        first_us=us("2026-10-10T00:00:00+00:00"),
        time_zone="Europe/Berlin",
    )
    now = us("2026-10-28T12:00:00+00:00")
    assert past_starts(berlin, now, days=7, times=8) == (
        us("2026-10-21T11:00:00+00:00"),
        us("2026-10-14T11:00:00+00:00"),
    )
    assert past_starts(replace(berlin, first_us=None), now, days=7, times=8) == ()


def test_what_is_over_says_nothing_of_now() -> None:
    """The reading is kept, and no number of now is made of it."""
    found = state((told(5 * HOUR, 9_000, resets_us=NOW - 1),), past(days=20), NOW)
    assert found.is_over
    assert (
        found.elapsed_bp,
        found.pace_stage,
        found.ends_bp,
        found.full_us,
        found.runs_out_bp,
        found.elsewhere_bp,
    ) == (
        None,
        0,
        None,
        None,
        None,
        0,
    )
    assert limits_of([found], NOW).binding is None


def test_an_answer_grows_old() -> None:
    """Clocks go on, and what has reset says nothing any more and binds no more; what was over stays so."""
    known = limits_of(
        [
            state(taught(until_us=0), past(), NOW),
            state((told(HOUR, 3_000, window=SEVEN_DAY, resets_us=NOW + 2 * DAY),), past(), NOW),
            state((told(HOUR, 3_000, window="seven_day_opus", resets_us=NOW - 1),), past(), NOW),
            state((told(HOUR, 3_000, window="seven_day_sonnet", resets_us=None),), past(), NOW),
        ],
        NOW,
    )
    assert aged(known, NOW) == known
    soon = aged(known, NOW + HOUR)
    assert [each.elapsed_bp for each in soon.windows][:1] == [elapsed_bp(RESETS, 18_000, NOW + HOUR)]
    assert [each.is_over for each in soon.windows] == [False, False, True, False]
    late = aged(replace(known, binding=FIVE_HOUR), RESETS)
    assert [each.is_over for each in late.windows] == [True, False, True, False]
    assert (late.windows[0].ends_bp, late.windows[0].elapsed_bp, late.now_us) == (None, None, RESETS)
    assert late.binding != FIVE_HOUR


def test_what_is_used_up_ran_out_when_it_was_first_told() -> None:
    """For certain, and until its reset."""
    found = state((told(HOUR, FULL_BP), told(MINUTE, FULL_BP)), past(), NOW)
    hit = NOW - HOUR
    assert found.full_us == Band(low=hit, middle=hit, high=hit)
    assert found.runs_out_bp == FULL_BP
    assert found.ends_bp == Band(low=FULL_BP, middle=FULL_BP, high=FULL_BP)
    unknown = state((told(HOUR, FULL_BP, resets_us=None),), past(), NOW)
    assert (unknown.elapsed_bp, unknown.full_us) == (None, None)


def test_use_elsewhere_from_the_first_reading_on() -> None:
    """It is found even where the first rise is the whole of it."""
    lived = tuple(
        told(2 * DAY + minute * -MINUTE, 1_001 + 10 * minute, resets_us=NOW - 2 * DAY + 5 * HOUR)
        for minute in range(181)
    )
    jump = (told(10 * MINUTE, 1_000), told(9 * MINUTE, 3_000))
    found = state((*lived, *jump), past(days=20), NOW)
    assert found.worth is not None
    assert 1_800 < found.elsewhere_bp < 2_000


def full(window: str, resets_us: int = RESETS) -> WindowState:
    return state((told(0, FULL_BP, window=window, resets_us=resets_us),), past(), NOW)


def test_the_binding_window_is_what_ends_first() -> None:
    """Of those used up already the one that stays so longest, and one for all models before a model's own."""
    five, week, opus = full(FIVE_HOUR), full(SEVEN_DAY, NOW + DAY), full("seven_day_opus", NOW + 2 * DAY)
    assert limits_of([opus, five], NOW).binding == FIVE_HOUR
    found = limits_of([week, opus, five], NOW)
    assert (found.binding, [each.window for each in found.windows]) == (
        SEVEN_DAY,
        [FIVE_HOUR, SEVEN_DAY, "seven_day_opus"],
    )
    soon = replace(
        week, used_bp=Band(low=1, middle=1, high=1), full_us=Band(low=NOW, middle=NOW + 9, high=NOW)
    )
    sooner = replace(
        five, used_bp=Band(low=1, middle=1, high=1), full_us=Band(low=NOW, middle=NOW + 8, high=NOW)
    )
    assert limits_of([soon, sooner], NOW).binding == FIVE_HOUR
    assert limits_of([replace(soon, full_us=None), sooner], NOW).binding == FIVE_HOUR
    assert limits_of([], NOW) == Limits(windows=(), binding=None, now_us=NOW)


@pytest.mark.parametrize(
    ("used", "elapsed", "stage"),
    [
        (5_000, 5_000, 0),
        (5_200, 5_000, 0),
        (5_201, 5_000, 1),
        (5_601, 5_000, 2),
        (6_201, 5_000, 3),
        (4_799, 5_000, -1),
        (4_000, 5_000, -2),
        (0, 5_000, -3),
    ],
)
def test_the_seven_stages_of_pace(used: int, elapsed: int, stage: int) -> None:
    """By points off the elapsed share."""
    assert pace_stage(used, elapsed) == stage


def test_elapsed_shares() -> None:
    """From the start to the reset, never beyond."""
    assert [
        elapsed_bp(RESETS, 18_000, at) for at in (NOW - 9 * HOUR, NOW - 3 * HOUR, NOW, RESETS, RESETS + 1)
    ] == [
        0,
        0,
        6_000,
        FULL_BP,
        FULL_BP,
    ]


def judged(
    *states: WindowState, window: str = "any", least_bp: int = 1_000, most_age_us: int = DAY
) -> guarding.Verdict:
    return guarding.judge(limits_of(states, NOW), window=window, least_bp=least_bp, most_age_us=most_age_us)


def test_a_guard_takes_the_reading_while_it_holds() -> None:
    """Nothing used since, or just read; as little as is wanted is enough."""
    fresh = state((told(MINUTE, 9_000),), past(), NOW)
    verdict = judged(fresh)
    assert (verdict.status, verdict.left_bp, verdict.source, verdict.age_s) == (
        guarding.ENOUGH,
        1_000,
        "official",
        60,
    )
    assert judged(fresh, least_bp=1_001).status == guarding.BELOW


def test_a_guard_does_not_guess() -> None:
    """Usage of unknown worth, a reading that is too old, none at all, a window that ended and was used again."""
    assert judged(state((told(HOUR, 4_000),), past(), NOW)).status == guarding.UNKNOWN
    idle = state((told(HOUR, 4_000),), past(busy=False), NOW)
    assert judged(idle).status == guarding.ENOUGH
    assert judged(idle, most_age_us=HOUR - 1).status == guarding.UNKNOWN
    nothing = judged()
    assert (nothing.status, nothing.source, nothing.age_s) == (guarding.UNKNOWN, "none", None)
    assert judged(idle, window="week").status == guarding.UNKNOWN
    over = told(6 * HOUR, 9_900, resets_us=NOW - 1)
    assert judged(state((over,), past(), NOW)).status == guarding.UNKNOWN
    rested = judged(state((over,), past(busy=False), NOW))
    assert (rested.status, rested.left_bp, rested.source) == (guarding.ENOUGH, FULL_BP, "reset")


def test_a_guard_takes_the_upper_end_of_an_estimate() -> None:
    """So a yes is as sure as can be."""
    lived = tuple(told(3 * HOUR - minute * MINUTE, 1_001 + 10 * minute) for minute in range(121))
    found = state(lived, past(), NOW)
    verdict = judged(found)
    assert verdict.source == "estimate"
    assert verdict.left_bp == FULL_BP - found.used_bp.high


def test_what_leaves_too_little_is_a_no_however_old() -> None:
    """Within a window use does not fall."""
    old = state((told(3 * HOUR, 9_500),), past(), NOW)
    assert judged(old, most_age_us=1).status == guarding.BELOW
    assert judged(full("seven_day_opus"), state((told(0, 10),), past(), NOW)).window == "seven_day_opus"


def test_of_all_windows_the_worst_counts() -> None:
    """Too little before unknown, unknown before enough."""
    enough = state((told(0, 100),), past(), NOW)
    unknown = state((told(HOUR, 4_000, window=SEVEN_DAY, resets_us=NOW + DAY),), past(), NOW)
    assert judged(enough, unknown).status == guarding.UNKNOWN
    assert judged(enough, full(SEVEN_DAY)).status == guarding.BELOW
    assert judged(enough, unknown, window="five_hour").status == guarding.ENOUGH
