"""What the commands on periods share: day, week, month and hour differ in their shape alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.cli import asking, reporting
from ccmeter.queries.summary import summarize
from ccmeter.reports import usage_table

if TYPE_CHECKING:
    from ccmeter.cli.options import Shown, Source, Which
    from ccmeter.reports.usage_table import PeriodShape


def show(
    shape: PeriodShape,
    *,
    which: Which,
    shown: Shown,
    source: Source,
    order: str,
    breakdown: bool,
    by_project: bool,
    week_starts: int = 1,
) -> None:
    """Show usage by the periods of a shape. `week_starts` is 1 for Monday to 7 for Sunday."""
    newest_first = asking.chosen(order, "--order", ("asc", "desc")) == "desc"
    reporting.show(
        shape.name,
        lambda connection, limits: summarize(
            connection,
            limits,
            by=shape.by,
            by_project=by_project,
            newest_first=newest_first,
            week_starts=week_starts,
        ),
        lambda summary, empty: usage_table.lay_out(
            summary,
            shape=shape,
            options=usage_table.UsageOptions(
                breakdown=breakdown,
                by_project=by_project,
                compact=shown.compact,
                no_cost=shown.no_cost,
                empty=empty,
            ),
        ),
        which=which,
        shown=shown,
        source=source,
        unit=shape.unit,
        week_starts=week_starts,
    )
