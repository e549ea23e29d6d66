"""`ccmeter stats`: one page of statistics, with a year at a glance."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.stats import Stats
    from ccmeter.store.lease import Connection

SECTION = "Reports"


def stats(
    which: o.Which,
    *,
    year: Annotated[
        int | None, typer.Option("--year", metavar="YYYY", help="Only this calendar year.")
    ] = None,
    start_of_week: o.StartOfWeek = "sunday",
    no_cost: o.NoCost = False,
    shown: o.Written,
    source: o.Source,
) -> None:
    """Show streaks, busy times, models and what caching saved, on one page.

    Example: ccmeter stats --year 2026
    """
    from ccmeter.cli import asking, reporting
    from ccmeter.queries.stats import ask_stats
    from ccmeter.reports import stats as report

    week_starts = asking.weekday(start_of_week)
    now = dt.datetime.now(dt.UTC)

    def ask(connection: Connection, limits: Filters) -> tuple[Stats, report.StatsOptions]:
        found = ask_stats(connection, limits, week_starts=week_starts)
        return found, report.options_of(limits, now=now, week_starts=week_starts, no_cost=no_cost)

    reporting.show(
        "stats",
        ask,
        lambda answer, empty: report.lay_out(answer[0], replace(answer[1], empty=empty)),
        which=_within(which, year),
        shown=shown,
        source=source,
    )


def _within(which: o.Which, year: int | None) -> o.Which:
    """Give what was asked for, limited to a year. Raises UsageError."""
    from ccmeter.domain.errors import UsageError

    if year is None:
        return which
    if which.since or which.until or which.last is not None:
        raise UsageError("--year goes without --since, --until and --last.", hint="Use either, not both.")
    if not dt.MINYEAR <= year < dt.MAXYEAR:
        raise UsageError(f"--year cannot be {year}.", hint="It takes a year such as 2026.")
    return replace(which, since=f"{year:04}-01-01", until=f"{year:04}-12-31")
