"""`ccmeter daily`: usage and cost by day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.cli.opening import Opened, Places
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.summary import Summary

NOTHING_FOUND = (
    "No usage found. Claude Code writes its logs to ~/.claude; `ccmeter doctor` says what was looked through."
)
NOTHING_LEFT = "No usage fits these filters. `ccmeter daily` without them shows all there is."
TRY_DEMO = " `ccmeter daily --demo` shows what this will look like."


def daily(
    since: o.Since = None,
    until: o.Until = None,
    last: o.Last = None,
    time_zone: o.TimeZone = None,
    projects: o.Projects = None,
    models: o.Models = None,
    sessions: o.Sessions = None,
    mode: o.Mode = "auto",
    order: o.Order = "asc",
    breakdown: o.Breakdown = False,
    by_project: o.ByProject = False,
    compact: o.Compact = False,
    no_cost: o.NoCost = False,
    format_name: o.Format = None,
    as_json: o.AsJson = False,
    as_csv: o.AsCsv = False,
    output: o.Output = None,
    force: o.Force = False,
    claude_dirs: o.ClaudeDirs = None,
    data_dir: o.DataDir = None,
    no_ingest: o.NoIngest = False,
    demo: o.Demo = False,
) -> None:
    """Show usage and cost by day.

    Example: ccmeter daily --since monday --breakdown
    """
    from ccmeter.cli import asking, opening, sample
    from ccmeter.cli import output as out
    from ccmeter.reports import daily as report
    from ccmeter.reports import formats
    from ccmeter.reports.usage_table import UsageOptions

    name = out.chosen_format(format_name, formats.names(), as_json=as_json, as_csv=as_csv, output=output)
    newest_first = asking.chosen(order, "--order", ("asc", "desc")) == "desc"
    limits = asking.filters(
        now=dt.datetime.now(dt.UTC),
        since=since,
        until=until,
        last=last,
        time_zone=time_zone,
        projects=projects,
        models=models,
        sessions=sessions,
        mode=mode,
    )
    with sample.places() if demo else opening.found(claude_dirs, data_dir) as where:
        summary, empty = _ask(
            where, limits, ingest=not no_ingest or demo, by_project=by_project, newest_first=newest_first
        )
    laid_out = report.lay_out(
        summary,
        options=UsageOptions(
            breakdown=breakdown, by_project=by_project, compact=compact, no_cost=no_cost, empty=empty
        ),
    )
    out.write(formats.render(name, laid_out, out.render_options(output)), output, force=force)


def _ask(
    where: Places, limits: Filters, *, ingest: bool, by_project: bool, newest_first: bool
) -> tuple[Summary, str]:
    """Give the answer, and what to say instead where it is empty."""
    from ccmeter.cli import opening, progress
    from ccmeter.queries.summary import summarize

    with (
        progress.shown() as (narration, _),
        opening.store(where, ingest=ingest, narration=narration) as opened,
    ):
        summary = summarize(opened.connection, limits, by_project=by_project, newest_first=newest_first)
        return summary, "" if summary.periods else _nothing(opened)


def _nothing(opened: Opened) -> str:
    """Say why there is nothing to show, and what to do next."""
    from ccmeter.queries.summary import is_empty

    if is_empty(opened.connection):
        return NOTHING_FOUND + TRY_DEMO
    return NOTHING_LEFT
