"""Lets columns be read in SQL as a table, as long as they are needed."""

from __future__ import annotations

import contextlib
import itertools
from array import array
from typing import TYPE_CHECKING, Any

from ccmeter.store.batch import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _duckdb import DuckDBPyConnection

    from ccmeter.store.batch import Columns, Values


@contextlib.contextmanager
def exposed(connection: DuckDBPyConnection, table: str, columns: Columns) -> Iterator[None]:
    """Let a batch's columns be read as `incoming_<table>` meanwhile."""
    name = f"incoming_{table}"
    if columns.rows > SMALL:
        import duckdb  # noqa: F401 - scanning Arrow data needs what the package sets up

        connection.register(name, _arrow(columns))
        yield
        connection.unregister(name)
        return
    typed = ", ".join(
        f'unnest(${column}::{"varchar" if isinstance(values, tuple) else "bigint"}[]) as "{column}"'
        for column, values in columns.values.items()
    )
    connection.execute(
        f"create or replace temp table {name} as select {typed}",
        {column: _listed(values) for column, values in columns.values.items()},
    )
    yield
    connection.execute(f"drop table temp.{name}")


def _listed(values: Values) -> list[int] | list[str]:
    if isinstance(values, bytes):
        return array("q", values).tolist()
    offsets, content = array("i", values[0]), values[1]
    return [content[a:b].decode("utf-8") for a, b in itertools.pairwise(offsets)]


def _arrow(columns: Columns) -> Any:
    import nanoarrow

    children = []
    fields = {}
    for name, values in columns.values.items():
        kind = nanoarrow.int64() if isinstance(values, bytes) else nanoarrow.string()
        buffers = [None, values] if isinstance(values, bytes) else [None, *values]
        fields[name] = kind
        children.append(nanoarrow.c_array_from_buffers(kind, columns.rows, buffers))
    return nanoarrow.c_array_from_buffers(nanoarrow.struct(fields), columns.rows, [None], children=children)
