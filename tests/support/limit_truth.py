"""A made-up account whose limit is known: what its sessions are told of it, and what they cost, with the truth beside it.

Days of work with calls every other minute. What a call takes from a window follows its cost only roughly, as in life: model, cache
and the server's own weights differ from list prices. Figures are told in whole percents, rounded down, by whichever session
called; idle sessions tell theirs again.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field

from ccmeter.domain.limits import FULL_BP, LENGTH_S, Reading
from ccmeter.domain.worth import Costs

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
START_US = 1_790_000_000_000_000
"""In 2026."""
PICO_PER_BP = 40_000_000_000
"""Four dollars a percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens to the account."""

    window: str
    seed: int = 1
    days: int = 14
    cap: float = 1.0
    """How large the limit is, of four dollars a percent."""
    noise: float = 0.25
    """How far what a call takes is off its cost (standard deviation of the logarithm)."""
    session_noise: float = 0.15
    """The same for all calls of a session."""
    cap_day: float | None = None
    """When the cap changes, and by which factor."""
    cap_factor: float = 1.0
    elsewhere: tuple[tuple[float, float], ...] = ()
    """Day, and hundredths of a percent that are used elsewhere within half an hour from then on."""
    cost_usd: float = 0.9
    """What a call costs on average."""
    step_bp: int = 100


@dataclass(slots=True, kw_only=True)
class Truth:
    """What was told, and what was true."""

    readings: list[Reading] = field(default_factory=list)
    call_us: list[int] = field(default_factory=list)
    cost_pico: list[int] = field(default_factory=list)
    used_us: list[int] = field(default_factory=list)
    used_bp: list[float] = field(default_factory=list)
    """Unbounded use in the window that runs, after each change."""
    resets_us: list[int] = field(default_factory=list)

    def costs(self) -> Costs:
        """Give local cost at every call."""
        sums, total = [0], 0
        for each in self.cost_pico:
            total += each
            sums.append(total)
        # the instant before a call too, so that nothing is spread over the time between calls
        at_us, known = [START_US - 2], [0]
        for place, call in enumerate(self.call_us):
            at_us += [call - 1, call]
            known += [sums[place], sums[place + 1]]
        return Costs(at_us=tuple(at_us), sum_pico=tuple(known))

    def used_at(self, at_us: int) -> tuple[float, int]:
        """Give true use and the reset of the window that runs."""
        place = bisect_right(self.used_us, at_us) - 1
        return self.used_bp[place], self.resets_us[place]


def simulate(plan: Plan) -> Truth:
    """Live through the days."""
    dice = random.Random(plan.seed)
    truth = Truth()
    length_us = LENGTH_S[plan.window] * SECOND_US
    used, resets_us, worth = 0.0, 0, PICO_PER_BP * plan.cap
    idle: dict[str, tuple[int, int]] = {}
    elsewhere = _elsewhere(plan)
    for at_us, session in _calls(plan, dice):
        while elsewhere and elsewhere[0][0] <= at_us:
            then_us, amount = elsewhere.pop(0)
            if then_us < resets_us:
                used += amount
                _note(truth, then_us, used, resets_us)
        if at_us >= resets_us:
            used, resets_us = 0.0, at_us // HOUR_US * HOUR_US + length_us
        factor = 1.0
        if plan.cap_day is not None and at_us >= START_US + int(plan.cap_day * DAY_US):
            factor = plan.cap_factor
        if used >= FULL_BP:
            continue  # refused
        cost = int(dice.lognormvariate(0, 0.8) * plan.cost_usd * 0.73 * 10**12)
        off = random.Random(f"{plan.seed} {session}").gauss(0, plan.session_noise)
        used += cost / (worth * factor) * pow(2.718281828, dice.gauss(0, plan.noise) + off)
        truth.call_us.append(at_us)
        truth.cost_pico.append(cost)
        _note(truth, at_us, used, resets_us)
        told = (int(min(used, FULL_BP)) // plan.step_bp * plan.step_bp, resets_us)
        idle[session] = told
        read_us = at_us + SECOND_US
        truth.readings.append(_reading(plan.window, told, read_us, session))
        for other, old in list(idle.items())[-3:]:
            if other != session and dice.random() < 0.3:
                truth.readings.append(_reading(plan.window, old, read_us + dice.randrange(SECOND_US), other))
    return truth


def _calls(plan: Plan, dice: random.Random) -> list[tuple[int, str]]:
    found = []
    for day in range(plan.days):
        at_us = START_US + day * DAY_US + int((8 + dice.random() * 2) * HOUR_US)
        end_us = START_US + day * DAY_US + int((17 + dice.random() * 3) * HOUR_US)
        number = 0
        while at_us < end_us:
            at_us += int(dice.expovariate(1 / 110) * SECOND_US) + SECOND_US
            if dice.random() < 0.03:
                number += 1
                at_us += int(dice.random() * 1.5 * HOUR_US)
            found.append((at_us, f"s{day}-{number}"))
    return found


def _elsewhere(plan: Plan) -> list[tuple[int, float]]:
    return sorted(
        (START_US + int(day * DAY_US) + part * 60 * SECOND_US, amount / 30)
        for day, amount in plan.elsewhere
        for part in range(30)
    )


def _note(truth: Truth, at_us: int, used: float, resets_us: int) -> None:
    truth.used_us.append(at_us)
    truth.used_bp.append(used)
    truth.resets_us.append(resets_us)


def _reading(window: str, told: tuple[int, int], read_us: int, session: str) -> Reading:
    return Reading(
        window=window, used_bp=told[0], resets_us=told[1], read_us=read_us, source="hook", session_id=session
    )
