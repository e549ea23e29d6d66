"""The page of statistics: totals, streaks, busy times, a year at a glance, models, and what caching saved.

Everything is measured in tokens where it does not say otherwise, because every call has tokens and not every call a price.
Streaks and averages are about local days with usage; what has no readable time counts in the totals alone.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ccmeter.domain.streaks import current, longest, streaks
from ccmeter.reports import cells, stats_document
from ccmeter.reports.figure import Bars, Calendar, Day, Point
from ccmeter.reports.table import Amount, Column, Kind, Note, Report, Row, Table
from ccmeter.reports.usage_document import priced_pico
from ccmeter.reports.usage_table import COST, FOR_FILES, TOTAL, UsageOptions, notes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccmeter.domain.filters import Filters
    from ccmeter.domain.streaks import Streak
    from ccmeter.queries.stats import Stats, Tally
    from ccmeter.queries.summary import Summary
    from ccmeter.reports.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsOptions:
    """What a person chose to see."""

    today: dt.date
    """In the zone of the report."""
    since_on: dt.date | None = None
    until_on: dt.date | None = None
    week_starts: int = 1
    no_cost: bool = False
    empty: str = "No usage found."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of the page."""

    topic: str
    key: str
    """Name for machines."""
    name: str
    """Name for people."""
    kind: Kind
    value: int | str | dt.date | None
    more: str = ""
    """What people read behind it."""


SHARES: Final = 10_000
_WEEKS: Final = 52
"""Of the map beside the one that today is in."""
_COLUMNS: Final = (
    Column(key="topic", title="Topic", kind=Kind.TEXT, is_heading=True),
    Column(key="measure_shown", title="", kind=Kind.TEXT, only_for_people=True),
    Column(key="value_shown", title="", kind=Kind.TEXT, only_for_people=True, wraps=True),
    Column(key="measure", title="measure", kind=Kind.TEXT, only_in_files=True),
    Column(key="unit", title="unit", kind=Kind.TEXT, only_in_files=True),
    Column(key="value", title="value", kind=Kind.TEXT, only_in_files=True),
)
_UNITS: Final = {
    Kind.MONEY: "usd",
    Kind.TOKENS: "tokens",
    Kind.SHARE: "share",
    Kind.COUNT: "count",
    Kind.DATE: "date",
}


def options_of(limits: Filters, *, now: dt.datetime, week_starts: int, no_cost: bool) -> StatsOptions:
    """Give the options that go with some limits, `now` being an aware instant."""
    return StatsOptions(
        today=now.astimezone(ZoneInfo(limits.time_zone)).date(),
        since_on=limits.since_on,
        until_on=limits.until_on,
        week_starts=week_starts,
        no_cost=no_cost,
    )


def lay_out(stats: Stats, options: StatsOptions) -> Report:
    """Give the page."""
    has_any = bool(stats.all.calls)
    facts = list(_facts(stats, options)) if has_any else []
    table = Table(
        title="Usage at a glance",
        caption=_caption(stats.days, options),
        columns=_COLUMNS,
        rows=tuple(_row(fact) for fact in facts),
        notes=tuple(_notes(stats, options)) if has_any else (Note(text=options.empty),),
    )
    found = streaks(active_days(stats.days))
    return Report(
        table=table,
        document=stats_document.document_of(
            stats,
            heat_map=_heat_map(stats.days, options),
            longest=longest(found),
            current=current(found, options.today),
            no_cost=options.no_cost,
        ),
        figures=tuple(_figures(stats, options)) if has_any else (),
        further=(_averages(stats, options), _models(stats, options)) if has_any else (),
    )


def active_days(days: Summary) -> list[dt.date]:
    """Give the local days with usage, in order."""
    return sorted(period.key for period in days.periods if isinstance(period.key, dt.date))


def busiest(tallies: Mapping[int, Tally]) -> int | None:
    """Give the key with the most tokens, of equals the first; None where there is none."""
    return max(tallies, key=lambda key: (tallies[key].tokens, -key), default=None)


def average(amount: int, times: int) -> int:
    """Give an average as the nearest whole number."""
    return (2 * amount + times) // (2 * times) if times else 0


def _caption(days: Summary, options: StatsOptions) -> str:
    active = active_days(days)
    first = options.since_on or (active[0] if active else None)
    last = min(options.until_on or options.today, options.today)
    return f"{first} to {max(first, last)}, {days.time_zone}" if first else days.time_zone


