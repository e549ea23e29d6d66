"""The daily report: what each local day used and cost.

Days are the store's, in the zone that the summary names; usage without a readable time stands last, as `undated`,
because leaving it out would make the total wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.reports import usage_table
from ccmeter.reports.table import Column, Kind

if TYPE_CHECKING:
    from ccmeter.queries.summary import Summary
    from ccmeter.reports.table import Report
    from ccmeter.reports.usage_table import UsageOptions

SHAPE = usage_table.PeriodShape(
    name="daily",
    title="Daily usage",
    period=Column(key="date", title="Date", kind=Kind.DATE),
)


def lay_out(summary: Summary, *, options: UsageOptions) -> Report:
    """Give a summary by day as a report; its document has the shape of `ccusage claude daily --json`."""
    return usage_table.lay_out(summary, shape=SHAPE, options=options)
