"""A report's table on the screen: as many columns as there is room for, sorted and filtered by what stands in them.

It shows the same cells as the command line, written by `reports.cells`; which columns go first where the room is small is
decided by the same rule (`reports.fit`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.text import Text
from textual.binding import Binding
from textual.widgets import DataTable

from ccmeter.reports import cells
from ccmeter.reports.fit import GAP, Demand, fit
from ccmeter.reports.foreign import cell_width, cut_middle, steady
from ccmeter.reports.model_names import names_of
from ccmeter.reports.table import Amount, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.binding import BindingType

    from ccmeter.reports.table import Cell, Column, Row, Table

_SHORTEST = 8
_LONGEST = 40
_NAME = 18


class Order(NamedTuple):
    """What a table is sorted by."""

    key: str
    """Of a column; empty: as the report has it."""
    is_falling: bool = False


def shown(column: Column, cell: Cell, names: Mapping[str, str], role: Role = Role.BODY) -> str:
    """Give a cell as it stands on the screen."""
    if isinstance(cell, tuple):
        return steady(", ".join(names.get(name, name) for name in cell), unicode=True)
    if role is Role.TOTAL and not column.kind.is_number:
        return cell if isinstance(cell, str) else ""
    return steady(cells.for_people(column.kind, cell), unicode=True)


def ordered(table: Table, order: Order, text: str) -> list[Row]:
    """Give the rows that have a text in them, sorted, the totals last; what is not known is last, too."""
    names = named(table)
    wanted = text.casefold()
    body = [row for row in table.rows if row.role is not Role.TOTAL]
    if wanted:
        body = [row for row in body if any(wanted in each.casefold() for each in _texts(table, row, names))]
    place = next((at for at, column in enumerate(table.columns) if column.key == order.key), None)
    if place is not None:
        column = table.columns[place]
        known = [row for row in body if _value(row.cells[place]) is not None]
        unknown = [row for row in body if _value(row.cells[place]) is None]
        known.sort(key=lambda row: _sort_key(column, row.cells[place], names), reverse=order.is_falling)
        body = known + unknown
    totals = [] if wanted else [row for row in table.rows if row.role is Role.TOTAL]
    return [*body, *totals]


def named(table: Table) -> dict[str, str]:
    """Give the short name of every model in a table."""
    return names_of(
        name for row in table.rows for cell in row.cells if isinstance(cell, tuple) for name in cell
    )


def seen(table: Table) -> list[tuple[int, Column]]:
    """Give the columns that people see, each with its place."""
    return [(at, column) for at, column in enumerate(table.columns) if not column.only_in_files]


def _texts(table: Table, row: Row, names: Mapping[str, str]) -> list[str]:
    return [shown(column, row.cells[at], names, row.role) for at, column in seen(table)]


def _value(cell: Cell) -> Cell:
    return cell.value if isinstance(cell, Amount) else cell


def _sort_key(column: Column, cell: Cell, names: Mapping[str, str]) -> Any:
    value = _value(cell)
    if isinstance(value, str | tuple):
        text = shown(column, value, names)
        return (1, text.casefold()) if column.kind is not Kind.MONEY else (0, 0)
    return (0, value) if isinstance(value, int) else value


class ReportTable(DataTable[Text]):
    """A report that can be walked through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "screen.leaf(-1)", "Report before", show=False),
        Binding("right", "screen.leaf(1)", "Next report", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False)
        self.rows_shown: list[Row] = []
        self._laid_out: object = None

    def lay(self, table: Table, order: Order, text: str, *, width: int) -> None:
        """Show a table; the cursor stays on its row, and on the first one of another report."""
        laid_out = (table, order, text, width)
        if laid_out == self._laid_out:
            return
        is_same = isinstance(self._laid_out, tuple) and self._laid_out[0].title == table.title
        cursor, top = (self.cursor_row, self.scroll_y) if is_same else (0, 0)
        self._laid_out = laid_out
        self.rows_shown = ordered(table, order, text)
        self.clear(columns=True)
        widths = self._widths(table, width)
        names, marked = named(table), _marked(table)
        for (_, column), wide in widths.items():
            mark = ("▾" if order.is_falling else "▴") if column.key == order.key else ""
            title = Text(cut_middle(column.title, wide - len(mark), "…") + mark, justify=_side(column))
            self.add_column(title, width=wide, key=column.key)
        for number, row in enumerate(self.rows_shown):
            texts = (
                self._cell(row, at, column, names, wide, is_marked=column.key in marked)
                for (at, column), wide in widths.items()
            )
            self.add_row(*texts, key=str(number))
        self.move_cursor(row=min(cursor, max(len(self.rows_shown) - 1, 0)), animate=False)
        self.scroll_to(y=top, animate=False, immediate=True)

    def _widths(self, table: Table, width: int) -> dict[tuple[int, Column], int]:
        columns, names = seen(table), named(table)
        demands = [_demand(table, at, column, names) for at, column in columns]
        widths = fit(demands, width - GAP)
        return {columns[number]: wide for number, wide in widths.items()}

    def _cell(
        self, row: Row, at: int, column: Column, names: Mapping[str, str], wide: int, *, is_marked: bool
    ) -> Text:
        cell = row.cells[at]
        text = _brief(cell, names, wide) if isinstance(cell, tuple) else shown(column, cell, names, row.role)
        if row.role is Role.TOTAL and not at:
            text = cells.TOTAL
        if is_marked:  # digits stand under digits, with a mark behind them or without
            text += column.mark if column.key in row.marks and cell is not None else " "
        style = "bold" if row.role is Role.TOTAL else "dim" if column.is_secondary else ""
        if not (column.kind.is_number or is_marked):
            text = cut_middle(text, wide, "…")
        return Text(text, style=style, justify=_side(column), no_wrap=True)


