"""`ccmeter weekly`: usage and cost by week."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Reports"


def weekly(
    which: o.Which,
    *,
    order: o.Order = "asc",
    breakdown: o.Breakdown = False,
    by_project: o.ByProject = False,
    start_of_week: o.StartOfWeek = None,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by week.

    Weeks begin on Sunday, and with --json-shape unified on Monday, as in ccusage, unless --start-of-week says otherwise.

    Example: ccmeter weekly --last 8 --start-of-week monday
    """
    from ccmeter.cli import asking, periods
    from ccmeter.reports import weekly as report

    usual = "monday" if shown.json_shape == "unified" else "sunday"
    periods.show(
        report.SHAPE,
        which=which,
        shown=shown,
        source=source,
        order=order,
        breakdown=breakdown,
        by_project=by_project,
        week_starts=asking.weekday(start_of_week, usual),
    )