def _facts(stats: Stats, options: StatsOptions) -> Iterator[Fact]:
    total = stats.days.total
    days = active_days(stats.days)
    usage = "Usage"
    yield Fact(
        topic=usage, key="total_tokens", name="tokens", kind=Kind.TOKENS, value=total.counts.total_tokens
    )
    yield Fact(topic=usage, key="messages", name="messages", kind=Kind.COUNT, value=total.calls)
    yield Fact(topic=usage, key="sessions", name="sessions", kind=Kind.COUNT, value=stats.all.sessions)
    if not options.no_cost:
        mark = COST.mark if total.unpriced_tokens else ""
        yield Fact(topic=usage, key="cost", name="cost", kind=Kind.MONEY, value=priced_pico(total), more=mark)
        if stats.all.priced_output_tokens:
            each = average(stats.all.cost_pico * 1_000, stats.all.priced_output_tokens)
            yield Fact(
                topic=usage,
                key="cost_per_1000_output_tokens",
                name="cost per 1,000 output tokens",
                kind=Kind.MONEY,
                value=each,
                more=", everything that led to them included",
            )
    yield Fact(topic=usage, key="active_days", name="active days", kind=Kind.COUNT, value=len(days))
    yield from _streak_facts(days, options)
    yield from _busy_facts(stats)
    yield from _cache_facts(stats, options)


def _streak_facts(days: list[dt.date], options: StatsOptions) -> Iterator[Fact]:
    found = streaks(days)
    reaches_now = options.until_on is None or options.until_on >= options.today
    runs = (("current", current(found, options.today)), ("longest", longest(found)))
    for name, streak in runs:
        if name == "longest" or reaches_now:
            yield Fact(
                topic="Streaks, in days",
                key=f"{name}_streak",
                name=name,
                kind=Kind.COUNT,
                value=streak.days if streak else 0,
                more=_span(streak),
            )


def _span(streak: Streak | None) -> str:
    return f", {streak.first_on} to {streak.last_on}" if streak else ""


def _busy_facts(stats: Stats) -> Iterator[Fact]:
    topic = "Busiest, by tokens"
    weekday, hour = busiest(stats.weekdays), busiest(stats.hours)
    if weekday is None or hour is None:
        return
    dated = [(period.measures.counts.total_tokens, period.key) for period in stats.days.periods if period.key]
    day_tokens, day = max(dated, key=lambda entry: entry[0])
    assert isinstance(day, dt.date)
    entries: tuple[tuple[str, Kind, str | dt.date, int], ...] = (
        ("day", Kind.DATE, day, day_tokens),
        ("weekday", Kind.TEXT, calendar.day_name[weekday - 1], stats.weekdays[weekday].tokens),
        ("hour", Kind.TEXT, f"{hour:02}:00 to {(hour + 1) % 24:02}:00", stats.hours[hour].tokens),
    )
    for name, kind, value, tokens in entries:
        yield Fact(
            topic=topic,
            key=f"busiest_{name}",
            name=name,
            kind=kind,
            value=value,
            more=f", {cells.counted(tokens, 'token')}",
        )


def _cache_facts(stats: Stats, options: StatsOptions) -> Iterator[Fact]:
    counts = stats.days.total.counts
    topic = "Prompt cache"
    if not counts.prompt_tokens:
        return
    share = average(counts.cache_read_tokens * SHARES, counts.prompt_tokens)
    yield Fact(
        topic=topic,
        key="cache_hit_share",
        name="hit share",
        kind=Kind.SHARE,
        value=share,
        more=" of all prompt tokens were read from it",
    )
    if not options.no_cost:
        yield Fact(
            topic=topic,
            key="cache_saved",
            name="saved",
            kind=Kind.MONEY,
            value=stats.all.saved_pico,
            more=" at list prices, what writing to it cost taken off",
        )


def _row(fact: Fact) -> Row:
    text = Amount(kind=fact.kind, value=fact.value, after=fact.more)
    exact = cells.for_files(fact.kind, fact.value)
    return Row(cells=(fact.topic, fact.name, text, fact.key, _UNITS.get(fact.kind, ""), exact))


def _notes(stats: Stats, options: StatsOptions) -> Iterator[Note]:
    for note in notes_of(stats.days.total, UsageOptions(no_cost=options.no_cost)):
        yield Note(text=note.text)
    if stats.all.unknown_cached_tokens and not options.no_cost:
        tokens = cells.counted(stats.all.unknown_cached_tokens, "cached token")
        yield Note(text=f"What caching saved leaves out {tokens} at unknown prices.")
    undated = next((period for period in stats.days.periods if period.key is None), None)
    if undated is not None:
        tokens = cells.counted(undated.measures.counts.total_tokens, "token")
        yield Note(text=f"{tokens} without a readable time count in totals and models alone.")
    yield from _beyond_the_map(active_days(stats.days), options)


def _beyond_the_map(active: list[dt.date], options: StatsOptions) -> Iterator[Note]:
    """Say how many days the map has no room for, and what shows the latest of them."""
    first_on = _first_on(min(options.until_on or options.today, options.today), options)
    earlier = [day for day in active if day < first_on]
    if earlier:
        days = (
            f"{cells.counted(len(earlier), 'earlier day')} with usage {'is' if len(earlier) == 1 else 'are'}"
        )
        year = earlier[-1].year
        yield Note(
            text=f"The map of days begins on {first_on}: {days} not in it. "
            f"`ccmeter stats --year {year}` shows those of {year}."
        )