def _marked(table: Table) -> frozenset[str]:
    """Give the columns in which some cell is uncertain."""
    return frozenset(key for row in table.rows for key in row.marks)


def _brief(models: Sequence[str], names: Mapping[str, str], wide: int) -> str:
    """Give as many names as there is room for, and how many more there are: `opus-4.5, haiku-4.5 +2`."""
    known = [steady(names.get(name, name), unicode=True) for name in models]
    for count in range(len(known), 0, -1):
        text = ", ".join(known[:count]) + (f" +{len(known) - count}" if count < len(known) else "")
        if cell_width(text) <= wide:
            return text
    more = f" +{len(known) - 1}" if len(known) > 1 else ""
    return cut_middle(known[0], wide - len(more), "…") + more if known else ""


def _side(column: Column) -> Any:
    return "right" if column.kind.is_number or column.is_right else "left"


def _demand(table: Table, at: int, column: Column, names: Mapping[str, str]) -> Demand:
    texts = (shown(column, row.cells[at], names, row.role) for row in table.rows)
    widest = max(map(cell_width, texts), default=0) + (column.key in _marked(table))
    title = cell_width(column.title) + 1
    can_be_cut = not (column.kind.is_number or column.kind.is_date or column.is_right)
    natural = max(title, min(widest, _LONGEST) if can_be_cut else widest, len(cells.TOTAL) if not at else 0)
    least = max(title, min(widest, _shortest(table, at, names))) if can_be_cut else natural
    return Demand(natural=natural, least=least, drop=column.drop, can_be_cut=can_be_cut)


def _shortest(table: Table, at: int, names: Mapping[str, str]) -> int:
    """Give the cells in which a column still says something: of models the first one, and how many more there are."""
    found = [row.cells[at] for row in table.rows]
    models = [cell for cell in found if isinstance(cell, tuple) and cell]
    if not models:
        return _SHORTEST
    return max(min(len(names.get(each[0], each[0])), _NAME) + (3 if len(each) > 1 else 0) for each in models)


def columns_of(table: Table) -> Sequence[str]:
    """Give the keys of the columns that people see."""
    return [column.key for _, column in seen(table)]
