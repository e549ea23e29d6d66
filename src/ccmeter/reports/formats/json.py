r"""The report's document as JSON.

Keys are sorted, so the same data gives the same bytes. Only ASCII is written, everything else as `\u` escapes: every
parser reads them as the same text, and no folder name can reach the terminal as a control sequence. The bytes are
those of `json.dumps(document, indent=2, sort_keys=True)`, whose indenting encoder takes ten times as long.
"""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Json, Report


def render(report: Report, _options: RenderOptions) -> str:
    """Give the document, pretty-printed with two spaces."""
    pieces: list[str] = []
    _write(report.document, "\n", pieces)
    pieces.append("\n")
    return "".join(pieces)


def _write(value: Json, line_end: str, pieces: list[str]) -> None:
    if isinstance(value, str):
        pieces.append(encode_basestring_ascii(value))
    elif isinstance(value, dict):
        _write_object(value, line_end, pieces)
    elif isinstance(value, list | tuple):
        _write_array(value, line_end, pieces)
    elif type(value) is int or (type(value) is float and math.isfinite(value)):
        pieces.append(repr(value))
    else:
        pieces.append(json.dumps(value, allow_nan=False))


def _write_object(value: Mapping[str, Json], line_end: str, pieces: list[str]) -> None:
    inner = line_end + "  "
    before = "{" + inner
    for key in sorted(value):
        pieces.append(f"{before}{encode_basestring_ascii(key)}: ")
        _write(value[key], inner, pieces)
        before = "," + inner
    pieces.append(line_end + "}" if value else "{}")


def _write_array(value: Sequence[Json], line_end: str, pieces: list[str]) -> None:
    inner = line_end + "  "
    before = "[" + inner
    for item in value:
        pieces.append(before)
        _write(item, inner, pieces)
        before = "," + inner
    pieces.append(line_end + "]" if value else "[]")
