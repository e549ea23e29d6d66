"""The daily report: what each local day used and cost.

Days are the store's, in the zone that the summary names; usage without a readable time stands last, as `undated`,
because leaving it out would make the total wrong.
"""

from __future__ import annotations

from ccmeter.queries.summary import By
from ccmeter.reports.table import Column, Kind
from ccmeter.reports.usage_table import PeriodShape

SHAPE = PeriodShape(
    name="daily",
    title="Daily usage",
    period=Column(key="date", title="Date", kind=Kind.DATE),
    by=By.DAY,
)
