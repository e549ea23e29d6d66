"""Writes Parquet: columns of a report, or the answer to a question, as the types that they are.

DuckDB is the only writer of Parquet in the house, so this stands in the room that knows it. Amounts of money are
`decimal(38, 12)`: whole pico-dollars, exactly.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import _duckdb

from ccmeter.domain.columns import Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from _duckdb import DuckDBPyConnection

    from ccmeter.domain.columns import TypedColumn

_SQL: Final = {
    Type.TEXT: "unnest({}::varchar[])",
    Type.TEXTS: "unnest({}::varchar[][], max_depth := 1)",
    Type.DAY: "unnest({}::date[])",
    Type.INSTANT: "make_timestamptz(unnest({}::bigint[]))",
    Type.INTEGER: "unnest({}::bigint[])",
    Type.USD: "unnest({}::varchar[])::decimal(38, 12)",
    Type.NUMBER: "unnest({}::varchar[])::decimal(18, 6)",
    Type.DOUBLE: "unnest({}::varchar[])::double",
}
_BLOCK: Final = 2_000
_OPTIONS: Final = "(format parquet, compression zstd)"
_OFFLINE: Final = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1}


def pack(columns: Sequence[TypedColumn]) -> bytes:
    """Give a Parquet file of these columns."""
    pieces = [
        f"{_SQL[each.type].format(f'$c{place}')} as {quoted(each.key)}" for place, each in enumerate(columns)
    ]
    values = {f"c{place}": list(each.values) for place, each in enumerate(columns)}
    with (
        tempfile.TemporaryDirectory(prefix="ccmeter-") as folder,
        contextlib.closing(_duckdb.connect(config={**_OFFLINE})) as connection,
    ):
        file = Path(folder) / "answer.parquet"
        copy(connection, f"select {', '.join(pieces)}", values, file)
        return file.read_bytes()


def copy(connection: DuckDBPyConnection, question: str, values: Mapping[str, Any], file: Path) -> None:
    """Write the answer to a question into a file, never holding all of it."""
    connection.execute(f"copy (\n{question}\n) to {text(file)} {_OPTIONS}", dict(values))


def rows(file: Path, picked: str) -> Iterator[tuple[Any, ...]]:
    """Give what a file of ours holds, some rows at a time. `picked` is what to select, as SQL of our own."""
    with contextlib.closing(_duckdb.connect(config={**_OFFLINE})) as connection:
        connection.execute(f"select {picked} from read_parquet({text(file)})")  # noqa: S608
        while some := connection.fetchmany(_BLOCK):
            yield from some


def count(file: Path) -> int:
    """Give how many rows a file of ours holds."""
    with contextlib.closing(_duckdb.connect(config={**_OFFLINE})) as connection:
        ((number,),) = connection.execute(f"select count(*) from read_parquet({text(file)})").fetchall()  # noqa: S608
    return int(number)


def quoted(name: str) -> str:
    """Give a name as SQL, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def text(file: Path) -> str:
    """Give the name of a file as SQL."""
    return "'" + str(file).replace("'", "''") + "'"
