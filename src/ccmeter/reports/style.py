"""How a person wants numbers, days and money written, for as long as one report is.

The style is set around the rendering of a report and read where a cell becomes text, so that table, chart, page and
note cannot differ, and a new format has nothing to pass on. Files of data never look at it.
"""

from __future__ import annotations

import contextlib
import re
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, get_args

from ccmeter.reports.table import Column, Kind, Note

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from ccmeter.domain.currency import Currency
    from ccmeter.reports.table import Report, Row, Table

Numbers = Literal["comma", "point", "space", "plain"]
Dates = Literal["iso", "eu", "us"]
Theme = Literal["auto", "dark", "light", "mono"]
NUMBERS: Final[tuple[Numbers, ...]] = get_args(Numbers)
DATES: Final[tuple[Dates, ...]] = get_args(Dates)
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)

NARROW_SPACE: Final = "\u202f"
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "comma": (",", "."),
    "point": (".", ","),
    "space": (NARROW_SPACE, ","),
    "plain": ("", "."),
}
"""What parts thousands, and what parts decimals."""
_DAYS: Final[Mapping[str, tuple[str, str]]] = {
    "iso": ("%Y-%m-%d", "%Y-%m"),
    "eu": ("%d.%m.%Y", "%m.%Y"),
    "us": ("%m/%d/%Y", "%m/%Y"),
}
_WITH_COLUMNS: Final = frozenset({"csv", "parquet"})
"""Formats of data in which another currency has columns of its own."""
_GROUPED = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.,])\d+\.\d+(?=%)")
"""Numbers in a sentence that are written in one style or another; `opus-4.5` is none."""
_PAINT = re.compile(r"\x1b\[([\d;]+)m")
_HUES: Final[Mapping[str, Mapping[str, str]]] = {
    "dark": {"32": "92", "33": "93"},
    "light": {"32": "38;5;28", "33": "38;5;130"},
    "mono": {"32": "", "33": "1"},
}
"""What stands for the green of money and the yellow of marks: bright on black, dark on white, or weight alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a person chose."""

    numbers: Numbers = "comma"
    dates: Dates = "iso"
    theme: Theme = "auto"
    currency: Currency | None = None
    """None: US dollars."""
    ascii_only: bool = False
    """The terminal shows nothing else."""

    def number(self, text: str) -> str:
        """Give a number, written `1,234.5`, in this style."""
        if self.numbers == "comma":
            return text
        thousands, decimals = _SIGNS[self.numbers]
        if self.ascii_only and not thousands.isascii():
            thousands = " "
        return text.translate({ord(","): thousands, ord("."): decimals})

    def day(self, day: dt.date, *, is_month: bool = False) -> str:
        """Give a day, or the month that it begins."""
        return day.strftime(_DAYS[self.dates][is_month])

    def sentence(self, text: str) -> str:
        """Give a sentence with its numbers in this style."""
        return _GROUPED.sub(lambda found: self.number(found[0]), text)

    def painted(self, text: str) -> str:
        """Give a text with its colours as the theme has them."""
        hues = _HUES.get(self.theme)
        return _PAINT.sub(lambda found: _repainted(found[1], hues), text) if hues else text


PLAIN: Final = Style()
_STYLE: ContextVar[Style] = ContextVar("style", default=PLAIN)


def current() -> Style:
    """Give the style of the report that is being written."""
    return _STYLE.get()


@contextlib.contextmanager
def written(style: Style) -> Iterator[None]:
    """Write everything within in this style."""
    token = _STYLE.set(style)
    try:
        yield
    finally:
        _STYLE.reset(token)


def styled(report: Report, style: Style, *, format_name: str) -> Report:
    """Give a report whose sentences are in a style, and whose money stands in files in the other currency as well."""
    if style == PLAIN:
        has_amounts = any(note.amounts for each in (report.table, *report.further) for note in each.notes)
        if not has_amounts:
            return report
    table = report.table
    if style.currency and style.currency.code != "USD":
        has_columns = format_name in _WITH_COLUMNS
        table = _with_currency(table, style.currency) if has_columns else _with_rate(table, style.currency)
    further = tuple(_with_sentences(each, style) for each in report.further)
    return replace(report, table=_with_sentences(table, style), further=further)


def _with_sentences(table: Table, style: Style) -> Table:
    return replace(table, notes=tuple(_written_out(note, style) for note in table.notes))


def _written_out(note: Note, style: Style) -> Note:
    """Give a note as text alone."""
    text = style.sentence(note.text)
    if note.amounts:
        from ccmeter.reports.cells import for_people  # it asks for the style

        text = text.format(*(for_people(each.kind, each) for each in note.amounts))
    return replace(note, text=text, amounts=())


def _with_rate(table: Table, currency: Currency) -> Table:
    """Say under a table at which rate its money is."""
    if not table.rows or not any(column.kind is Kind.MONEY for column in table.columns):
        return table
    since = f", the rate since {current().day(currency.since_on)}" if currency.since_on else ""
    note = Note(text=f"Money is in {currency.code} at {currency.per_usd} per USD{since}.")
    return replace(table, notes=(*table.notes, note))


def _with_currency(table: Table, currency: Currency) -> Table:
    """Add to a file a column beside each of exact dollars."""
    places = [place for place, column in enumerate(table.columns) if column.kind is Kind.MONEY]
    return replace(
        table,
        columns=(*table.columns, *(_in_currency(table.columns[place], currency) for place in places)),
        rows=tuple(_converted(row, places, currency) for row in table.rows),
    )


def _in_currency(column: Column, currency: Currency) -> Column:
    stem = column.key.removesuffix("_usd")
    return Column(
        key=f"{stem}_{currency.code.lower()}",
        title=f"{column.title} {currency.code}",
        kind=Kind.PRICE,
        only_in_files=True,
    )


def _converted(row: Row, places: list[int], currency: Currency) -> Row:
    money = (row.cells[place] for place in places)
    return replace(
        row, cells=(*row.cells, *(currency.exact(cell) if isinstance(cell, int) else "" for cell in money))
    )


def _repainted(codes: str, hues: Mapping[str, str]) -> str:
    kept = ";".join(filter(None, (hues.get(code, code) for code in codes.split(";"))))
    return f"\x1b[{kept}m" if kept else "\x1b[0m"
