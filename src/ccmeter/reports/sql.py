"""The answer to a query of a person's own as a report: columns as the query names them, rows as they came.

Nothing here knows what a number means, so none is rounded: a table shows every digit. In JSON a decimal becomes the nearest
double, as a total cost is everywhere; who needs each digit there asks for `cost_usd::varchar`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.errors import QueryError
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccmeter.reports.table import Cell, Json

MOST_ROWS: Final = 100_000
"""That are laid out at once."""
_SHORT: Final = 12
"""Cells in which text can still be told apart."""
_ENDLESS: Final = 1_000
_WHOLE: Final = ("TIME", "INTERVAL", "BOOLEAN")
"""Beginnings of types whose values are text here, and nothing if a part of them is missing."""
_INTEGERS: Final = frozenset(
    f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
)
_NUMBERS: Final = ("DECIMAL", "DOUBLE", "FLOAT")


def columns_of(names: Sequence[str], types: Sequence[str]) -> tuple[Column, ...]:
    """Give the columns; where a terminal is too narrow, the last go first."""
    return tuple(
        Column(
            key=name,
            title=name,
            kind=_kind(types[place]),
            drop=len(names) - place if place else 0,
            is_foreign=True,
            least=_least(types[place]),
        )
        for place, name in enumerate(names)
    )


def cells_of(columns: Sequence[Column], rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Cell, ...]]:
    """Give the rows as cells."""
    kinds = [column.kind for column in columns]
    return (tuple(map(_cell, kinds, row)) for row in rows)


def lay_out(names: Sequence[str], types: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Report:
    """Give the answer as a table and as a list of objects. Raises QueryError where there is too much of it."""
    kept: list[tuple[Any, ...]] = []
    for row in rows:
        if len(kept) == MOST_ROWS:
            raise QueryError(
                f"The answer has more than {MOST_ROWS:,} rows.",
                hint="Add a limit, or write it as csv, jsonl or parquet.",
            )
        kept.append(row)
    columns = columns_of(names, types)
    table = Table(
        title="Answer",
        columns=columns,
        rows=tuple(Row(cells=cells) for cells in cells_of(columns, kept)),
        has_all="--csv has every column.",
        notes=() if kept else (Note(text="No rows."),),
    )
    return Report(table=table, document=[dict(zip(names, map(_json, row), strict=True)) for row in kept])


def _least(type_name: str) -> int:
    """Give how many cells a value needs: a time that lost its middle is another time."""
    return _ENDLESS if type_name.startswith(_WHOLE) and "[" not in type_name else _SHORT


def _kind(type_name: str) -> Kind:
    if type_name in _INTEGERS:
        return Kind.COUNT
    if type_name == "DATE":
        return Kind.DATE
    return Kind.NUMBER if type_name.startswith(_NUMBERS) else Kind.TEXT


def _cell(kind: Kind, value: Any) -> Cell:
    if value is None:
        return "" if kind is Kind.DATE else None  # no day is nothing here, and not `undated`
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, float):
        return repr(value)
    return value if isinstance(value, int | dt.date) else str(value)


def _json(value: Any) -> Json:
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if isfinite(number) else None
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, int | str) else str(value)
