"""The report by model: what each model used and cost, the dearest first; fast mode is a model of its own."""

from __future__ import annotations

from ccmeter.queries.summary import By
from ccmeter.reports.table import Column, Kind
from ccmeter.reports.usage_table import PeriodShape

SHAPE = PeriodShape(
    name="model",
    title="Usage by model",
    period=Column(key="model", title="Model", kind=Kind.NAMES, is_foreign=True),
    by=By.MODEL,
)
