"""How budgets go: what was spent in the current period of each, and what it is expected to come to.

One question per project, over the period and the days that the forecast looks back on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ccmeter.domain.budgets import PAST_DAYS, BudgetState, forecast, period_of
from ccmeter.queries.chosen import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccmeter.domain.budgets import Budget
    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

SUNDAY = 7


def budgets(
    connection: Connection,
    filters: Filters,
    budgets: Sequence[Budget],
    now: dt.datetime,
    *,
    week_starts: int = SUNDAY,
) -> tuple[BudgetState, ...]:
    """Ask how budgets go as of `now`, in their order.

    Of the filters only the zone, the cost mode, how folders make up projects and how much of the past is seen count: a
    budget says itself what it is about. `week_starts` is 1 for Monday to 7 for Sunday.
    """
    today = now.astimezone(ZoneInfo(filters.time_zone)).date()
    since_on = min((period_of(each.per, today, week_starts)[0] for each in budgets), default=today)
    since_on = min(since_on, today - dt.timedelta(days=PAST_DAYS))
    days = {
        project: _days(connection, filters, project, since_on, today)
        for project in dict.fromkeys(each.project for each in budgets)
    }
    return tuple(_state(each, days[each.project], filters.time_zone, today, week_starts) for each in budgets)


def _days(
    connection: Connection, filters: Filters, project: str, since_on: dt.date, today: dt.date
) -> Mapping[dt.date, tuple[int, int]]:
    """Give cost and unpriced tokens of each day that had usage."""
    asked = replace(
        filters,
        since_on=since_on,
        until_on=today,
        projects=(project,) if project else (),
        tags=(),
        models=(),
        sessions=(),
    )
    return {day: (int(cost), unpriced) for day, cost, unpriced in ask(connection, "budgets", asked)}


def _state(
    budget: Budget,
    days: Mapping[dt.date, tuple[int, int]],
    time_zone: str,
    today: dt.date,
    week_starts: int,
) -> BudgetState:
    since_on, until_on = period_of(budget.per, today, week_starts)
    current = [each for day, each in days.items() if day >= since_on]
    spent_pico = sum(cost for cost, _ in current)
    by_day = {day: cost for day, (cost, _) in days.items()}
    ends, past_days = forecast(spent_pico, by_day, min(days, default=None), today, until_on)
    return BudgetState(
        budget=budget,
        since_on=since_on,
        until_on=until_on,
        today_on=today,
        began_us=_began_us(since_on, time_zone),
        spent_pico=spent_pico,
        unpriced_tokens=sum(unpriced for _, unpriced in current),
        ends=ends,
        past_days=past_days,
    )


def _began_us(since_on: dt.date, time_zone: str) -> int:
    from ccmeter.domain.filters import Filters

    return Filters(time_zone=time_zone, since_on=since_on).since_us or 0
