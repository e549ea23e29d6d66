r"""The report's document as JSON.

Keys are sorted, so the same data gives the same bytes. Only ASCII is written, everything else as `\u` escapes: every
parser reads them as the same text, and no folder name can reach the terminal as a control sequence. The bytes are
those of `json.dumps(document, indent=2, sort_keys=True)`, but its indenting encoder is not the
fast one: here that one writes every object and list that holds nothing nested, which is where nearly all values are.
"""

from __future__ import annotations

import json
from bisect import bisect
from functools import cache
from typing import TYPE_CHECKING, Final

from ccmeter.reports.objects import object_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Json, Report

_NESTED: Final = (dict, list, tuple)


def render(report: Report, _options: RenderOptions) -> str:
    """Give the document, pretty-printed with two spaces."""
    pieces: list[str] = []
    _write(report.document, "\n", pieces)
    pieces.append("\n")
    return "".join(pieces)


def lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Give rows as an array of objects, a line each, with the keys of their columns."""
    encode = json.JSONEncoder(sort_keys=True, allow_nan=False).encode
    before = "[\n  "
    for row in rows:
        yield before + encode(object_of(columns, row))
        before = ",\n  "
    yield "[]\n" if before.startswith("[") else "\n]\n"


def _write(value: Json, line_end: str, pieces: list[str]) -> None:
    if type(value) is int:  # most values are, and this is a quarter of the time
        pieces.append(str(value))
        return
    inner = line_end + "  "
    if not isinstance(value, _NESTED) or not value:
        pieces.append(_encoder(inner)(value))
    elif isinstance(value, dict):
        _write_object(value, line_end, inner, pieces)
    else:
        _write_array(value, line_end, inner, pieces)


def _write_object(value: dict[str, Json], line_end: str, inner: str, pieces: list[str]) -> None:
    flat = {key: item for key, item in value.items() if not isinstance(item, _NESTED)}
    written = _encoder(inner)(flat)[1:-1]
    if len(flat) < len(value):
        # all that holds nothing nested comes out of one call: no text holds the line end that parts it here
        parts, names = written.split("," + inner) if flat else [], sorted(flat)
        for key in sorted(value.keys() - flat.keys(), reverse=True):
            nested = [f"{_quoted(key)}: "]
            _write(value[key], inner, nested)
            parts.insert(bisect(names, key), "".join(nested))
        written = ("," + inner).join(parts)
    pieces.append(f"{{{inner}{written}{line_end}}}")


def _write_array(value: list[Json] | tuple[Json, ...], line_end: str, inner: str, pieces: list[str]) -> None:
    if not any(isinstance(item, _NESTED) for item in value):
        pieces.append(f"[{inner}{_encoder(inner)(value)[1:-1]}{line_end}]")
        return
    before = "[" + inner
    for item in value:
        pieces.append(before)
        _write(item, inner, pieces)
        before = "," + inner
    pieces.append(line_end + "]")


@cache
def _quoted(key: str) -> str:
    return json.dumps(key)


@cache
def _encoder(inner: str) -> Callable[[object], str]:
    """Give the fast encoder, which puts each item on a line that begins as `inner` says."""
    return json.JSONEncoder(sort_keys=True, allow_nan=False, separators=("," + inner, ": ")).encode
