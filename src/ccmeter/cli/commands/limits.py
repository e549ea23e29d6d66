"""`ccmeter limits`: what is used of the official limits, where that leads, and how sure it is."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.domain.filters import Filters
    from ccmeter.domain.limits import Reading
    from ccmeter.store.lease import Connection

SECTION = "Live"


def limits(
    *,
    history: Annotated[
        bool,
        typer.Option("--history", help="List the readings instead: of the last 7 days, or as asked for."),
    ] = False,
    since: o.Since = None,
    until: o.Until = None,
    time_zone: o.TimeZone = None,
    written: o.Written,
    kept: o.Kept,
) -> None:
    """Show the official limits: used, pace, reset, forecast, and what one percent is worth.

    Example: ccmeter limits --history --since monday
    """
    from ccmeter.cli import asking, opening, progress, reporting
    from ccmeter.domain.errors import UsageError
    from ccmeter.queries.limits import limits as ask
    from ccmeter.reports import limits as report

    if not history and (since or until):
        raise UsageError("--since and --until go with --history.", hint="Limits are told as of now.")
    name = reporting.format_of(written)
    now = dt.datetime.now(dt.UTC)
    filters = asking.filters(now=now, since=since, until=until, time_zone=time_zone)
    options = report.LimitsOptions(time_zone=filters.time_zone)
    with (
        opening.found(kept.claude_dirs, kept.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=not kept.no_ingest, narration=narration) as opened,
    ):
        if history:
            laid_out = report.lay_out_history(_readings(opened.connection, filters, now), options)
        else:
            laid_out = report.lay_out(ask(opened.connection, filters, now=now), options)
    reporting.write(name, laid_out, written)


def _readings(connection: Connection, filters: Filters, now: dt.datetime) -> list[Reading]:
    """Ask for the readings of every window, in the order in which they were made."""
    from ccmeter.domain.blocks import microseconds
    from ccmeter.queries.limits import history, windows

    until_us = filters.until_us or microseconds(now) + 1
    since_us = filters.since_us
    if since_us is None:
        since_us = until_us - 7 * 86_400_000_000
    found = [
        each
        for window in windows(connection, filters)
        for each in history(connection, filters, window, since_us, until_us)
    ]
    return sorted(found, key=lambda each: (each.read_us, each.window))
