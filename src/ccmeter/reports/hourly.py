"""The hourly report: what each local hour used and cost.

An hour is known by the instant at which it began, with its offset: where clocks go back two hours bear one name.
"""

from __future__ import annotations

from ccmeter.queries.summary import By
from ccmeter.reports.table import Column, Kind
from ccmeter.reports.usage_table import PeriodShape

SHAPE = PeriodShape(
    name="hourly",
    title="Hourly usage",
    period=Column(key="hour", title="Hour", kind=Kind.TIME),
    by=By.HOUR,
)
