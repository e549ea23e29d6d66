"""The preview of `ccmeter forget`: what would go, folder by folder, and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.domain.money import PICO_PER_USD, usd_exact
from ccmeter.reports.cells import counted
from ccmeter.reports.table import Column, Kind, Note, Report, Role, Row, Table

if TYPE_CHECKING:
    from ccmeter.queries.forgetting import Going, Preview
    from ccmeter.reports.table import Json

LEFTOVERS: Final = "Backups of your own still hold it, and so does the free space of the store's file until `ccmeter vacuum`."
TOLD: Final = (
    "What the vault was told of it stays with its server and its other machines, and is not seen here any more; "
    "`ccmeter sync forget self` has it forgotten there as well."
)
_COLUMNS = (
    Column(key="project", title="Project", kind=Kind.TEXT, is_foreign=True),
    Column(key="first_on", title="First day", kind=Kind.DATE, drop=1, is_secondary=True),
    Column(key="last_on", title="Last day", kind=Kind.DATE, drop=2, is_secondary=True),
    Column(key="days", title="Days", kind=Kind.COUNT, drop=3),
    Column(key="sessions", title="Sessions", kind=Kind.COUNT, drop=4),
    Column(key="messages", title="Messages", kind=Kind.COUNT),
    Column(key="total_tokens", title="Tokens", kind=Kind.TOKENS),
    Column(key="cost_usd", title="Cost", kind=Kind.MONEY, mark="+"),
)


def lay_out(preview: Preview, *, time_zone: str) -> Report:
    """Give the preview as a report."""
    rows = [_row(going, Role.BODY) for going in preview.folders]
    notes = []
    if preview.total.unpriced_tokens:
        tokens = counted(preview.total.unpriced_tokens, "token")
        notes.append(Note(mark="+", text=f"Cost is a lower bound: {tokens} without a known price."))
    if preview.imported_days:
        notes.append(Note(text=f"With it go {counted(preview.imported_days, 'day')} of imported reports."))
    if not rows and not preview.imported_days:
        notes.append(Note(text="Nothing fits: nothing is to be forgotten."))
    return Report(
        table=Table(
            title="What would be forgotten",
            caption=time_zone,
            columns=_COLUMNS,
            rows=(*rows, _row(preview.total, Role.TOTAL)) if rows else (),
            notes=tuple(notes),
        ),
        document={
            "schemaVersion": 1,
            "timeZone": time_zone,
            "projects": [{"project": going.cwd, **_measures(going)} for going in preview.folders],
            "totals": _measures(preview.total),
            "importedDays": preview.imported_days,
        },
    )


def _row(going: Going, role: Role) -> Row:
    is_unknown = bool(going.unpriced_tokens) and not going.cost_pico
    cells = (
        going.cwd if going.cwd != "" else "unknown",
        going.first_on or "",
        going.last_on or "",
        going.days,
        going.sessions,
        going.calls,
        going.tokens,
        None if is_unknown else going.cost_pico,
    )
    marks = frozenset({"cost_usd"}) if going.unpriced_tokens else frozenset()
    return Row(cells=cells, role=role, marks=marks)


def _measures(going: Going) -> dict[str, Json]:
    return {
        "messages": going.calls,
        "totalTokens": going.tokens,
        "totalCost": going.cost_pico / PICO_PER_USD,
        "costExact": usd_exact(going.cost_pico),
        "unpricedTokens": going.unpriced_tokens,
        "days": going.days,
        "sessions": going.sessions,
        "firstDay": going.first_on.isoformat() if going.first_on else None,
        "lastDay": going.last_on.isoformat() if going.last_on else None,
    }
