"""Budgets: what a person wants to spend at most in a day, a week or a month, and how the current one goes.

Amounts are whole pico-dollars. A forecast repeats past weeks on the days that are left, weekday by weekday, so that a
weekend ahead does not look like five working days; its band is how much those weeks differed.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from ccmeter.domain.limits import FULL_BP, Band
from ccmeter.domain.money import usd_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from ccmeter.domain.currency import Currency

Per = Literal["day", "week", "month"]
PERS: Final[tuple[Per, ...]] = get_args(Per)
PAST_DAYS: Final = 56
"""How far back a forecast looks: eight weeks."""
LEAST_DAYS: Final = 14
"""With fewer past days there is no forecast: one week says nothing of how much weeks differ."""
_WEEK: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a person wants to spend at most, and on what."""

    amount_pico: int
    per: Per
    project: str = ""
    """As filters take it; empty for all."""
    amount: Decimal
    """As it was set, in its currency."""
    currency: Currency | None = None
    """None for US dollars."""

    @property
    def name(self) -> str:
        """What tells it from others: there is one per period and project."""
        return f"{self.per} {self.project}".rstrip()

    @property
    def title(self) -> str:
        """What people call it: `$200.00 per month, shop`."""
        return f"{self.money(self.amount_pico)} per {self.per}{', ' if self.project else ''}{self.project}"

    def money(self, amount_pico: int) -> str:
        """Give an amount in the currency of the budget, for people."""
        return usd_text(amount_pico) if self.currency is None else self.currency.text(amount_pico)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """How the current period of a budget goes."""

    budget: Budget
    since_on: dt.date
    until_on: dt.date
    """The last day of the period."""
    today_on: dt.date
    began_us: int
    """The first instant of the period, in microseconds since 1970 UTC."""
    spent_pico: int
    unpriced_tokens: int
    """Of usage whose cost is not known: `spent_pico` is too low by an unknown amount."""
    ends: Band | None
    """What the period is expected to come to, in pico-dollars: an estimate. None of too few past days."""
    past_days: int
    """How many it stands on."""

    @property
    def share_bp(self) -> int:
        """How much of the budget is spent, in hundredths of a percent; may pass 10,000."""
        return self.spent_pico * FULL_BP // self.budget.amount_pico

    @property
    def share(self) -> str:
        """The same for people, alike on every surface: rounded down, so that 100% means that nothing is left."""
        return f"{self.share_bp // 100}%"

    @property
    def left_pico(self) -> int:
        """What may still be spent; below zero once it is over."""
        return self.budget.amount_pico - self.spent_pico

    @property
    def elapsed_bp(self) -> int:
        """How much of the period's days have begun."""
        days = (self.until_on - self.since_on).days + 1
        return ((self.today_on - self.since_on).days + 1) * FULL_BP // days

    @property
    def is_over(self) -> bool:
        """More is spent than was meant to be."""
        return self.spent_pico > self.budget.amount_pico

    @property
    def will_be_over(self) -> bool:
        """More is expected to be spent by the end of the period than was meant to be."""
        return self.ends is not None and self.ends.middle > self.budget.amount_pico


def period_of(per: Per, today: dt.date, week_starts: int) -> tuple[dt.date, dt.date]:
    """Give the first and the last day of the period that a day is in. `week_starts` is 1 for Monday to 7 for Sunday."""
    if per == "day":
        return today, today
    if per == "week":
        first = today - dt.timedelta(days=(today.isoweekday() - week_starts) % _WEEK)
        return first, first + dt.timedelta(days=_WEEK - 1)
    return today.replace(day=1), today.replace(day=calendar.monthrange(today.year, today.month)[1])


def forecast(
    spent_pico: int,
    by_day: Mapping[dt.date, int],
    first_on: dt.date | None,
    today: dt.date,
    until_on: dt.date,
) -> tuple[Band | None, int]:
    """Give what a period is expected to come to, and how many past days that stands on.

    `by_day` has the cost of days with any, today among them; `first_on` is the first day that there was any. Every seven
    days in a row of the past are one way in which the rest may go, each weekday as it was then; of today only what is
    still to come counts.
    """
    past = 0 if first_on is None else min(max((today - first_on).days, 0), PAST_DAYS)
    if past < LEAST_DAYS:
        return None, past
    spent_today = by_day.get(today, 0)
    ahead = [today + dt.timedelta(days=each + 1) for each in range((until_on - today).days)]
    ways = []
    for back in range(1, past - _WEEK + 2):
        week = {
            day.weekday(): by_day.get(day, 0)
            for day in (today - dt.timedelta(days=back + each) for each in range(_WEEK))
        }
        rest_of_today = max(week[today.weekday()] - spent_today, 0)
        ways.append(spent_pico + rest_of_today + sum(week[day.weekday()] for day in ahead))
    return band(ways), past


def band(values: Sequence[int]) -> Band:
    """Give the tenth, fiftieth and ninetieth percentile of some values, each one of them (nearest rank)."""
    ordered = sorted(values)
    low, middle, high = (ordered[((len(ordered) - 1) * percent + 50) // 100] for percent in (10, 50, 90))
    return Band(low=low, middle=middle, high=high)
