"""The table for a terminal: aligned text, two thin rules, and colour only where it means something.

No number is cut and nothing wraps but text that says so, at any width from 60 up: see `ccmeter.reports.fit` for what goes first. It is
written here and not with `rich.table` for two reasons: rich folds and cuts cells where we drop columns, and its
import takes 20 ms beside DuckDB's (50 ms alone), where this whole room, import and a month's table, takes 10.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from ccmeter.reports import cells
from ccmeter.reports.fit import GAP, Demand, fit
from ccmeter.reports.foreign import cell_width, cut_middle, cut_start, head, steady, wrap
from ccmeter.reports.model_names import names_of
from ccmeter.reports.table import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Note, Report, Row, Table

LONGEST_NAME = 24
"""Cells of a model's name that are worth a column of numbers: `us.anthropic.sonnet-4.5`."""
WRAPPED = 30
"""Cells below which text that wraps is hard to read."""
LONGEST_NOTE = 100
"""Longer lines are hard to read, however wide the window."""

_BOLD, _DIM, _YELLOW, _GREEN = "1", "2", "33", "32"


class _Place(NamedTuple):
    """A column that people see, with all that stands in it."""

    position: int
    column: Column
    pieces: tuple[tuple[str, ...], ...]
    """For each row: the names in its cell, or its one text."""

    @property
    def demand(self) -> Demand:
        column = self.column
        title = min(cell_width(column.title), LONGEST_NAME if column.is_foreign else LONGEST_NOTE)
        can_be_cut = not (column.kind.is_number or column.kind.is_date or column.is_right)
        natural = max(title, *(cell_width(", ".join(each)) for each in self.pieces))
        return Demand(
            natural=natural,
            least=max(title, *(_least(each, column) for each in self.pieces)) if can_be_cut else natural,
            drop=column.drop,
            can_be_cut=can_be_cut,
        )


class _Pen(NamedTuple):
    """What the terminal can show."""

    colour: bool
    unicode: bool

    def paint(self, text: str, *styles: str) -> str:
        codes = ";".join(filter(None, styles))
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and codes and text.strip() else text

    def clean(self, text: str) -> str:
        return steady(text, unicode=self.unicode)

    @property
    def rule(self) -> str:
        return "─" if self.unicode else "-"

    @property
    def ellipsis(self) -> str:
        return "…" if self.unicode else "~"

    @property
    def branch(self) -> str:
        return "└ " if self.unicode else "- "


