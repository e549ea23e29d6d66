"""Typed cells as text: once for people, once for files.

People get rounded dollars and thousands separators, files get every digit and no separators. Both stand here so
that all formats of one sort write a number alike.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING

from ccmeter.domain.money import PICO_PER_USD, usd_exact, usd_text
from ccmeter.reports import style
from ccmeter.reports.table import Amount, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.reports.table import Cell, Row

UNDATED = "undated"
UNPRICED = "unpriced"
TOTAL = "Total"
HALF_A_CENT_PICO = PICO_PER_USD // 200


def for_people(kind: Kind, cell: Cell) -> str:
    """Give a cell as it is read: `2026-06-01`, `1,234`, `$12.34`, `<$0.01`, `1h 05m`, `12.3%`, `undated`, `unpriced`.

    Numbers, days and money are in the style of the report that is being written (`reports.style`).
    """
    if isinstance(cell, Amount):
        return _amount(cell)
    chosen = style.current()
    if isinstance(cell, int) and not isinstance(cell, bool):
        if kind is Kind.MONEY and chosen.currency:
            return chosen.number(chosen.currency.text(cell, ascii_only=chosen.ascii_only))
        write = _WRITERS.get(kind)
        return chosen.number(write(cell) if write else f"{cell:,}")
    if cell is None:
        return UNDATED if kind.is_date else UNPRICED if kind is Kind.MONEY else ""
    if isinstance(cell, dt.date):
        day = chosen.day(cell, is_month=kind is Kind.MONTH)
        return f"{day} {cell:%H:%M}" if isinstance(cell, dt.datetime) else day
    return for_files(kind, cell)


def for_files(kind: Kind, cell: Cell) -> str:
    """Give a cell as it is read back.

    ISO days and times with their offset, plain digits, exact USD, seconds, shares of 1, names joined by `;`, unknown
    money empty.
    """
    if isinstance(cell, Amount):
        return for_files(cell.kind, cell.value)
    if isinstance(cell, int):
        return _digits(kind, cell)
    if isinstance(cell, dt.date):
        return cell.isoformat()[:7] if kind is Kind.MONTH else cell.isoformat()
    if isinstance(cell, tuple):
        return ";".join(cell)
    if cell is None:
        return UNDATED if kind.is_date else ""
    return cell


def _amount(cell: Amount) -> str:
    if not cell.is_change:
        return for_people(cell.kind, cell.value) + cell.after
    if not isinstance(cell.value, int):
        return "-" + cell.after
    sign = "+" if cell.value > 0 else "-" if cell.value < 0 else ""
    return sign + for_people(cell.kind, abs(cell.value)) + cell.after


def _digits(kind: Kind, cell: int) -> str:
    if kind is Kind.SHARE:
        sign = "-" if cell < 0 else ""
        return f"{sign}{abs(cell) // 10_000}.{abs(cell) % 10_000:04}"
    return usd_exact(cell) if kind is Kind.MONEY else str(cell).lower()  # of a truth `true`


def finest(rows: tuple[Row, ...]) -> Iterator[Row]:
    """Give the rows in which every number stands once: no totals, and no row whose parts follow."""
    for row, following in pairwise((*rows, None)):
        has_parts = following is not None and following.role is Role.DETAIL
        if row is not None and (row.role is Role.DETAIL or (row.role is Role.BODY and not has_parts)):
            yield row


def counted(number: int, thing: str) -> str:
    """Give a number of things in words: `1 day`, `1,234 days`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _dollars(amount_pico: int) -> str:
    """Give whole cents, and never `$0.00` for something that did cost."""
    return "<$0.01" if 0 < amount_pico <= HALF_A_CENT_PICO else usd_text(amount_pico)


def _lasting(seconds: int) -> str:
    """Give a duration by its two largest units: `45s`, `12m 05s`, `3h 20m`, `2d 04h`."""
    for unit, size, lesser, least in (("d", 86_400, "h", 3_600), ("h", 3_600, "m", 60), ("m", 60, "s", 1)):
        if seconds >= size:
            return f"{seconds // size}{unit} {seconds % size // least:02}{lesser}"
    return f"{seconds}s"


def _percent(share: int) -> str:
    return f"{share / 100:.1f}%"


_WRITERS = {Kind.MONEY: _dollars, Kind.DURATION: _lasting, Kind.SHARE: _percent}
