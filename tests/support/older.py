"""Stores of older schemas, made of what a store of today holds of them."""

from __future__ import annotations

from pathlib import Path

import duckdb

import ccmeter.store

MIGRATIONS = Path(ccmeter.store.__path__[0]) / "migrations"


def made(store: Path, new: Path, version: int) -> None:
    """Make a store as it was at a version of the schema, with the rows of another that is of today."""
    connection = duckdb.connect(str(store))
    connection.execute(
        "create table schema_version (version integer, name varchar, migrated_at timestamp default now()::timestamp)"
    )
    for file in sorted(MIGRATIONS.glob("[0-9]*.sql"))[:version]:
        connection.execute(file.read_text("utf-8"))
        connection.execute(
            "insert into schema_version (version, name) values ($1, $2)", [int(file.name[:4]), file.stem]
        )
    columns = connection.execute(
        "select table_name, string_agg(column_name, ', ' order by column_index) from duckdb_columns() "
        "where not internal and table_name <> 'schema_version' group by all"
    ).fetchall()
    connection.execute(f"attach '{new}' as new (read_only)")
    for table, names in columns:
        connection.execute(f"insert into {table} select {names} from new.{table}")
    connection.close()
