"""The views that people may ask in SQL: what they are, and the files that they stand on.

Names and types of their columns stay as they are (docs/sql.md); new ones come last. `sessions` and `blocks` are sums over
`usage`, made in the same place as a person's own, so what is asked there cannot disagree with a report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain import readings
from ccmeter.domain.blocks import DEFAULT_HOURS, microseconds
from ccmeter.domain.columns import Type, TypedColumn
from ccmeter.queries import blocks, sessions
from ccmeter.queries.chosen import written
from ccmeter.store import parquet

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from ccmeter.domain.columns import Value
    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

_NOTICES: Final = """
select distinct epoch_us(logged_at), reason, resets from notice where kind = 'limit' and logged_at is not null
"""
NAMES: Final = ("usage", "sessions", "blocks", "limits")
_SESSION: Final = (
    ("session_id", Type.TEXT),
    ("title", Type.TEXT),
    ("project", Type.TEXT),
    ("branch", Type.TEXT),
    ("active_s", Type.INTEGER),
)
_BLOCK: Final = (
    ("start_us", Type.INTEGER),
    ("end_us", Type.INTEGER),
    ("first_us", Type.INTEGER),
    ("last_us", Type.INTEGER),
    ("is_active", Type.INTEGER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Views, and the files that they read."""

    views: dict[str, str]
    files: tuple[Path, ...]


def put_out(connection: Connection, filters: Filters, *, query: str, now: dt.datetime, folder: Path) -> Shelf:
    """Write what the views stand on into a folder; what the query does not name stays empty."""
    files = {name: folder / f"{name}.parquet" for name in ("usage", "session", "block", "limit")}
    needs_usage = _names_one_of(query, ("usage", "sessions", "blocks"))
    write_events(connection, filters, files["usage"], is_empty=not needs_usage)
    told = _sessions(connection, filters) if _names_one_of(query, ("sessions",)) else []
    files["session"].write_bytes(parquet.pack(_columns(_SESSION, told)))
    found = _blocks(connection, now) if _names_one_of(query, ("blocks",)) else []
    files["block"].write_bytes(parquet.pack(_columns(_BLOCK, found)))
    parquet.copy(connection, _sql("public_limits"), _understood(connection, filters), files["limit"])
    views = {"usage": f"from {_read(files['usage'])}", "limits": f"from {_read(files['limit'])}"}
    for name, facts in (("sessions", "session"), ("blocks", "block")):
        views[name] = _sql(f"public_{name}").replace("/* facts */", _read(files[facts]))
    return Shelf(views=views, files=tuple(files.values()))


def write_events(connection: Connection, filters: Filters, file: Path, *, is_empty: bool = False) -> None:
    """Write every billed call into a Parquet file, a row each."""
    sql, values = written(connection, "events", filters, by_project=True)
    parquet.copy(connection, f"from ({sql}\n) limit 0" if is_empty else sql, values, file)


def _names_one_of(query: str, names: Sequence[str]) -> bool:
    """Tell whether a view may be meant: rather too often than never. Without a query all are."""
    return not query or bool(re.search("|".join(names), query, re.IGNORECASE))


def _sessions(connection: Connection, filters: Filters) -> list[tuple[Value, ...]]:
    return [
        (
            each.session_id,
            each.title or None,
            each.project,
            each.branch or None,
            None if each.active is None else each.active.seconds,
        )
        for each in sessions.sessions(connection, filters).sessions
    ]


def _understood(connection: Connection, filters: Filters) -> dict[str, Any]:
    """Give what each notice of a limit means: its window, and when that ends."""
    notices = connection.execute(_NOTICES).fetchall()
    meant = [
        readings.noticed(reason, resets, read_us=at_us, session_id="", time_zone=filters.time_zone)
        for at_us, reason, resets in notices
    ]
    return {
        "time_zone": filters.time_zone,
        **{
            name: [each[place] for each in notices]
            for place, name in enumerate(("at_us", "reason", "resets"))
        },
        "limit_window": [each and each.window for each in meant],
        "resets_us": [each and each.resets_us for each in meant],
    }


def _blocks(connection: Connection, now: dt.datetime) -> list[tuple[Value, ...]]:
    now_us = microseconds(now)
    return [
        (each.start_us, each.end_us, each.first_us, each.last_us, int(each.is_active(now_us)))
        for each in blocks.find(connection, DEFAULT_HOURS)
    ]


def _columns(
    fields: Sequence[tuple[str, Type]], rows: Sequence[tuple[Value, ...]]
) -> tuple[TypedColumn, ...]:
    return tuple(
        TypedColumn(key=key, type=kind, values=tuple(row[place] for row in rows))
        for place, (key, kind) in enumerate(fields)
    )


def _read(file: Path) -> str:
    return f"read_parquet({parquet.text(file)})"


@cache
def _sql(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
