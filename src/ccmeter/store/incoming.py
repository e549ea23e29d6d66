"""Lets columns be read in SQL as a table, as long as they are needed."""

from __future__ import annotations

import contextlib
import itertools
import sys
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
    view = f"incoming_{table}"
    if columns.rows > SMALL or "duckdb" in sys.modules:
        import duckdb  # noqa: F401 - scanning Arrow data needs what the package sets up

        connection.register(view, _arrow(columns))
        yield
        connection.unregister(view)
        return
    typed = ", ".join(
        f'unnest(${name}::{_type(values, is_unsigned=name in columns.unsigned)}[]) as "{name}"'
        for name, values in columns.values.items()
    )
    connection.execute(
        f"create or replace temp table {view} as select {typed}",
        {
            name: _listed(values, is_unsigned=name in columns.unsigned)
            for name, values in columns.values.items()
        },
    )
    yield
    connection.execute(f"drop table temp.{view}")


def _type(values: Values, *, is_unsigned: bool) -> str:
    if isinstance(values, tuple):
        return "varchar"
    return "ubigint" if is_unsigned else "bigint"


def _listed(values: Values, *, is_unsigned: bool) -> list[int] | list[str]:
    if isinstance(values, bytes):
        return array("Q" if is_unsigned else "q", values).tolist()
    offsets, content = array("i", values[0]), values[1]
    return [content[a:b].decode("utf-8") for a, b in itertools.pairwise(offsets)]


def _arrow(columns: Columns) -> Any:
    import nanoarrow

    children = []
    fields = {}
    for name, values in columns.values.items():
        number = nanoarrow.uint64() if name in columns.unsigned else nanoarrow.int64()
        kind = number if isinstance(values, bytes) else nanoarrow.string()
        buffers = [None, values] if isinstance(values, bytes) else [None, *values]
        fields[name] = kind
        children.append(nanoarrow.c_array_from_buffers(kind, columns.rows, buffers))
    return nanoarrow.c_array_from_buffers(nanoarrow.struct(fields), columns.rows, [None], children=children)
