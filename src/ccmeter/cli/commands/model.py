"""`ccmeter model`: usage and cost by model."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Reports"


def model(
    which: o.Which,
    *,
    order: o.Rank = "desc",
    by_project: o.ByProject = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by model.

    Example: ccmeter model --last 30
    """
    from ccmeter.cli import periods
    from ccmeter.reports import model as report

    periods.show(
        report.SHAPE,
        which=which,
        shown=shown,
        source=source,
        order=order,
        breakdown=False,
        by_project=by_project,
    )
