"""`ccmeter trend`: one measure over time, as a chart."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.summary import Summary
    from ccmeter.store.lease import Connection

SECTION = "Reports"


By = Annotated[str, typer.Option("--by", metavar="STEP", help="day, week or month: what a bar is.")]
Metric = Annotated[
    str,
    typer.Option("--metric", metavar="NAME", help="cost, tokens, input, output, cache-read or messages."),
]


def trend(
    which: o.Which,
    *,
    by: By = "day",
    metric: Metric = "cost",
    start_of_week: o.StartOfWeek = "sunday",
    shown: o.Written,
    source: o.Source,
) -> None:
    """Show cost, tokens or messages over time, as a chart.

    Example: ccmeter trend --by week --metric tokens --last 26
    """
    from ccmeter.cli import asking, reporting
    from ccmeter.queries.summary import summarize
    from ccmeter.reports import trend as report

    step = report.STEPS[asking.chosen(by, "--by", tuple(report.STEPS))]
    measure = report.METRICS[asking.chosen(metric, "--metric", tuple(report.METRICS))]
    starts = asking.weekday(start_of_week)
    now = dt.datetime.now(dt.UTC)

    def ask(connection: Connection, limits: Filters) -> tuple[Summary, report.TrendOptions]:
        found = summarize(connection, limits, by=step.by, week_starts=starts)
        return found, report.options_of(limits, now=now, step=step, metric=measure, week_starts=starts)

    reporting.show(
        "trend",
        ask,
        lambda answer, empty: report.lay_out(answer[0], replace(answer[1], empty=empty)),
        which=which,
        shown=shown,
        source=source,
        unit=step.name,
        week_starts=starts,
    )
