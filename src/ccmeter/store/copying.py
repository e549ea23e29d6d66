"""Copies a store into another file, table by table, and tells what a store holds in figures that no change escapes.

Used for backups, for compacting and for restoring: what was written is opened again and compared with what was read,
by the number of rows of each table and a digest of all of them, whatever their order.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import _duckdb

from ccmeter.domain.errors import StoreCorruptError, StoreNewerError
from ccmeter.store import lease, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ccmeter.store.lease import Connection

_ROWS_AT_ONCE: Final = 1_000_000
"""Copied in a few tenths of a second: often enough to say how it goes."""
_ASIDE: Final = ".new-"
_SPAN: Final = (
    "count(*), coalesce(sum(input_tokens + output_tokens + cache_creation_5m_tokens "
    "+ cache_creation_1h_tokens + cache_read_tokens), 0)::bigint, min(logged_us), max(logged_us)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a store holds."""

    tables: Mapping[str, tuple[int, int]]
    """By table: its rows, and a digest of them that does not depend on their order."""
    schema: int
    calls: int
    tokens: int
    first_us: int | None
    """When the first and the last dated call was made, in microseconds since 1970 UTC."""
    last_us: int | None

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(rows for rows, _ in self.tables.values())


def content(connection: Connection, database: str) -> Content:
    """Look at all there is in an attached store: damage in any block of it is met. Raises _duckdb.Error."""
    tables = {}
    for table in _tables(connection, database):
        rows, digest = connection.execute(
            f"select count(*), coalesce(sum(hash(t)::hugeint), 0) from {database}.main.{table} t"  # noqa: S608
        ).fetchall()[0]
        tables[table] = (int(rows), int(digest))
    ((calls, tokens, first_us, last_us),) = connection.execute(
        f"select {_SPAN} from {database}.main.call"  # noqa: S608 - names of our own
    ).fetchall()
    ((found,),) = connection.execute(f"select max(version) from {database}.main.schema_version").fetchall()  # noqa: S608
    return Content(
        tables=tables, schema=found, calls=calls, tokens=tokens, first_us=first_us, last_us=last_us
    )


def copy(
    connection: Connection, source: str, target: Path, progress: Callable[[int, int], object]
) -> Content:
    """Copy an attached store into a new file, open that again and compare; give what both hold.

    `progress` is told of rows done and of all rows. Raises StoreCorruptError if what was written is not what was read.
    """
    connection.execute(f"attach {lease.quoted(target)} as target")
    connection.execute(f"copy from database {source} to target (schema)")
    sizes = {
        table: connection.execute(f"select count(*) from {source}.main.{table}").fetchall()[0][0]  # noqa: S608
        for table in _tables(connection, source)
    }
    done, total = 0, sum(sizes.values())
    for table, rows in sizes.items():
        for first in range(0, rows, _ROWS_AT_ONCE):
            connection.execute(
                f"insert into target.main.{table} select * from {source}.main.{table} "  # noqa: S608
                f"where rowid >= {first} and rowid < {first + _ROWS_AT_ONCE}"
            )
            done += min(rows - first, _ROWS_AT_ONCE)
            progress(done, total)
    connection.execute("checkpoint target")
    connection.execute("detach target")
    connection.execute(f"attach {lease.quoted(target)} as target (read_only)")
    before, after = content(connection, source), content(connection, "target")
    connection.execute("detach target")
    if before != after:
        raise StoreCorruptError(
            f"The copy {target} is not what it was made of.",
            hint="Try again, on another disk if there is one.",
        )
    synced(target)
    return after


def check(file: Path) -> Content:
    """Read all of a store that nobody else uses. Raises StoreError: it is damaged, no store, or newer than this program."""
    with lease.beside(file, patience_s=0) as connection:
        try:
            found = content(connection, "store")
        except (_duckdb.CatalogException, _duckdb.BinderException) as error:
            raise StoreCorruptError(
                f"{file} is a database, but no store of ccmeter.",
                hint="Name a file that `ccmeter backup` wrote.",
            ) from error
    if found.schema > schema.LATEST:
        raise StoreNewerError(
            f"{file} has schema {found.schema}; this ccmeter knows schemas up to {schema.LATEST}."
        )
    return found


@contextlib.contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Lend a place for a new file beside the store, on the same disk and for the owner alone.

    What a process that was killed leaves there, `lease.writing` sweeps.
    """
    with (
        lease.private(),
        tempfile.TemporaryDirectory(prefix=_ASIDE, dir=path.parent, ignore_cleanup_errors=True) as folder,
    ):
        yield Path(folder) / path.name


def synced(path: Path) -> None:
    """Let a file, or a folder's names, reach the disk before anything is built on it."""
    with contextlib.suppress(PermissionError):  # Windows opens no folders
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tables(connection: Connection, database: str) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = $database and not temporary "
        "order by table_name",
        {"database": database.strip('"')},
    ).fetchall()
    return [row[0] for row in rows]
