"""`ccmeter hourly`: usage and cost by hour."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Reports"


def hourly(
    which: o.Which,
    *,
    order: o.Order = "asc",
    breakdown: o.Breakdown = False,
    by_project: o.ByProject = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by hour.

    Example: ccmeter hourly --since today
    """
    from ccmeter.cli import periods
    from ccmeter.reports import hourly as report

    periods.show(
        report.SHAPE,
        which=which,
        shown=shown,
        source=source,
        order=order,
        breakdown=breakdown,
        by_project=by_project,
    )
