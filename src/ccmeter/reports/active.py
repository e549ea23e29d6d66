"""Active time in reports: its column, its mark, and how it is said in JSON.

A time without the mark comes from Claude Code's own records of turns; one with it from the pauses between calls and
prompts, and the note below says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from ccmeter.domain.activity import IDLE_S
from ccmeter.reports.table import Column, Kind, Note, Report, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.domain.activity import Active
    from ccmeter.queries.activity import ActiveTime
    from ccmeter.reports.table import Cell, Json, Row

ACTIVE = Column(key="active_s", title="Active", kind=Kind.DURATION, drop=10, mark="~")
ACTIVE_FROM = Column(key="active_from", title="Active from", kind=Kind.TEXT, only_in_files=True)


def active_notes(active: Active) -> Iterator[Note]:
    """Say what the mark at an active time means."""
    if active.source != "turns":
        yield Note(
            mark=ACTIVE.mark,
            text="Active time without a record of turns: the time between calls and prompts less than "
            f"{IDLE_S // 60} minutes apart.",
        )


def marked(row: Row, active: Active | None) -> Row:
    """Give a row with its active time marked where no record of turns tells it, or not for all of it."""
    is_guess = active is not None and active.source != "turns"
    return replace(row, marks=row.marks | {ACTIVE.key}) if is_guess else row


def active_of(active: Active | None) -> dict[str, Json]:
    """Give an active time as JSON; null where unknown."""
    return {
        "activeSeconds": active.seconds if active else None,
        "activeFrom": active.source if active else None,
    }


def beside(report: Report, active: ActiveTime, *, name: str, period: str) -> Report:
    """Give a report by day with the active time of each; its list in the document is `name`, the day there `period`."""
    table, document = report.table, report.document
    rows = tuple(_beside(row, active) for row in table.rows)
    columns = (*table.columns[:1], ACTIVE, ACTIVE_FROM, *table.columns[1:])
    notes = (*table.notes, *active_notes(active.total)) if rows else table.notes
    table = replace(table, columns=columns if rows else table.columns, rows=rows, notes=notes)
    if isinstance(document, dict):
        by_text = {key.isoformat(): each for key, each in active.by_key.items()}
        days = [{**day, **active_of(by_text.get(day[period]))} for day in document[name]]
        totals = {**document["totals"], **active_of(active.total)}
        document = {**document, name: days, "totals": totals}
    return replace(report, table=table, document=document)


def _beside(row: Row, active: ActiveTime) -> Row:
    """Give a row with its active time; a part by model has none of its own."""
    day, *others = row.cells
    found: Active | None = None
    if row.role is Role.TOTAL:
        found = active.total
    elif row.role is Role.BODY and isinstance(day, dt.date):
        found = active.by_key.get(day)
    cells: tuple[Cell, ...] = (day, found.seconds if found else None, found.source if found else "", *others)
    return marked(replace(row, cells=cells), found)
