"""The trend report: one measure over time as a chart, with every day, week or month in its place.

Time without usage is shown as zero, because a chart that leaves it out bends time. Usage without a readable time cannot
stand in a chart: it is the last row of the series, so that the series adds up to the total.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from ccmeter.domain.money import PICO_PER_USD, usd_exact
from ccmeter.queries.summary import By
from ccmeter.reports import cells
from ccmeter.reports.figure import Line, Point
from ccmeter.reports.table import Amount, Column, Kind, Note, Report, Role, Row, Table
from ccmeter.reports.usage_document import SCHEMA_VERSION, priced_pico, totals_of
from ccmeter.reports.usage_table import COST, OUTPUT, UsageOptions, notes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccmeter.domain.filters import Filters
    from ccmeter.queries.summary import Key, Measures, Period, Summary
    from ccmeter.reports.table import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one bar of the chart stands for."""

    name: Literal["day", "week", "month"]
    by: By
    column: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What the bars measure."""

    name: str
    column: Column
    read: Callable[[Measures], int | None]


STEPS: Final[dict[str, Step]] = {
    step.name: step
    for step in (
        Step(name="day", by=By.DAY, column=Column(key="date", title="Date", kind=Kind.DATE)),
        Step(name="week", by=By.WEEK, column=Column(key="week", title="Week", kind=Kind.DATE)),
        Step(name="month", by=By.MONTH, column=Column(key="month", title="Month", kind=Kind.MONTH)),
    )
}
METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric(name="cost", column=COST, read=priced_pico),
        Metric(
            name="tokens",
            column=Column(key="total_tokens", title="Tokens", kind=Kind.TOKENS),
            read=lambda measures: measures.counts.total_tokens,
        ),
        Metric(
            name="input",
            column=Column(key="input_tokens", title="Input tokens", kind=Kind.TOKENS),
            read=lambda measures: measures.counts.input_tokens,
        ),
        Metric(
            name="output",
            column=Column(key="output_tokens", title="Output tokens", kind=Kind.TOKENS, mark=OUTPUT.mark),
            read=lambda measures: measures.counts.output_tokens,
        ),
        Metric(
            name="cache-read",
            column=Column(key="cache_read_tokens", title="Cache read tokens", kind=Kind.TOKENS),
            read=lambda measures: measures.counts.cache_read_tokens,
        ),
        Metric(
            name="messages",
            column=Column(key="messages", title="Messages", kind=Kind.COUNT),
            read=lambda measures: measures.calls,
        ),
    )
}
_MOST_EMPTY: Final = dt.timedelta(days=3_660)
"""Time asked for before the first usage that is still worth showing."""
_LONGEST: Final = dt.timedelta(days=36_600)
"""A line that claims to be from the year 1 or 9999 must not make millions of rows: then only times with usage are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendOptions:
    """What a person chose to see."""

    step: Step
    metric: Metric
    first_on: dt.date | None = None
    """The first day asked for, if one was."""
    last_on: dt.date | None = None
    """The last one."""
    today: dt.date
    week_starts: int = 1
    empty: str = "No usage found."


def options_of(
    limits: Filters, *, now: dt.datetime, step: Step, metric: Metric, week_starts: int
) -> TrendOptions:
    """Give the options that go with some limits, `now` being an aware instant."""
    return TrendOptions(
        step=step,
        metric=metric,
        first_on=limits.since_on,
        last_on=limits.until_on,
        today=now.astimezone(ZoneInfo(limits.time_zone)).date(),
        week_starts=week_starts,
    )


def lay_out(summary: Summary, options: TrendOptions) -> Report:
    """Give the measure as a chart and as a series, oldest first."""
    step, metric = options.step, options.metric
    known = {period.key: period.measures for period in summary.periods}
    dated = [key for key in known if isinstance(key, dt.date)]
    series = [(day, known.get(day)) for day in _days(dated, options)]
    rows = [_row(day, measures, metric) for day, measures in (*series, *_undated(known))]
    title = f"{metric.column.title} by {step.name}"
    total = _row(None, summary.total, metric, role=Role.TOTAL)
    table = Table(
        title="Trend",
        caption=summary.time_zone,
        columns=(step.column, metric.column),
        rows=(*rows, total) if rows else (),
        notes=tuple(_notes(summary, options)) if rows else (Note(text=options.empty),),
    )
    points = tuple(
        Point(label=cells.for_files(step.column.kind, day), value=_value(measures, metric))
        for day, measures in series
    )
    return Report(
        table=table,
        document=_document(summary, [*series, *_undated(known)], options),
        figures=(Line(title=title, kind=metric.column.kind, points=points),) if points else (),
        is_drawn=True,
    )


