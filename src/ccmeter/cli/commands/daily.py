"""`ccmeter daily`: usage and cost by day."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Reports"


def daily(
    which: o.Which,
    *,
    order: o.Order = "asc",
    breakdown: o.Breakdown = False,
    by_project: o.ByProject = False,
    active_time: o.ActiveTime = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by day.

    Example: ccmeter daily --since monday --breakdown
    """
    from ccmeter.cli import periods
    from ccmeter.reports import daily as report

    periods.show(
        report.SHAPE,
        which=which,
        shown=shown,
        source=source,
        order=order,
        breakdown=breakdown,
        by_project=by_project,
        active_time=active_time,
    )