def _figures(stats: Stats, options: StatsOptions) -> Iterator[Figure]:
    if not stats.weekdays:
        return
    yield _heat_map(stats.days, options)
    order = [(options.week_starts - 1 + step) % 7 + 1 for step in range(7)]
    yield Bars(
        title="Tokens by weekday",
        kind=Kind.TOKENS,
        points=tuple(
            Point(
                label=calendar.day_name[number - 1],
                value=stats.weekdays[number].tokens if number in stats.weekdays else 0,
            )
            for number in order
        ),
    )


def _heat_map(days: Summary, options: StatsOptions) -> Calendar:
    """Give the last year of what was asked for, as whole weeks."""
    last_on = min(options.until_on or options.today, options.today)
    first_on = _first_on(last_on, options)
    return Calendar(
        title="Tokens by day",
        kind=Kind.TOKENS,
        first_on=first_on,
        last_on=last_on,
        days=tuple(
            Day(on=period.key, value=period.measures.counts.total_tokens)
            for period in sorted(days.periods, key=lambda period: str(period.key))
            if isinstance(period.key, dt.date) and first_on <= period.key <= last_on
        ),
        week_starts=options.week_starts,
    )


def _first_on(last_on: dt.date, options: StatsOptions) -> dt.date:
    """Give the first day of the map: a year of whole weeks before its last, or what was asked for of that."""
    since_on = options.since_on
    if since_on is not None and (since_on.year, since_on.month, since_on.day) == (last_on.year, 1, 1):
        return since_on  # a calendar year may reach into 54 weeks
    back = (last_on.isoweekday() - options.week_starts) % 7 + 7 * _WEEKS
    first_on = dt.date.fromordinal(max(last_on.toordinal() - back, 1))
    return first_on if since_on is None else max(first_on, min(since_on, last_on))


def _averages(stats: Stats, options: StatsOptions) -> Table:
    """Give what a day, a week and a month with usage have on average."""
    columns = (
        Column(key="per", title="Average", kind=Kind.TEXT),
        Column(key="number", title="With usage", kind=Kind.COUNT, drop=1),
        Column(key="messages", title="Messages", kind=Kind.COUNT, drop=2),
        Column(key="total_tokens", title="Tokens", kind=Kind.TOKENS, drop=3),
        *(() if options.no_cost else (COST,)),
    )
    rows = []
    for name, times in counted_periods(stats).items():
        has_cost = times and (stats.all.dated_cost_pico or not stats.all.unpriced_tokens)
        cost = average(stats.all.dated_cost_pico, times) if has_cost else None
        marks = frozenset({COST.key}) if stats.all.unpriced_tokens and not options.no_cost else frozenset()
        values = (average(stats.all.dated_calls, times), average(stats.all.dated_tokens, times), cost)
        rows.append(Row(cells=(f"per {name}", times, *values)[: len(columns)], marks=marks))
    return Table(title="Averages", caption="over times with usage", columns=columns, rows=tuple(rows))


def counted_periods(stats: Stats) -> dict[str, int]:
    """Give how many days, weeks and months had usage."""
    summaries = {"day": stats.days, "week": stats.weeks, "month": stats.months}
    return {
        name: sum(period.key is not None for period in summary.periods) for name, summary in summaries.items()
    }


def _models(stats: Stats, options: StatsOptions) -> Table:
    """Give each model's share, dearest first."""
    columns = (
        Column(key="model", title="Model", kind=Kind.NAMES, is_foreign=True),
        Column(key="share", title="Of tokens", kind=Kind.SHARE, drop=3),
        TOTAL,
        FOR_FILES[1],
        *(
            ()
            if options.no_cost
            else (Column(key="cost_share", title="Of cost", kind=Kind.SHARE, drop=2), COST)
        ),
    )
    total = stats.models.total
    rows = []
    for period in sorted(stats.models.periods, key=lambda each: (-each.measures.cost_pico, str(each.key))):
        measures = period.measures
        tokens = measures.counts.total_tokens
        costs = (
            average(measures.cost_pico * SHARES, total.cost_pico) if total.cost_pico else None,
            priced_pico(measures),
        )
        rows.append(
            Row(
                cells=(
                    (str(period.key),),
                    average(tokens * SHARES, total.counts.total_tokens),
                    tokens,
                    measures.calls,
                    *costs,
                )[: len(columns)],
                marks=frozenset({COST.key})
                if measures.unpriced_tokens and not options.no_cost
                else frozenset(),
            )
        )
    return Table(title="Models", columns=columns, rows=tuple(rows))
