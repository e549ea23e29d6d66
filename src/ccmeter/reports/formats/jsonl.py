r"""One JSON object for each row, a line each (jsonlines.org): what is piped into another program.

As in CSV every number stands there once: no totals, and of a row that is broken down only its parts. Keys are those of
the columns; money is text with all its digits, as is every price; what is unknown is null. Only ASCII is written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccmeter.reports.cells import finest
from ccmeter.reports.objects import object_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Report


def render(report: Report, _options: RenderOptions) -> str:
    """Give a line for each row that is not the sum of others."""
    table = report.table.for_data()
    return "".join(lines(table.columns, (row.cells for row in finest(table.rows))))


def lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Give each row as a line."""
    encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
    for row in rows:
        yield encode(object_of(columns, row)) + "\n"
