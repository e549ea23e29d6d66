"""What tests of backups, imports and forgetting share: stores in bulk, and what stands in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccmeter.store import lease
from support import bulk, stores

if TYPE_CHECKING:
    from pathlib import Path


def made(folder: Path, *, files: int = 3, calls: int = 20) -> Path:
    """Make logs below `folder` and a store of them; give the store."""
    bulk.write(folder / "claude", files=files, calls=calls)
    store = folder / "data" / "ccmeter.duckdb"
    stores.ingest(store, folder / "claude")
    return store


def counted(store: Path) -> list[tuple[Any, ...]]:
    """Give every call as it is counted, without how many lines say so: copies may say it more often."""
    with lease.reading(store) as connection:
        return connection.execute(
            "select c.* exclude (lines, origin_id), o.* exclude (origin_id) from call c join origin o using (origin_id) "
            "order by call_key"
        ).fetchall()


def rows(store: Path, table: str) -> int:
    """Give how many rows a table has."""
    with lease.reading(store) as connection:
        ((number,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return int(number)


def names(folder: Path) -> list[str]:
    """Give what stands in a folder."""
    return sorted(path.name for path in folder.iterdir())
