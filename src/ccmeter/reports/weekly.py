"""The weekly report: what each week, known by its first local day, used and cost."""

from __future__ import annotations

from ccmeter.queries.summary import By
from ccmeter.reports.table import Column, Kind
from ccmeter.reports.usage_table import PeriodShape

SHAPE = PeriodShape(
    name="weekly",
    title="Weekly usage",
    period=Column(key="week", title="Week", kind=Kind.DATE),
    by=By.WEEK,
    unit="week",
)