def first_of(day: dt.date, options: TrendOptions) -> dt.date:
    """Give the first day of the step that a day is in."""
    if options.step.name == "month":
        return day.replace(day=1)
    if options.step.name == "week":
        back = (day.isoweekday() - options.week_starts) % 7
        return day - dt.timedelta(days=back)
    return day


def _days(dated: list[dt.date], options: TrendOptions) -> Iterator[dt.date]:
    """Give the first day of every step that was asked for, else of every one from the first usage to the last."""
    if not dated:
        return
    day, last_on = min(dated), max(dated)
    if options.first_on is not None and day - options.first_on < _MOST_EMPTY:
        day = min(day, first_of(options.first_on, options))
    if options.last_on is not None:
        last_on = max(last_on, first_of(min(options.last_on, options.today), options))
    if last_on - day > _LONGEST:
        yield from sorted(dated)
        return
    while day < last_on:
        yield day
        day = _next(day, options.step.name)
    yield day


def _next(day: dt.date, step: str) -> dt.date:
    if step == "month":
        return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return day + dt.timedelta(days=7 if step == "week" else 1)


def _undated(known: dict[Key, Measures]) -> Iterator[tuple[None, Measures]]:
    if None in known:
        yield None, known[None]


def _value(measures: Measures | None, metric: Metric) -> int | None:
    return 0 if measures is None else metric.read(measures)


def _row(day: dt.date | None, measures: Measures | None, metric: Metric, *, role: Role = Role.BODY) -> Row:
    return Row(
        cells=(day, _value(measures, metric)),
        role=role,
        marks=frozenset({metric.column.key}) if _is_low(measures, metric) else frozenset(),
    )


def _is_low(measures: Measures | None, metric: Metric) -> bool:
    if measures is None:
        return False
    low = {"cost": measures.unpriced_tokens, "output": measures.nonfinal_calls}
    return bool(low.get(metric.name))


def _notes(summary: Summary, options: TrendOptions) -> Iterator[Note]:
    name, column = options.metric.name, options.metric.column
    total = options.metric.read(summary.total)
    if total is not None:
        yield Note(text=f"In all {{}}{_unit(column.kind)}.", amounts=(Amount(kind=column.kind, value=total),))
    for note in notes_of(summary.total, UsageOptions(no_cost=name != "cost")):
        if name in {"cost", "output"} and note.mark in {column.mark, ""}:
            yield Note(text=note.text)
    undated: Period | None = next((each for each in summary.periods if each.key is None), None)
    if undated is not None:
        value = options.metric.read(undated.measures)
        yield Note(
            text=f"Not in the chart: {{}}{_unit(column.kind)} without a readable time.",
            amounts=(Amount(kind=column.kind, value=value),),
        )


def _unit(kind: Kind) -> str:
    return {Kind.TOKENS: " tokens", Kind.COUNT: " messages"}.get(kind, "")


def _document(
    summary: Summary, series: list[tuple[dt.date | None, Measures | None]], options: TrendOptions
) -> Json:
    kind = options.step.column.kind
    return {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": summary.time_zone,
        "by": options.step.name,
        "metric": options.metric.name,
        "trend": [
            {options.step.column.key: cells.for_files(kind, day), **_json(measures, options.metric)}
            for day, measures in series
        ],
        "totals": totals_of(summary.total, no_cost=False),
    }


def _json(measures: Measures | None, metric: Metric) -> dict[str, Json]:
    """Give a value; of cost the nearest double and the exact amount, null where nothing has a price."""
    value = _value(measures, metric)
    if metric.name != "cost":
        return {"value": value}
    cost_pico = 0 if measures is None else measures.cost_pico
    return {
        "value": cost_pico / PICO_PER_USD,
        "costExact": None if value is None else usd_exact(value),
        "unpricedTokens": 0 if measures is None else measures.unpriced_tokens,
    }
