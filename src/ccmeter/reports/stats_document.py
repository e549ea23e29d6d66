"""Statistics as a JSON document. Totals are those of `daily` for the same limits, to the last digit."""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING

from ccmeter.domain.money import PICO_PER_USD, usd_exact
from ccmeter.reports.usage_document import SCHEMA_VERSION, cost_of, counts_of, totals_of

if TYPE_CHECKING:
    from ccmeter.domain.streaks import Streak
    from ccmeter.queries.stats import Stats, Tally
    from ccmeter.queries.summary import Period, Summary
    from ccmeter.reports.figure import Calendar
    from ccmeter.reports.table import Json


def document_of(
    stats: Stats, *, heat_map: Calendar, longest: Streak | None, current: Streak | None, no_cost: bool
) -> Json:
    """Give everything on the page, with all weekdays, hours and days of the map that had usage."""
    total = stats.days.total
    counts = total.counts
    return {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": stats.days.time_zone,
        "totals": totals_of(total, no_cost=no_cost),
        "sessions": stats.all.sessions,
        "activeDays": _active(stats.days),
        "streaks": {"current": _streak(current), "longest": _streak(longest)},
        "weekdays": [
            {"weekday": calendar.day_name[number - 1], **_tally(tally, no_cost=no_cost)}
            for number, tally in sorted(stats.weekdays.items())
        ],
        "hours": [
            {"hour": hour, **_tally(tally, no_cost=no_cost)} for hour, tally in sorted(stats.hours.items())
        ],
        "models": [_model(period, stats.models, no_cost=no_cost) for period in stats.models.periods],
        "cache": {
            "hitShare": counts.cache_read_tokens / counts.prompt_tokens if counts.prompt_tokens else None,
            **({} if no_cost else _saved(stats.all)),
        },
        **({} if no_cost else {"costPer1000OutputTokens": _per_1000(stats.all)}),
        "averages": _averages(stats, no_cost=no_cost),
        "heatMap": {
            "since": heat_map.first_on.isoformat(),
            "until": heat_map.last_on.isoformat(),
            "days": [{"date": day.on.isoformat(), "totalTokens": day.value} for day in heat_map.days],
        },
    }


def _active(summary: Summary) -> int:
    return sum(period.key is not None for period in summary.periods)


def _streak(streak: Streak | None) -> Json:
    if streak is None:
        return None
    return {"days": streak.days, "since": streak.first_on.isoformat(), "until": streak.last_on.isoformat()}


def _tally(tally: Tally, *, no_cost: bool) -> dict[str, Json]:
    cost: dict[str, Json] = {
        "totalCost": tally.cost_pico / PICO_PER_USD,
        "costExact": usd_exact(tally.cost_pico),
        "unpricedTokens": tally.unpriced_tokens,
    }
    return {"totalTokens": tally.tokens, "messages": tally.calls, **({} if no_cost else cost)}


def _model(period: Period, models: Summary, *, no_cost: bool) -> dict[str, Json]:
    tokens, all_tokens = period.measures.counts.total_tokens, models.total.counts.total_tokens
    return {
        "modelName": str(period.key),
        **counts_of(period.measures),
        **cost_of(period.measures, key="cost", no_cost=no_cost),
        "totalTokens": tokens,
        "shareOfTokens": tokens / all_tokens if all_tokens else None,
    }


def _saved(tally: Tally) -> dict[str, Json]:
    return {
        "savedUSD": tally.saved_pico / PICO_PER_USD,
        "savedExact": usd_exact(tally.saved_pico),
        "unpricedCachedTokens": tally.unknown_cached_tokens,
    }


def _per_1000(tally: Tally) -> float | None:
    if not tally.priced_output_tokens:
        return None
    return tally.cost_pico * 1_000 / (tally.priced_output_tokens * PICO_PER_USD)


def _averages(stats: Stats, *, no_cost: bool) -> dict[str, Json]:
    """Give the averages over days, weeks and months with usage."""
    found: dict[str, Json] = {}
    for name, summary in (("day", stats.days), ("week", stats.weeks), ("month", stats.months)):
        times = _active(summary)
        if times:
            cost = {} if no_cost else {"totalCost": stats.all.dated_cost_pico / (times * PICO_PER_USD)}
            found[name] = {
                "number": times,
                "totalTokens": stats.all.dated_tokens / times,
                "messages": stats.all.dated_calls / times,
                **cost,
            }
    return found
