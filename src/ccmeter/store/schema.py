"""Brings a store's schema up to date: numbered migrations, each in one transaction with its record.

A store that a newer ccmeter wrote is refused, never guessed at. Migrations are never edited once released.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import _duckdb

from ccmeter.domain.errors import StoreNewerError
from ccmeter.store import merge

if TYPE_CHECKING:
    from _duckdb import DuckDBPyConnection

LATEST = 8
"""Number of the last migration; the test suite compares it with the folder."""

_RECORD = """
create table if not exists schema_version (
    version integer not null,
    name varchar not null,
    migrated_at timestamp not null default (now() at time zone 'UTC')
)
"""


def version(connection: DuckDBPyConnection) -> int:
    """Give the number of the last migration that a store has had; 0 for a new one."""
    try:
        ((found,),) = connection.execute("select max(version) from schema_version").fetchall()
    except (
        _duckdb.CatalogException
    ):  # asking the catalog first costs 15 ms, and the table is nearly always there
        return 0
    return int(found or 0)


def refuse_newer(connection: DuckDBPyConnection) -> int:
    """Give a store's version, or raise StoreNewerError if this ccmeter does not know it."""
    found = version(connection)
    if found > LATEST:
        msg = f"The store has schema {found}; this ccmeter knows schemas up to {LATEST}."
        raise StoreNewerError(msg)
    return found


def is_current(connection: DuckDBPyConnection) -> bool:
    """Tell whether a store can be asked as it is. Raises StoreNewerError."""
    return refuse_newer(connection) == LATEST and merge.is_current(connection)


def bring_up(connection: DuckDBPyConnection) -> None:
    """Apply the migrations that a store lacks, and count its lines anew if the rule has been mended since."""
    found = refuse_newer(connection)
    if found < LATEST:
        _migrate(connection, found)
    if not merge.is_current(connection):
        merge.merge_all(connection)


def _migrate(connection: DuckDBPyConnection, found: int) -> None:
    for number, name, sql in _migrations():
        if number > found:
            connection.execute("begin")
            connection.execute(_RECORD)
            connection.execute(sql)
            connection.execute("insert into schema_version (version, name) values (?, ?)", [number, name])
            connection.execute("commit")


def _migrations() -> list[tuple[int, str, str]]:
    files = sorted(Path(__file__).with_name("migrations").glob("[0-9]*.sql"))
    return [(int(file.name[:4]), file.stem, file.read_text("utf-8")) for file in files]
