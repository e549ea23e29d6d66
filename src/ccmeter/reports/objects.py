"""A row as a JSON object, for every format that writes rows as objects.

Keys are the columns' own. Money, shares and prices are text, because a double would cost them digits; whoever adds them up
reads them as decimals.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ccmeter.reports.cells import for_files
from ccmeter.reports.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.reports.table import Cell, Column, Json

_EXACT = frozenset({Kind.MONEY, Kind.SHARE, Kind.PRICE})


def object_of(columns: Sequence[Column], cells: Sequence[Cell]) -> dict[str, Json]:
    """Give one row."""
    return {column.key: _value(column.kind, cell) for column, cell in zip(columns, cells, strict=True)}


def _value(kind: Kind, cell: Cell) -> Json:
    if cell is None or (cell == "" and kind is not Kind.TEXT):
        return None
    if kind is Kind.NUMBER and isinstance(cell, str):
        number = float(cell)
        return number if isfinite(number) else None
    if isinstance(cell, bool | tuple | str) or (isinstance(cell, int) and kind not in _EXACT):
        return cell
    return for_files(kind, cell)
