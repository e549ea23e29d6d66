"""Counts every call once: keeps the table `call` in step with the lines, by the rule in merge.sql.

The table is only a kept answer. Mending the rule means raising `REVISION`: the next process to open the store makes
the table anew from the lines, which are kept for good, and needs no logs for it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.store import united

if TYPE_CHECKING:
    from _duckdb import DuckDBPyConnection

REVISION: Final = 1
"""Of the rule in merge.sql."""


def is_current(connection: DuckDBPyConnection) -> bool:
    """Tell whether the calls were counted by today's rule."""
    return connection.execute("select revision from counting").fetchall() == [(REVISION,)]


def merge(connection: DuckDBPyConnection) -> None:
    """Count the calls anew whose keys stand in the temporary table `touched`; within the caller's transaction."""
    connection.execute("delete from call where call_key in (select call_key from touched)")
    connection.execute(_sql())


def merge_all(connection: DuckDBPyConnection) -> None:
    """Count every call anew, in a transaction of its own."""
    connection.execute("begin")
    connection.execute("create or replace temp table touched as select distinct call_key from line")
    merge(connection)
    connection.execute("delete from counting")
    connection.execute("insert into counting values ($1)", [REVISION])
    united.count_all(connection)
    connection.execute("commit")


@lru_cache(maxsize=1)
def _sql() -> str:
    return Path(__file__).with_name("merge.sql").read_text("utf-8")
