"""The report as one page that needs nothing else: its charts are inline SVG, its style sheet stands in it, no script runs.

Its policy (Content-Security-Policy) lets a browser load nothing at all, and only this style sheet, known by its digest,
has an effect. Text of others is escaped wherever it stands. In a narrow window the columns that a narrow terminal would
leave out are hidden, and named below the table.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from ccmeter.reports import cells, svg
from ccmeter.reports.chart import chart_of
from ccmeter.reports.fit import Demand, fit
from ccmeter.reports.foreign import cell_width
from ccmeter.reports.model_names import names_of
from ccmeter.reports.table import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Column, Report, Row, Table

_NARROW: Final = 46
"""Letters that stand beside each other on 400 pixels."""
_LONGEST_TEXT: Final = 12
_BRANCH: Final = "↳ "


def render(report: Report, _options: RenderOptions) -> str:
    """Give the page."""
    table = report.table
    style = _style()
    figures = report.figures or chart_of(table)
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{svg.text(table.title)}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        f"<h1>{svg.text(table.title)}</h1>",
        *([f'<p class="caption">{svg.text(table.caption)}</p>'] if table.caption else []),
        *(svg.draw(figure) for figure in figures),
        *(_sheet(table) if table.rows else ()),
        *_notes(table),
        *(line for each in report.further for line in _further(each)),
        "<footer>Made by ccmeter.</footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _policy(style: str) -> str:
    from base64 import b64encode
    from hashlib import sha256

    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    from importlib import resources

    return resources.files("ccmeter.reports").joinpath("page.css").read_text("utf-8")


class _Sheet:
    """The table of a page: what each column is called, and which a narrow window has room for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        used = (name for row in table.rows for cell in row.cells if isinstance(cell, tuple) for name in cell)
        self.names = names_of(used)
        self.places = [
            place
            for place, each in enumerate(table.columns)
            if not each.only_in_files and not each.is_heading
        ]
        kept = fit([self._demand(place) for place in self.places], _NARROW)
        self.far = {place for number, place in enumerate(self.places) if number not in kept}

    def _demand(self, place: int) -> Demand:
        column = self.table.columns[place]
        texts = [column.title, *(self.text(row, place) for row in self.table.rows)]
        width = max(map(cell_width, texts))
        is_text = not column.kind.is_number and not column.kind.is_date
        return Demand(
            natural=width,
            least=min(width, _LONGEST_TEXT) if is_text else width,
            drop=column.drop,
            can_be_cut=is_text,
        )

    def text(self, row: Row, place: int) -> str:
        """Give what a cell says, without its mark."""
        column, cell = self.table.columns[place], row.cells[place]
        if row.role is Role.TOTAL and not column.kind.is_number:
            return cells.TOTAL if place == 0 else ""
        if isinstance(cell, tuple):
            return ", ".join(self.names[name] for name in cell)
        return cells.for_people(column.kind, cell)

    def classes(self, column: Column, place: int) -> list[str]:
        """Give what every cell of a column is."""
        return [
            name
            for name, applies in (
                ("n", column.kind.is_number or column.is_right),
                ("words", not column.kind.is_number and not column.kind.is_date),
                ("dim", column.is_secondary),
                ("far", place in self.far),
            )
            if applies
        ]


def _sheet(table: Table) -> Iterator[str]:
    sheet = _Sheet(table)
    yield '<div class="sheet">\n<table>'
    if any(table.columns[place].title for place in sheet.places):
        yield from _head(sheet)
    yield "<tbody>"
    yield from _body(sheet, [row for row in table.rows if row.role is not Role.TOTAL])
    yield "</tbody>"
    totals = [row for row in table.rows if row.role is Role.TOTAL]
    if totals:
        yield "<tfoot>"
        yield from (_row(sheet, row) for row in totals)
        yield "</tfoot>"
    yield "</table>\n</div>"
    if sheet.far:
        hidden = ", ".join(table.columns[place].title for place in sheet.places if place in sheet.far)
        yield f'<p class="more">A wider window also shows: {svg.text(hidden)}.</p>'


def _head(sheet: _Sheet) -> Iterator[str]:
    yield "<thead>\n<tr>"
    for place in sheet.places:
        column = sheet.table.columns[place]
        yield f'<th scope="col"{_class(sheet.classes(column, place))}>{svg.text(column.title)}</th>'
    yield "</tr>\n</thead>"


def _body(sheet: _Sheet, rows: Iterable[Row]) -> Iterator[str]:
    above: list[str] = []
    for row in rows:
        headings = [
            cells.for_people(column.kind, cell)
            for column, cell in zip(sheet.table.columns, row.cells, strict=True)
            if column.is_heading
        ]
        if headings != above:
            name = svg.text(" · ".join(headings))
            yield f'<tr class="group"><th colspan="{len(sheet.places)}">{name}</th></tr>'
            above = headings
        yield _row(sheet, row)


def _row(sheet: _Sheet, row: Row) -> str:
    texts = "".join(_cell(sheet, row, place) for place in sheet.places)
    return f"<tr{_class(['part'] if row.role is Role.DETAIL else [])}>{texts}</tr>"


def _cell(sheet: _Sheet, row: Row, place: int) -> str:
    column, cell = sheet.table.columns[place], row.cells[place]
    shown = svg.text(sheet.text(row, place))
    classes = sheet.classes(column, place)
    if column.kind is Kind.MONEY and shown:
        classes.append("unknown" if cell is None else "money")
    if row.role is Role.DETAIL and column.kind is Kind.NAMES:
        shown = _BRANCH + shown
    if column.key in row.marks and cell is not None and column.mark:
        shown += f'<span class="mark">{svg.text(column.mark)}</span>'
    return f"<td{_class(classes)}>{shown}</td>"


def _class(names: list[str]) -> str:
    return f' class="{" ".join(names)}"' if names else ""


def _further(table: Table) -> Iterator[str]:
    yield f"<h2>{svg.text(table.title)}</h2>"
    if table.caption:
        yield f'<p class="caption">{svg.text(table.caption)}</p>'
    yield from _sheet(table) if table.rows else ()
    yield from _notes(table)


def _notes(table: Table) -> Iterator[str]:
    if table.notes:
        yield '<ul class="notes">'
        for note in table.notes:
            mark = f'<span class="mark">{svg.text(note.mark)}</span> ' if note.mark else ""
            yield f"<li>{mark}{svg.text(note.text)}</li>"
        yield "</ul>"
