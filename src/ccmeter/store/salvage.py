"""Tells what a damaged store still says: what is not to come back, what is nowhere else; and where a rebuilt one's usage is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import _duckdb

from ccmeter.domain.errors import StoreBusyError, StoreError
from ccmeter.store import forget, lease

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from _duckdb import DuckDBPyConnection

_TOKENS: Final = (
    "input_tokens + output_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens"
)
_PART: Final = (
    f"count(*), coalesce(sum({_TOKENS}), 0)::bigint, count(distinct make_timestamp(logged_us)::date)"
)

_LOST: Final = "store.main.call c anti join rebuilt.main.call using (call_key) anti join rebuilt.main.forgotten_call using (call_key)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of a store's calls."""

    calls: int
    tokens: int
    days: int
    """Days in UTC with such calls."""


def rules(store: Path, *, waiting: Callable[[str], object] = str) -> forget.Kept | None:
    """Give what a store, damaged or not, says is not to come back; None where that cannot be read. Raises StoreBusyError."""
    try:
        with lease.beside(store, waiting=waiting) as connection:
            return forget.kept_rules(connection, "store.main")
    except _duckdb.CatalogException:  # older than the first rule
        return forget.Kept([], [])
    except StoreBusyError:
        raise
    except (StoreError, _duckdb.Error):
        return None


def shares(connection: DuckDBPyConnection, paths: Sequence[str]) -> tuple[Part, Part]:
    """Give the calls that stand in one of these logs, and those that stand in none."""
    connection.execute(
        "create or replace temp table in_logs as select distinct call_key from line join file using (file_id) "
        "where path in (select unnest($1::varchar[])) and line.offset_bytes is not null",
        [list(paths)],
    )
    return (
        _part(connection, f"select {_PART} from call semi join in_logs using (call_key)"),  # noqa: S608 - names of our own
        _part(connection, f"select {_PART} from call anti join in_logs using (call_key)"),  # noqa: S608 - names of our own
    )


def lost(damaged: Path, rebuilt: Path) -> Part | None:
    """Give the calls that a damaged store lists and a rebuilt one lacks; None where it cannot even be listed.

    Only as far as that table is readable, block by block checked: nothing is guessed.
    """
    try:
        with lease.beside(damaged, patience_s=0) as connection:
            connection.execute(f"attach {lease.quoted(rebuilt)} as rebuilt (read_only)")
            return _part(
                connection,
                f"select {_PART} from {_LOST}",  # noqa: S608 - names of our own
            )
    except (StoreError, _duckdb.Error):
        return None


def _part(connection: DuckDBPyConnection, sql: str) -> Part:
    ((calls, tokens, days),) = connection.execute(sql).fetchall()
    return Part(calls=calls, tokens=tokens, days=days)
