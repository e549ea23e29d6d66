"""`ccmeter branch`: usage and cost by branch."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Reports"


def branch(
    which: o.Which,
    *,
    order: o.Rank = "desc",
    breakdown: o.Breakdown = False,
    by_project: o.ByProject = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by git branch.

    Example: ccmeter branch --project shop --breakdown
    """
    from ccmeter.cli import periods
    from ccmeter.reports import branch as report

    periods.show(
        report.SHAPE,
        which=which,
        shown=shown,
        source=source,
        order=order,
        breakdown=breakdown,
        by_project=by_project,
    )
