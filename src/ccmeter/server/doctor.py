"""Looks at all that a server holds: is it whole, does it add up, and would it outlive a crash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, text

from ccmeter.server import audit
from ccmeter.server.storage import schema
from ccmeter.server.storage.tables import account, device, record, vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ccmeter.server.storage.database import Database

_ROWS: Final = 200
_SAFE: Final = ("on", "local", "remote_write", "remote_apply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    is_good: bool
    text: str


def examine(database: Database) -> tuple[Finding, ...]:
    """Look at everything, in one state of the database."""
    with database.reading() as connection:
        return tuple(_examined(connection))


def _examined(connection: Connection) -> Iterator[Finding]:
    version, latest = schema.version(connection), schema.latest()
    yield Finding(is_good=version == latest, text=f"tables at {version}, this version knows {latest}")
    if version != latest:
        return
    yield from _sqlite(connection) if connection.dialect.name == "sqlite" else _postgresql(connection)
    yield _sizes(connection)
    yield _sums(connection)
    yield _bodies(connection)
    chain = audit.verify(connection)
    broken = "" if chain.broken_at is None else f", broken at {chain.broken_at}"
    yield Finding(is_good=chain.broken_at is None, text=f"audit log: {chain.rows} rows{broken}")


def _sqlite(connection: Connection) -> Iterator[Finding]:
    found = str(connection.scalar(text("PRAGMA integrity_check")))
    yield Finding(is_good=found == "ok", text=f"integrity of the file: {found}")
    strays = len(connection.execute(text("PRAGMA foreign_key_check")).all())
    yield Finding(is_good=not strays, text=f"rows without their account or vault: {strays}")
    mode = connection.scalar(text("PRAGMA journal_mode"))
    flushed = connection.scalar(text("PRAGMA synchronous"))
    yield Finding(is_good=(mode, flushed) == ("wal", 2), text=f"journal {mode}, flushed at level {flushed}")


def _postgresql(connection: Connection) -> Iterator[Finding]:
    for name, good in (("fsync", ("on",)), ("full_page_writes", ("on",)), ("synchronous_commit", _SAFE)):
        value = str(connection.scalar(text("SELECT current_setting(:name)"), {"name": name}))
        yield Finding(is_good=value in good, text=f"{name} is {value}")


def _sizes(connection: Connection) -> Finding:
    counts = [
        connection.scalar(select(func.count()).select_from(table)) or 0 for table in (account, device, record)
    ]
    size = connection.scalar(select(func.coalesce(func.sum(vault.c.bytes), 0))) or 0
    return Finding(
        is_good=True,
        text=f"{counts[0]} accounts, {counts[1]} devices, {counts[2]} records, {int(size) / 2**20:,.1f} MiB sealed",
    )


def _sums(connection: Connection) -> Finding:
    """Compare each vault's counters with its records."""
    held = (
        select(
            record.c.vault,
            func.count().label("records"),
            func.sum(func.length(record.c.ct)).label("bytes"),
            func.max(record.c.seq).label("seq"),
        )
        .group_by(record.c.vault)
        .subquery()
    )
    wrong = (
        select(func.count())
        .select_from(vault.outerjoin(held, held.c.vault == vault.c.id))
        .where(
            (func.coalesce(held.c.records, 0) != vault.c.records)
            | (func.coalesce(held.c.bytes, 0) != vault.c.bytes)
            | (func.coalesce(held.c.seq, 0) > vault.c.seq)
        )
    )
    count = connection.scalar(wrong) or 0
    return Finding(is_good=not count, text=f"vaults whose counters do not add up: {count}")


def _bodies(connection: Connection) -> Finding:
    """Compare each body with its digest."""
    asked = select(record.c.ct, record.c.digest).execution_options(yield_per=_ROWS)
    wrong = sum(hashlib.sha256(row.ct).digest() != row.digest for row in connection.execute(asked))
    return Finding(is_good=not wrong, text=f"bodies that differ from their digest: {wrong}")
