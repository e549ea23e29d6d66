"""Copies all that a server holds into an empty database of either kind, and proves it by counts and digests.

A backup is a copy into a file of SQLite, a restore one out of it, a migration one from server to server. The source is
read in one transaction, so it may be in use; the target is written in one, so it holds all or nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, select

from ccmeter.server.errors import ServerError
from ccmeter.server.storage import schema
from ccmeter.server.storage.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

    from ccmeter.server.storage.database import Database

_ROWS: Final = 200
_MODULUS: Final = 1 << 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a table holds: the digest is the sum of those of its rows, so their order does not matter."""

    table: str
    rows: int
    digest: int


def copy(source: Database, target: Database, *, replace: bool = False) -> tuple[Proof, ...]:
    """Copy everything, in the place of what is there with `replace`; give what was proven to be the same on both sides. Raises ServerError."""
    with source.reading() as old:
        if schema.version(old) != schema.latest():
            raise ServerError(
                "The source does not stand at the tables that this version knows.",
                hint="Start the server on it once, which brings it there.",
            )
        schema.upgrade(target)
        with target.writing() as new:
            if replace:
                _empty(new)
            if filled := [table.name for table in metadata.sorted_tables if _count(new, table)]:
                raise ServerError(
                    f"The target is not empty: {', '.join(filled)}.",
                    hint="Name an empty database, or a file that does not exist.",
                )
            read = tuple(_copied(old, new, table) for table in metadata.sorted_tables)
            written = tuple(proof(new, table) for table in metadata.sorted_tables)
            if wrong := [one.table for one, other in zip(read, written, strict=True) if one != other]:
                raise ServerError(f"The copy differs in {', '.join(wrong)}; it was taken back.")
    return written


def proofs(connection: Connection) -> tuple[Proof, ...]:
    """Give what every table holds."""
    return tuple(proof(connection, table) for table in metadata.sorted_tables)


def proof(connection: Connection, table: Table) -> Proof:
    """Give what a table holds."""
    rows = digest = 0
    for page in _pages(connection, table):
        rows += len(page)
        digest = (digest + sum(map(_digest, page))) % _MODULUS
    return Proof(table=table.name, rows=rows, digest=digest)


def _copied(old: Connection, new: Connection, table: Table) -> Proof:
    rows = digest = 0
    for page in _pages(old, table):
        new.execute(insert(table), page)
        rows += len(page)
        digest = (digest + sum(map(_digest, page))) % _MODULUS
    return Proof(table=table.name, rows=rows, digest=digest)


def _pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    asked = select(table).execution_options(yield_per=_ROWS)
    for page in connection.execute(asked).mappings().partitions():
        yield [dict(row) for row in page]


def _empty(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _digest(row: dict[str, Any]) -> int:
    said = json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)
    return int.from_bytes(hashlib.sha256(said.encode()).digest(), "big")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.hex() if isinstance(value, float) else value
