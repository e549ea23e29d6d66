"""The monthly report: what each month, known by its first local day, used and cost."""

from __future__ import annotations

from ccmeter.queries.summary import By
from ccmeter.reports.table import Column, Kind
from ccmeter.reports.usage_table import PeriodShape

SHAPE = PeriodShape(
    name="monthly",
    title="Monthly usage",
    period=Column(key="month", title="Month", kind=Kind.MONTH),
    by=By.MONTH,
    unit="month",
)
