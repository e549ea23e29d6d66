"""How far each file has been read: what an unchanged run looks at, and all it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from _duckdb import DuckDBPyConnection


class Cursor(NamedTuple):
    """How far a file has been read, and how to tell that it is still the same file."""

    path: str
    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    offset_bytes: int
    head: str
    tail: str


def cursors(connection: DuckDBPyConnection) -> dict[str, Cursor]:
    """Give every file's cursor, by path."""
    rows = connection.execute(
        "select path, device, inode, size_bytes, mtime_ns, offset_bytes, head, tail from file",
    ).fetchall()
    return {row[0]: Cursor(*row) for row in rows}
