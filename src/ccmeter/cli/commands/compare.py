"""`ccmeter compare`: two ranges, models or projects side by side."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.domain.filters import Filters
    from ccmeter.reports.compare import Comparison, Side
    from ccmeter.store.lease import Connection

SECTION = "Reports"

_LISTED = {
    "ranges": ("monthly", "months"),
    "models": ("model", "models"),
    "projects": ("project", "projects"),
}
"""Which report has all that could be compared, and what it calls them."""
_HOW = "Name two ranges (2026-09 2026-10), or give --model or --project twice."


Ranges = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[A B]",
        help="Two ranges: 2026-10, 2026, 7d, 14d..8d, 2026-10-01..2026-10-15. Without them, two --model or --project are compared.",
        show_default=False,
    ),
]


def compare(
    ranges: Ranges = None,
    *,
    which: o.Which,
    shown: o.Written,
    no_cost: o.NoCost = False,
    source: o.Source,
) -> None:
    """Show two ranges, models or projects side by side.

    Example: ccmeter compare 2026-10 2026-11
    """
    from zoneinfo import ZoneInfo

    from ccmeter.cli import reporting
    from ccmeter.reports import compare as report

    of = _subject(ranges or [], which)
    now = dt.datetime.now(dt.UTC)

    def ask(connection: Connection, limits: Filters) -> Comparison:
        today = now.astimezone(ZoneInfo(limits.time_zone)).date()
        first, second = _sides(of, ranges or [], limits, today)
        return report.Comparison(
            of=of,
            first=_side(connection, *first),
            second=_side(connection, *second),
            time_zone=limits.time_zone,
        )

    reporting.show(
        "compare",
        ask,
        lambda answer, empty: report.lay_out(answer, no_cost=no_cost, empty=_empty(answer, empty)),
        which=which,
        shown=shown,
        source=source,
    )


def _empty(answer: Comparison, empty: str) -> str:
    """Say that neither side has anything, unless there is more to say."""
    from ccmeter.cli.reporting import is_general

    if not is_general(empty):
        return empty
    command, things = _LISTED[answer.of]
    neither = f"Neither {answer.first.name} nor {answer.second.name} has usage that fits."
    return f"{neither} `ccmeter {command}` lists all {things}."


def _subject(ranges: list[str], which: o.Which) -> str:
    """Tell what is compared: with two ranges, all else are filters. Raises UsageError."""
    from ccmeter.domain.errors import UsageError

    if ranges:
        if len(ranges) != 2:  # noqa: PLR2004 - a comparison has two sides
            raise UsageError(f"A comparison is of two ranges, not of {len(ranges)}.", hint=_HOW)
        if which.since or which.until or which.last is not None:
            raise UsageError("--since, --until and --last go without ranges.", hint=_HOW)
        return "ranges"
    pairs = [
        name
        for name, values in (("models", which.models), ("projects", which.projects))
        if len(values or ()) == 2  # noqa: PLR2004 - as above
    ]
    if len(pairs) != 1:
        told = "Models and projects cannot be compared at once." if pairs else "There is nothing to compare."
        raise UsageError(told, hint=_HOW)
    return pairs[0]


def _sides(
    of: str, ranges: list[str], limits: Filters, today: dt.date
) -> tuple[tuple[str, Filters], tuple[str, Filters]]:
    """Give the name and the limits of both sides."""
    if of == "ranges":
        from ccmeter.cli.ranges import days_of

        spans = [(name, *days_of(name, today)) for name in ranges]
        named = [(name, replace(limits, since_on=first, until_on=last)) for name, first, last in spans]
    elif of == "models":
        named = [(model, replace(limits, models=(model,))) for model in limits.models]
    else:
        named = [(project, replace(limits, projects=(project,))) for project in limits.projects]
    return named[0], named[1]


def _side(connection: Connection, name: str, limits: Filters) -> Side:
    from ccmeter.queries.summary import summarize
    from ccmeter.reports.compare import Side

    summary = summarize(connection, limits)
    return Side(
        name=name,
        total=summary.total,
        active_days=sum(period.key is not None for period in summary.periods),
        since_on=limits.since_on,
        until_on=limits.until_on,
    )
