"""The table for a terminal: aligned text, two thin rules, and colour only where it means something.

Nothing wraps and no number is cut, at any width from 60 up: see `ccmeter.reports.fit` for what goes first. It is
written here and not with `rich.table` for two reasons: rich folds and cuts cells where we drop columns, and its
import takes 20 ms beside DuckDB's (50 ms alone), where this whole room, import and a month's table, takes 10.
"""

from __future__ import annotations

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
        title = cell_width(self.column.title)
        return Demand(
            natural=max(title, *(cell_width(", ".join(each)) for each in self.pieces)),
            least=max(title, *(_least(each) for each in self.pieces)),
            drop=self.column.drop,
            can_be_cut=not self.column.kind.is_number and self.column.kind is not Kind.DATE,
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
    table = report.table
    pen = _Pen(options.colour, options.unicode)
    lines: list[str] = []
    notes = [line for note in table.notes for line in _note(note, options.width, pen)]
    if table.rows:
        places = _places(table, pen)
        # A mark hangs in the gap behind its number; behind the last column there is none.
        spare = any(row.marks for row in table.rows)
        widths = fit([place.demand for place in places], options.width - spare)
        kept = [(places[number], width) for number, width in widths.items()]
        lines += [_title(table, options.width, pen), "", *_grid(table, kept, options.width, pen)]
        hidden = [place.column.title for number, place in enumerate(places) if number not in widths]
        if hidden:
            text = f"Not shown in {options.width} columns: {', '.join(hidden)}."
            notes += [pen.paint(line, _DIM) for line in wrap(text, options.width)]
        lines += ["", *notes] if notes else []
    else:
        lines += notes
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _places(table: Table, pen: _Pen) -> list[_Place]:
    used = (name for row in table.rows for cell in row.cells if isinstance(cell, tuple) for name in cell)
    names = names_of(used)
    return [
        _Place(
            position=position,
            column=column,
            pieces=tuple(_pieces(row, position, column, names, pen) for row in table.rows),
        )
        for position, column in enumerate(table.columns)
        if not column.only_in_files and not column.is_heading
    ]


def _pieces(row: Row, position: int, column: Column, names: dict[str, str], pen: _Pen) -> tuple[str, ...]:
    cell = row.cells[position]
    if isinstance(cell, tuple):
        shown = tuple(names[name] for name in cell)
        return (pen.branch + ", ".join(shown),) if row.role is Role.DETAIL else shown
    if column.kind.is_number or (row.role is Role.BODY and column.kind is not Kind.NAMES):
        return (pen.clean(cells.for_people(column.kind, cell)),)
    # A detail is named by its model, and the total by one word.
    return (cells.TOTAL,) if row.role is Role.TOTAL and position == 0 else ("",)


def _least(pieces: tuple[str, ...]) -> int:
    """Give the cells of the shortest way to say these names: `opus-4.5 +2`."""
    first, *others = pieces or ("",)
    return min(cell_width(first), LONGEST_NAME) + (len(f" +{len(others)}") if others else 0)


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
    titles = [_aligned(place.column.title, place.column, cells_wide) for place, cells_wide in kept]
    yield pen.paint((" " * GAP).join(titles), _DIM)
    rule = pen.paint(pen.rule * (sum(cells_wide for _, cells_wide in kept) + GAP * (len(kept) - 1)), _DIM)
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
        yield "".join(_cell(row, number, place, cells_wide, pen) for place, cells_wide in kept)


def _headings(table: Table, row: Row, pen: _Pen) -> list[str]:
    """Give what the row shares with its neighbours."""
    pairs: Iterable[tuple[Column, Cell]] = zip(table.columns, row.cells, strict=True)
    return [pen.clean(cells.for_people(column.kind, cell)) for column, cell in pairs if column.is_heading]


def _cell(row: Row, number: int, place: _Place, width: int, pen: _Pen) -> str:
    """Give one cell and the gap behind it, in which its mark hangs."""
    column, cell = place.column, row.cells[place.position]
    text = _aligned(_within(place.pieces[number], width, pen), column, width)
    mark = column.mark if column.key in row.marks and cell is not None else ""
    weight = {Role.TOTAL: _BOLD, Role.DETAIL: _DIM}.get(row.role, _DIM if column.is_secondary else "")
    hue = (_YELLOW if cell is None else _GREEN) if column.kind is Kind.MONEY else ""
    return pen.paint(text, weight, hue) + pen.paint(mark, _YELLOW) + " " * (GAP - len(mark))


def _aligned(text: str, column: Column, width: int) -> str:
    """Fill a text to its column: names to the left, digits under digits."""
    padding = " " * (width - cell_width(text))
    return padding + text if column.kind.is_number else text + padding


def _note(note: Note, width: int, pen: _Pen) -> Iterator[str]:
    """Give a note with its mark before it, wrapped under itself."""
    indent = "  " if note.mark else ""
    for number, line in enumerate(wrap(pen.clean(note.text), min(width, LONGEST_NOTE) - len(indent))):
        sign = pen.paint(note.mark, _YELLOW) + " " if note.mark and not number else indent
        yield sign + pen.paint(line, _DIM if note.mark else "")
