"""The limits against a made-up account whose truth is known: bands cover it, and only what happened is named.

Rates are over fixed seeds, so they are the same in every run. What is promised is 80 % within a band.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from functools import cache

import pytest

from ccmeter.domain import outlook, readings
from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, SEVEN_DAY, WindowState
from ccmeter.domain.worth import Costs
from support.limit_truth import DAY_US, HOUR_US, PICO_PER_BP, SECOND_US, START_US, Plan, Truth, simulate

SEEDS = range(1, 9)
CAPS = {FIVE_HOUR: 0.5, SEVEN_DAY: 8.0}
DAYS = 18
HIDDEN_MIN = (5, 20, 60, 180)


@cache
def truth(plan: Plan) -> Truth:
    return simulate(plan)


def plan(window: str, seed: int, **more: object) -> Plan:
    values = {"window": window, "seed": seed, "days": DAYS, "cap": CAPS[window], **more}
    return Plan(**values)  # type: ignore[arg-type]


def as_of(lived: Truth, now_us: int, hidden_us: int = 0) -> WindowState:
    """Give what is known at an instant, if nothing was told for a while."""
    known = readings.settle(each for each in lived.readings if each.read_us <= now_us - hidden_us)
    all_costs = lived.costs()
    end = bisect_right(all_costs.at_us, now_us)
    costs = Costs(at_us=all_costs.at_us[:end], sum_pico=all_costs.sum_pico[:end])
    return outlook.state(known, outlook.Past(costs=costs, first_us=lived.call_us[0], time_zone="UTC"), now_us)


@pytest.mark.parametrize("window", [FIVE_HOUR, SEVEN_DAY])
@pytest.mark.parametrize("step_bp", [100, 1])
def test_the_bands_cover_the_truth_as_often_as_they_say(window: str, step_bp: int) -> None:
    """Of what is used now, while readings are missing, and of what will be at the reset."""
    now_in = now_of = end_in = end_of = 0
    for seed in SEEDS:
        lived = truth(plan(window, seed, step_bp=step_bp))
        dice = random.Random(seed)
        for _ in range(12):
            place = dice.randrange(len(lived.call_us) * 2 // 3, len(lived.call_us))
            now_us = lived.call_us[place] + 60 * SECOND_US
            state = as_of(lived, now_us, dice.choice(HIDDEN_MIN) * 60 * SECOND_US)
            used, resets_us = lived.used_at(now_us)
            if state.is_over or state.resets_us != resets_us:
                continue
            if state.used_bp.low < state.used_bp.high:
                now_of += 1
                now_in += state.used_bp.low <= min(used, FULL_BP) <= state.used_bp.high
            end, _ = lived.used_at(resets_us - 1)
            if state.ends_bp is not None and lived.call_us[-1] > resets_us and end < FULL_BP:
                end_of += 1
                end_in += state.ends_bp.low <= end <= state.ends_bp.high
    assert now_of > 50
    assert end_of > 15
    assert now_in * 100 >= now_of * 80, (now_in, now_of)
    assert end_in * 100 >= end_of * 80, (end_in, end_of)


@pytest.mark.parametrize("window", [FIVE_HOUR, SEVEN_DAY])
def test_honest_use_is_never_called_elsewhere_or_a_change(window: str) -> None:
    """At the end of every day."""
    told = [
        as_of(truth(plan(window, seed)), START_US + day * DAY_US)
        for seed in SEEDS
        for day in range(4, DAYS + 1, 2)
    ]
    assert len(told) == 64
    assert [each.elsewhere_bp for each in told if each.elsewhere_bp] == []
    assert [each.cap_changed_us for each in told if each.cap_changed_us is not None] == []


@pytest.mark.parametrize("window", [FIVE_HOUR, SEVEN_DAY])
def test_the_worth_is_learned(window: str) -> None:
    """The band holds what a hundredth does cost."""
    for seed in SEEDS:
        worth = as_of(truth(plan(window, seed)), START_US + DAYS * DAY_US).worth
        assert worth is not None
        assert worth.pairs >= 20
        assert worth.pico_per_bp.low < PICO_PER_BP * CAPS[window] < worth.pico_per_bp.high


@pytest.mark.parametrize("window", [FIVE_HOUR, SEVEN_DAY])
def test_use_elsewhere_is_found_and_not_taken_for_a_change(window: str) -> None:
    """A quarter of the window within half an hour; told is what is beyond the band, which is less."""
    found = seen = changed = 0
    for seed in SEEDS:
        lived = truth(plan(window, seed, elsewhere=((DAYS - 1 + 0.55, 2_500),)))
        began_us = START_US + int((DAYS - 1 + 0.55) * DAY_US)
        before, resets_us = lived.used_at(began_us - 1)
        now_us = began_us + 2 * HOUR_US
        _, still_us = lived.used_at(now_us)
        if still_us != resets_us or resets_us <= now_us or before >= FULL_BP / 2:
            continue
        state = as_of(lived, now_us)
        seen += 1
        found += 500 <= state.elsewhere_bp <= 2_700
        changed += state.cap_changed_us is not None
    assert seen >= 5
    assert found * 10 >= seen * 8, (found, seen)
    assert changed == 0


@pytest.mark.parametrize("window", [FIVE_HOUR, SEVEN_DAY])
@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_a_change_of_the_cap_is_found_and_the_new_worth_learned(window: str, factor: float) -> None:
    """To two days, once there have been ten, in nearly every account; in the others the old one goes on."""
    found = 0
    for seed in SEEDS:
        lived = truth(plan(window, seed, days=24, cap_day=14.0, cap_factor=factor))
        state = as_of(lived, START_US + 24 * DAY_US)
        assert state.worth is not None
        if state.cap_changed_us is None:
            continue
        found += 1
        assert abs(state.cap_changed_us - START_US - 14 * DAY_US) < 2 * DAY_US
        assert abs(state.worth.pico_per_bp.middle / (PICO_PER_BP * CAPS[window] * factor) - 1) < 0.3


def test_the_same_is_said_of_the_same() -> None:
    """Whatever the order in which readings come, and however often."""
    lived = truth(plan(FIVE_HOUR, 1))
    once = as_of(lived, START_US + 9 * DAY_US + 14 * HOUR_US)
    lived.readings.reverse()
    assert as_of(lived, START_US + 9 * DAY_US + 14 * HOUR_US) == once


def test_the_past_is_as_it_was_then() -> None:
    """What came later changes nothing of what is said as of an instant."""
    lived = truth(plan(FIVE_HOUR, 2))
    now_us = START_US + 12 * DAY_US + 15 * HOUR_US
    early = Truth(
        readings=[each for each in lived.readings if each.read_us <= now_us],
        call_us=[each for each in lived.call_us if each <= now_us],
    )
    early.cost_pico = lived.cost_pico[: len(early.call_us)]
    assert as_of(early, now_us) == as_of(lived, now_us)
