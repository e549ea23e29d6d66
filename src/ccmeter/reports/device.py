"""The report by machine: what each machine of the vault used and what it cost, the dearest first.

What several machines know counts once in every other report, so here it counts for one of them: the one that joined
first. A column beside says how many messages each knows in all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ccmeter.queries.summary import By
from ccmeter.reports.table import Column, Kind, Note, Report, Role
from ccmeter.reports.usage_table import PeriodShape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.queries.devices import Knows
    from ccmeter.reports.table import Row

SHAPE: Final = PeriodShape(
    name="device",
    title="Usage by machine",
    period=Column(key="device", title="Machine", kind=Kind.TEXT, is_foreign=True),
    by=By.DEVICE,
)
KNOWS: Final = Column(key="known_messages", title="Knows", kind=Kind.COUNT, drop=10)
_SHARED: Final = Note(
    text="What several machines know is counted once, for the one of them that joined first; Knows counts all that each has."
)


def beside(report: Report, known: Mapping[str, Knows]) -> Report:
    """Give the report with what each machine knows, whoever else does."""
    table, document = report.table, report.document
    if table.rows:
        columns = (*table.columns[:1], KNOWS, *table.columns[1:])
        rows = tuple(_beside(row, known) for row in table.rows)
        notes = (*table.notes, _SHARED) if len(known) > 1 else table.notes
        table = replace(table, columns=columns, rows=rows, notes=notes)
    if isinstance(document, dict) and SHAPE.name in document:
        machines = [{**each, **_document_of(known.get(each["device"]))} for each in document[SHAPE.name]]
        document = {**document, SHAPE.name: machines}
    return replace(report, table=table, document=document)


def _beside(row: Row, known: Mapping[str, Knows]) -> Row:
    found = known.get(str(row.cells[0])) if row.role is Role.BODY else None
    return replace(row, cells=(row.cells[0], found.messages if found else None, *row.cells[1:]))


def _document_of(knows: Knows | None) -> dict[str, int]:
    return {
        "knownMessages": knows.messages if knows else 0,
        "knownTokens": knows.tokens if knows else 0,
    }
