"""The report by git branch: what was used and what it cost on each, the dearest first.

Branches of the same name in different projects are one row, unless the projects stand apart (`--by-project`).
"""

from __future__ import annotations

from ccmeter.queries.summary import By
from ccmeter.reports.table import Column, Kind
from ccmeter.reports.usage_table import PeriodShape

SHAPE = PeriodShape(
    name="branch",
    title="Usage by branch",
    period=Column(key="branch", title="Branch", kind=Kind.TEXT, is_foreign=True),
    by=By.BRANCH,
    nameless="(none)",
)
