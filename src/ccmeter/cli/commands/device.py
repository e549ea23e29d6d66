"""`ccmeter device`: usage and cost by machine of the vault."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Reports"


def device(
    which: o.Which,
    *,
    order: o.Rank = "desc",
    breakdown: o.Breakdown = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by machine of your vault.

    Example: ccmeter device --last 30
    """
    from ccmeter.cli import periods
    from ccmeter.reports import device as report

    periods.show(
        report.SHAPE,
        which=which,
        shown=shown,
        source=source,
        order=order,
        breakdown=breakdown,
        by_project=False,
    )
