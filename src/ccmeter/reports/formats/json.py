r"""The report's document as JSON.

Keys are sorted, so the same data gives the same bytes. Only ASCII is written, everything else as `\u` escapes: every
parser reads them as the same text, and no folder name can reach the terminal as a control sequence.

msgspec writes what Python's own indenting encoder writes (but for the form of very small and very large floats) in a
fifth of the time, which for thousands of sessions is a tenth of the whole command.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec

from ccmeter.reports.objects import object_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Report


def render(report: Report, _options: RenderOptions) -> str:
    """Give the document, pretty-printed with two spaces."""
    try:
        compact = msgspec.json.encode(report.document, order="sorted")
    except UnicodeEncodeError:  # half a character, as in a file name that is no UTF-8
        return json.dumps(report.document, indent=2, sort_keys=True) + "\n"
    text = (msgspec.json.format(compact, indent=2) + b"\n").decode("utf-8")
    # looked for before it is indented: a third less to look through
    return text if compact.isascii() and b"\x7f" not in compact else re.sub(r"[^\n -~]", _escaped, text)


def lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Give rows as an array of objects, a line each, with the keys of their columns."""
    encode = json.JSONEncoder(sort_keys=True, allow_nan=False).encode
    before = "[\n  "
    for row in rows:
        yield before + encode(object_of(columns, row))
        before = ",\n  "
    yield "[]\n" if before.startswith("[") else "\n]\n"


def _escaped(letter: re.Match[str]) -> str:
    return json.dumps(letter[0])[1:-1]
