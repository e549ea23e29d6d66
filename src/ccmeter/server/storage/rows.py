"""Storing rows whose key may be there already, as either database says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Store rows in the place of those with the same key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made = dialect.insert(table)
    key = [column.name for column in table.primary_key]
    others = {name: made.excluded[name] for name in rows[0] if name not in key}
    connection.execute(made.on_conflict_do_update(index_elements=key, set_=others), rows)


def insert_missing(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Store a row unless there is one with its key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).values(row).on_conflict_do_nothing())
