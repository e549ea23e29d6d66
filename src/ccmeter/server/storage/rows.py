"""Storing rows whose key may be there already, as either database says it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy import Connection, Executable, Table


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Store rows in the place of those with the same key."""
    connection.execute(_upsert(connection.dialect.name, table), rows)


@cache
def _upsert(dialect: str, table: Table) -> Executable:
    """Make the statement once: making it takes longer than running it."""
    made = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    key = [column.name for column in table.primary_key]
    others = {column.name: made.excluded[column.name] for column in table.c if column.name not in key}
    whole: Executable = made.on_conflict_do_update(index_elements=key, set_=others)
    return whole


def insert_missing(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Store a row unless there is one with its key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).values(row).on_conflict_do_nothing())
