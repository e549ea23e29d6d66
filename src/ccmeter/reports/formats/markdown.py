"""The table as GitHub-flavoured Markdown, to paste into an issue or a pull request.

Everything a table cell could be broken or marked up by is escaped, in whatever others wrote: a folder called
`a|b` or `<img>` stays one cell of plain text (GFM specification, 6.1 backslash escapes, 4.10 tables).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccmeter.reports import cells
from ccmeter.reports.foreign import harmless
from ccmeter.reports.model_names import names_of
from ccmeter.reports.table import Kind, Role

if TYPE_CHECKING:
    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Column, Report, Row, Table

_CODE_WIDTH = 80
_ACTIVE = re.compile(r"[\\`*_\[\]<>|~#&]|^[+-]")


def render(report: Report, _options: RenderOptions) -> str:
    """Give a heading, the figures, the table with its totals in bold, and the notes as a list; then further tables."""
    parts = _part(report.table, _drawn(report))
    for table in report.further:
        parts += _part(table, [])
    return "\n\n".join(parts) + "\n"


def _part(table: Table, drawn: list[str]) -> list[str]:
    notes = [f"- {_escaped(f'{note.mark} {note.text}'.strip())}" for note in table.notes]
    if not table.rows:
        return ["\n".join(notes)]
    heading = (
        f"### {_escaped(table.title)} ({_escaped(table.caption)})"
        if table.caption
        else f"### {_escaped(table.title)}"
    )
    return [heading, *drawn, "\n".join(_lines(table)), *(["\n".join(notes)] if notes else [])]


def _drawn(report: Report) -> list[str]:
    """Give the figures as a block of code: in characters, as wide as such a block is everywhere."""
    if not report.figures:
        return []
    from ccmeter.reports.charts import Look, lines_of

    # a label could end the block early
    lines = "\n".join(lines_of(report.figures, Look(_CODE_WIDTH))).replace("`", "'")
    return [f"```text\n{lines}\n```"]


def _lines(table: Table) -> list[str]:
    shown = [(place, column) for place, column in enumerate(table.columns) if not column.only_in_files]
    names = names_of(
        name for row in table.rows for cell in row.cells if isinstance(cell, tuple) for name in cell
    )
    return [
        _line([_escaped(column.title) for _, column in shown]),
        _line(["--:" if column.kind.is_number or column.is_right else ":--" for _, column in shown]),
        *(_line([_text(row, place, column, names) for place, column in shown]) for row in table.rows),
    ]


def _line(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _text(row: Row, place: int, column: Column, names: dict[str, str]) -> str:
    cell = row.cells[place]
    if row.role is Role.TOTAL and place == 0:
        text = cells.TOTAL
    elif row.role is Role.TOTAL and not column.kind.is_number:
        text = ""
    elif isinstance(cell, tuple):
        text = ", ".join(names[name] for name in cell)
    else:
        text = cells.for_people(column.kind, cell)
    if row.role is Role.DETAIL and column.kind is Kind.NAMES:
        text = f"↳ {text}"
    mark = column.mark if column.key in row.marks and cell is not None else ""
    text = _escaped(text + mark)
    return f"**{text}**" if row.role is Role.TOTAL and text else text


def _escaped(text: str) -> str:
    return _ACTIVE.sub(r"\\\g<0>", harmless(text))
