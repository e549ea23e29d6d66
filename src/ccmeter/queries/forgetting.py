"""What would go if usage were forgotten: the question behind the preview of `ccmeter forget`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ccmeter.queries.chosen import ask

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Usage that would go: of one folder, or all of it."""

    cwd: str | None
    """None for all folders together."""
    calls: int
    tokens: int
    cost_pico: int
    """Of the priced calls."""
    unpriced_tokens: int
    days: int
    sessions: int
    first_on: dt.date | None
    last_on: dt.date | None
    session_ids: tuple[str, ...]
    last_us: int | None
    """When the last of the dated calls was made, in microseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that would go."""

    folders: tuple[Going, ...]
    total: Going
    imported_days: int
    """Days that another tool reported."""


def preview(connection: Connection, filters: Filters, *, with_imports: bool) -> Preview:
    """Tell what the filters choose; `with_imports` says that imported days before the last day go too."""
    rows = ask(connection, "forgetting", replace(filters, device="this"))
    each = [
        Going(
            cwd=None if row[0] else row[1],
            calls=row[2],
            tokens=row[3],
            cost_pico=int(row[4]),
            unpriced_tokens=row[5],
            days=row[6],
            sessions=row[7],
            first_on=row[8],
            last_on=row[9],
            session_ids=tuple(row[10] or ()),
            last_us=row[11],
        )
        for row in rows
    ]
    ((days,),) = connection.execute(
        "select count(distinct used_on) from imported_day where $with_imports and used_on <= $until_on::date",
        {"with_imports": with_imports, "until_on": filters.until_on},
    ).fetchall()
    return Preview(
        folders=tuple(going for going in each if going.cwd is not None),
        total=next(going for going in each if going.cwd is None),
        imported_days=days,
    )
