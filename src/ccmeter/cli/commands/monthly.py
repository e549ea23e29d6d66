"""`ccmeter monthly`: usage and cost by month."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Reports"


def monthly(
    which: o.Which,
    *,
    order: o.Order = "asc",
    breakdown: o.Breakdown = False,
    by_project: o.ByProject = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by month.

    Example: ccmeter monthly --last 6 --breakdown
    """
    from ccmeter.cli import periods
    from ccmeter.reports import monthly as report

    periods.show(
        report.SHAPE,
        which=which,
        shown=shown,
        source=source,
        order=order,
        breakdown=breakdown,
        by_project=by_project,
    )
