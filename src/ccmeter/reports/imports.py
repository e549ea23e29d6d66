"""`ccmeter import --list`: what was imported, line by line and as reports of other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.domain.money import PICO_PER_USD, usd_exact
from ccmeter.reports.cells import counted
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.queries.imported import ImportedLogs, ImportedReport

_COLUMNS = (
    Column(key="id", title="Report", kind=Kind.TEXT),
    Column(key="machine", title="Machine", kind=Kind.TEXT, drop=2, is_foreign=True),
    Column(key="imported_at", title="Imported", kind=Kind.TIME, drop=1, is_secondary=True),
    Column(key="first_on", title="First day", kind=Kind.DATE, drop=3),
    Column(key="last_on", title="Last day", kind=Kind.DATE),
    Column(key="days", title="Days", kind=Kind.COUNT),
    Column(key="shown_days", title="Shown", kind=Kind.COUNT),
    Column(key="total_tokens", title="Tokens", kind=Kind.TOKENS),
    Column(key="cost_usd", title="Cost", kind=Kind.MONEY),
)


def lay_out(logs: ImportedLogs, reports: Sequence[ImportedReport], *, time_zone: str) -> Report:
    """Give what was imported as a report."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(time_zone)
    rows = tuple(
        Row(
            cells=(
                each.source,
                each.machine,
                each.imported_at.astimezone(zone),
                each.first_on,
                each.last_on,
                each.days,
                each.shown_days,
                each.tokens,
                each.cost_pico,
            )
        )
        for each in reports
    )
    notes = [_of_logs(logs)]
    if rows:
        notes.append(
            Note(
                text="Shown: days without usage that was read, and without a fuller report of the same machine. "
                "`ccmeter forget --import ID` takes a report out again."
            )
        )
    return Report(
        table=Table(title="Imported", caption=time_zone, columns=_COLUMNS, rows=rows, notes=tuple(notes)),
        document={
            "schemaVersion": 1,
            "timeZone": time_zone,
            "transcripts": {
                "files": logs.files,
                "bytes": logs.size_bytes,
                "messagesFromNowhereElse": logs.calls,
                "tokensFromNowhereElse": logs.tokens,
            },
            "reports": [
                {
                    "id": each.source,
                    "machine": each.machine,
                    "importedAt": each.imported_at.isoformat(),
                    "firstDay": each.first_on.isoformat(),
                    "lastDay": each.last_on.isoformat(),
                    "days": each.days,
                    "shownDays": each.shown_days,
                    "totalTokens": each.tokens,
                    "totalCost": each.cost_pico / PICO_PER_USD,
                    "costExact": usd_exact(each.cost_pico),
                }
                for each in reports
            ],
        },
    )


def _of_logs(logs: ImportedLogs) -> Note:
    if not logs.files:
        return Note(text="No transcripts were imported.")
    files = f"{counted(logs.files, 'imported transcript')} ({logs.size_bytes / 2**20:,.1f} MiB)"
    only = f"{counted(logs.calls, 'message')} with {counted(logs.tokens, 'token')}"
    return Note(text=f"{files}; {only} are known from nowhere else. They count in every report.")