def render(report: Report, options: RenderOptions) -> str:
    """Give the table in at most `options.width` terminal cells; a table without rows is its notes."""
    pen = _Pen(options.colour, options.unicode)
    lines = list(
        _page(report.table, options.width, pen, _drawn(report, options), has_grid=not report.is_drawn)
    )
    for table in report.further:
        lines += ["", *_page(table, options.width, pen, [], has_grid=True)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _drawn(report: Report, options: RenderOptions) -> list[str]:
    """Give the lines of the report's figures."""
    if not report.figures:
        return []
    from ccmeter.reports.charts import Look, lines_of  # few reports have any

    look = Look(options.width, unicode=options.unicode, colour=options.colour)
    return list(lines_of(report.figures, look))


def _page(table: Table, width: int, pen: _Pen, drawn: list[str], *, has_grid: bool) -> Iterator[str]:
    """Give a table's title, what is drawn, its rows and its notes."""
    notes = [line for note in table.notes for line in _note(note, width, pen)]
    if not table.rows:
        yield from notes
        return
    yield from (_title(table, width, pen), "", *drawn)
    if has_grid:
        places = _places(table, pen)
        # A mark hangs in the gap behind its number; behind the last column there is none.
        spare = any(row.marks for row in table.rows)
        widths = fit([place.demand for place in places], width - spare)
        kept = [(places[number], cells_wide) for number, cells_wide in widths.items()]
        yield from ("" for _ in drawn[:1])
        yield from _grid(table, kept, width, pen)
        hidden = [place.column.title for number, place in enumerate(places) if number not in widths]
        if hidden:
            text = f"Not shown in {width} columns: {', '.join(hidden)}. {table.has_all}".rstrip()
            notes += [pen.paint(line, _DIM) for line in wrap(text, width)]
    yield from ["", *notes] if notes else []


def _places(table: Table, pen: _Pen) -> list[_Place]:
    used = (name for row in table.rows for cell in row.cells if isinstance(cell, tuple) for name in cell)
    names = names_of(used)
    return [
        _Place(
            position=position,
            column=column,
            pieces=_under_points(
                column, tuple(_pieces(row, position, column, names, pen) for row in table.rows)
            ),
        )
        for position, column in enumerate(table.columns)
        if not column.only_in_files and not column.is_heading
    ]


def _under_points(column: Column, pieces: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Fill prices behind their decimals, so that point stands under point."""
    if column.kind is not Kind.PRICE:
        return pieces
    decimals = [len(text.partition(".")[2]) for (text,) in pieces]
    most = max(decimals)
    return tuple((text + " " * (most - count),) for (text,), count in zip(pieces, decimals, strict=True))


def _pieces(row: Row, position: int, column: Column, names: dict[str, str], pen: _Pen) -> tuple[str, ...]:
    cell = row.cells[position]
    if isinstance(cell, tuple):
        shown = tuple(names[name] for name in cell)
        return (pen.branch + ", ".join(shown),) if row.role is Role.DETAIL else shown
    if column.kind.is_number or (row.role is Role.BODY and column.kind is not Kind.NAMES):
        return (pen.clean(cells.for_people(column.kind, cell)),)
    # A detail is named by its model, and the total by one word.
    return (cells.TOTAL,) if row.role is Role.TOTAL and position == 0 else ("",)


def _least(pieces: tuple[str, ...], column: Column) -> int:
    """Give the cells of the shortest way to say these names: `opus-4.5 +2`."""
    first, *others = pieces or ("",)
    longest = column.least or (WRAPPED if column.wraps else LONGEST_NAME)
    return min(cell_width(first), longest) + (len(f" +{len(others)}") if others else 0)


def _within(pieces: tuple[str, ...], width: int, pen: _Pen) -> str:
    """Give as many names as fit and the number of the others; a single long one loses its middle."""
    for count in range(len(pieces), 0, -1):
        others = f" +{len(pieces) - count}" if count < len(pieces) else ""
        text = ", ".join(pieces[:count]) + others
        if cell_width(text) <= width:
            return text
        if count == 1:
            return head(cut_middle(pieces[0], max(width - len(others), 1), pen.ellipsis) + others, width)
    return ""


def _title(table: Table, width: int, pen: _Pen) -> str:
    title = head(pen.clean(table.title), width)
    caption = head(pen.clean(f"  {table.caption}"), width - cell_width(title))
    return pen.paint(title, _BOLD) + pen.paint(caption, _DIM)


def _grid(table: Table, kept: list[tuple[_Place, int]], width: int, pen: _Pen) -> Iterator[str]:
    """Give the lines from the header to the totals."""
    titles = [
        _aligned(_within((place.column.title,), cells_wide, pen), place.column, cells_wide)
        for place, cells_wide in kept
    ]
    rule = pen.paint(pen.rule * (sum(cells_wide for _, cells_wide in kept) + GAP * (len(kept) - 1)), _DIM)
    if any(place.column.title for place, _ in kept):
        yield pen.paint((" " * GAP).join(titles), _DIM)
        yield rule
    above: list[str] = []
    for number, row in enumerate(table.rows):
        headings = _headings(table, row, pen)
        if row.role is Role.TOTAL:
            yield rule
        elif headings != above:
            yield from [""] if above else []
            yield from (pen.paint(cut_start(text, width, pen.ellipsis), _BOLD) for text in headings)
            above = headings
        yield from _lines(row, number, kept, pen)


def _headings(table: Table, row: Row, pen: _Pen) -> list[str]:
    """Give what the row shares with its neighbours."""
    pairs: Iterable[tuple[Column, Cell]] = zip(table.columns, row.cells, strict=True)
    return [pen.clean(cells.for_people(column.kind, cell)) for column, cell in pairs if column.is_heading]


def _lines(row: Row, number: int, kept: list[tuple[_Place, int]], pen: _Pen) -> Iterator[str]:
    """Give a row as one line, or as several where a column that wraps needs them."""
    texts = [
        wrap(place.pieces[number][0], width)
        if place.column.wraps
        else [_within(place.pieces[number], width, pen)]
        for place, width in kept
    ]
    for below, line in enumerate(zip_longest(*texts, fillvalue="")):
        yield "".join(
            _cell(row, text, place, width, pen, is_first=not below)
            for text, (place, width) in zip(line, kept, strict=True)
        )


def _cell(row: Row, text: str, place: _Place, width: int, pen: _Pen, *, is_first: bool) -> str:
    """Give one cell's line and the gap behind it, in which its mark hangs on the first."""
    column, cell = place.column, row.cells[place.position]
    text = _aligned(text, column, width)
    mark = column.mark if is_first and column.key in row.marks and cell is not None else ""
    weight = {Role.TOTAL: _BOLD, Role.DETAIL: _DIM}.get(row.role, _DIM if column.is_secondary else "")
    hue = (_YELLOW if cell is None else _GREEN) if column.kind is Kind.MONEY else ""
    return pen.paint(text, weight, hue) + pen.paint(mark, _YELLOW) + " " * (GAP - len(mark))


def _aligned(text: str, column: Column, width: int) -> str:
    """Fill a text to its column: names to the left, digits under digits."""
    padding = " " * (width - cell_width(text))
    return padding + text if column.kind.is_number or column.is_right else text + padding


def _note(note: Note, width: int, pen: _Pen) -> Iterator[str]:
    """Give a note with its mark before it, wrapped under itself."""
    indent = "  " if note.mark else ""
    for number, line in enumerate(wrap(pen.clean(note.text), min(width, LONGEST_NOTE) - len(indent))):
        sign = pen.paint(note.mark, _YELLOW) + " " if note.mark and not number else indent
        yield sign + pen.paint(line, _DIM if note.mark else "")
