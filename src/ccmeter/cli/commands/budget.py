"""`ccmeter budget`: what you want to spend at most, and how that goes."""

from __future__ import annotations

import datetime as dt
import os
from typing import Annotated

import typer

from ccmeter.cli import options as o

SECTION = "Live"
SETTABLE = False

app = typer.Typer(help="Set what you want to spend at most, and see how that goes.")

Per = Annotated[str, typer.Option("--per", metavar="PERIOD", help="day, week or month.")]
Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        "-p",
        metavar="PATH",
        help="Only this project: its path or the end of it, its alias or group.",
    ),
]


@app.command(name="set")
def set_(
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="Such as 200 or 49.50.", show_default=False)
    ],
    *,
    per: Per = "month",
    project: Project = None,
    currency: Annotated[
        str | None,
        typer.Option(
            "--currency", metavar="CODE", help="Of the amount. [default: that of reports, else USD]"
        ),
    ] = None,
) -> None:
    """Set a budget, in place of the one for the same period and project.

    Example: ccmeter budget set 200 --per month --project shop
    """
    from ccmeter.cli import budgeting, settings
    from ccmeter.cli import output as out
    from ccmeter.config import budgets

    file = settings.file_of(os.environ)
    code = budgeting.currency_of(currency, file)
    value = budgeting.amount_of(amount)
    period = budgeting.period_of(per)
    was_there = budgets.put(file, amount=value, currency=code, per=period, project=project or "")
    budget = next(
        each
        for each in budgets.load(file, dt.datetime.now(dt.UTC).date())
        if (each.per, each.project) == (period, project or "")
    )
    out.say(
        f"The budget {'is now' if was_there else 'is'} {budgeting.safe(budget.title)}. It stands in {file}."
    )


@app.command()
def remove(*, per: Per = "month", project: Project = None) -> None:
    """Take a budget out.

    Example: ccmeter budget remove --per month --project shop
    """
    from ccmeter.cli import budgeting, settings
    from ccmeter.cli import output as out
    from ccmeter.config import budgets
    from ccmeter.domain.errors import UsageError

    file = settings.file_of(os.environ)
    period = budgeting.period_of(per)
    name = budgeting.safe(f"{period} {project or ''}".strip())
    if not budgets.remove(file, per=period, project=project or ""):
        raise UsageError(f"There is no budget for {name}.", hint="`ccmeter budget list` shows them.")
    out.say(f"The budget for {name} is taken out of {file}.")


@app.command(name="list")
def list_(
    start_of_week: o.StartOfWeek = None,
    time_zone: o.TimeZone = None,
    *,
    written: o.Written,
    kept: o.Kept,
) -> None:
    """Show how budgets go: spent, left, and what is expected by the end of the period.

    Example: ccmeter budget list
    """
    from zoneinfo import ZoneInfo

    from ccmeter.cli import alerting, asking, budgeting, opening, progress, reporting
    from ccmeter.config import budgets as configured
    from ccmeter.config import paths
    from ccmeter.domain.filters import Filters
    from ccmeter.reports import budgets as report

    format_name = reporting.format_of(written)
    zone = asking.zone_name(time_zone)
    file = paths.config_file(os.environ)
    week_starts = asking.weekday(start_of_week) if start_of_week else alerting.week_starts(file)
    filters = Filters(time_zone=zone, grouping=opening.grouping(merges_worktrees=True))
    now = dt.datetime.now(ZoneInfo(zone))
    wanted = configured.load(file, now.date())
    with (
        opening.found(kept.claude_dirs, kept.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=not kept.no_ingest, narration=narration) as opened,
    ):
        states = budgeting.states(opened.connection, filters, wanted, now, week_starts=week_starts)
    reporting.write(format_name, report.lay_out(states), written)
