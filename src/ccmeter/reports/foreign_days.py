"""Days that another tool reported, beside the usage that was read: a table and a list of their own.

They are never part of the totals, because nobody here has seen the calls that they are made of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccmeter.reports.cells import counted, for_files
from ccmeter.reports.table import Note, Role, Table
from ccmeter.reports.usage_document import totals_of, usage_of
from ccmeter.reports.usage_table import FOR_FILES, MODELS, row_of

if TYPE_CHECKING:
    from ccmeter.queries.imported import Imported
    from ccmeter.reports.table import Json, Report
    from ccmeter.reports.usage_table import PeriodShape

_NOTE = "Imported with ccmeter import, and not in the total above: a day with usage of its own is never among them."


def beside(report: Report, imported: Imported, *, shape: PeriodShape, no_cost: bool) -> Report:
    """Give a report on periods with the imported ones after it, and in its document under `imported`."""
    left_out = {column.key for column in FOR_FILES}
    columns = tuple(column for column in report.table.columns if column.key not in left_out)
    rows = [
        row_of(
            period.measures,
            columns,
            {shape.period.key: period.key, MODELS.key: tuple(share.model for share in period.models)},
        )
        for period in imported.periods
    ]
    table = Table(
        title="Reported by another tool",
        caption=counted(imported.days, "day"),
        columns=columns,
        rows=(*rows, row_of(imported.total, columns, {}, role=Role.TOTAL)),
        notes=(Note(text=_NOTE),),
    )
    periods: list[Json] = [
        {**usage_of(period, no_cost=no_cost), shape.period.key: for_files(shape.period.kind, period.key)}
        for period in imported.periods
    ]
    return replace(
        report,
        further=(*report.further, table),
        document={
            **_object(report.document),
            "imported": {
                "days": imported.days,
                shape.name: periods,
                "totals": totals_of(imported.total, no_cost=no_cost),
            },
        },
    )


def _object(document: Json) -> dict[str, Json]:
    assert isinstance(document, dict)
    return document
