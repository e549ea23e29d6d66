"""What a reader hands to the store: columns, ready to be inserted, and how far each file was read.

Columns are made where the lines are parsed, in the worker processes, and travel as plain bytes: turning 157,000 lines
into columns costs as much as inserting them. Nothing here imports DuckDB, so a worker starts without it.
"""

from __future__ import annotations

import itertools
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccmeter.store.cursors import Cursor

Values = bytes | tuple[bytes, bytes]
"""A column: 64-bit integers, or the offsets and the UTF-8 of texts."""


class Tally(NamedTuple):
    """How many lines of each record type there were, and what could not be used, by reason."""

    kinds: Mapping[str, int]
    rejected: Mapping[str, int]


class FileRead(NamedTuple):
    """One file's share of a batch."""

    before: Cursor | None
    """The cursor found in the store; None for a new file."""
    start_bytes: int
    """Where reading began."""
    is_again: bool
    """A known file was read from its start, because it is no longer what it was."""
    after: Cursor
    tally: Tally
    """Of the complete lines that were read."""
    rest: Tally
    """Of a last line that lacks its newline; it will be read once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Rows of one table, by column. A row names its file by `file_number`, its place in the batch."""

    rows: int
    values: Mapping[str, Values]
    unsigned: frozenset[str] = frozenset()
    """The columns whose integers have no sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything read from some files, to be stored together or not at all."""

    files: tuple[FileRead, ...]
    tables: Mapping[str, Columns] = field(default_factory=dict)


def integers(values: Iterable[int]) -> bytes:
    """Give a column of 64-bit integers."""
    return array("q", values).tobytes()


def texts(values: Sequence[str]) -> tuple[bytes, bytes]:
    """Give a column of texts."""
    joined = "".join(values)
    if joined.isascii():
        lengths: Iterable[int] = map(len, values)
        content = joined.encode("ascii")
    else:
        encoded = [value.encode("utf-8", "replace") for value in values]
        lengths, content = map(len, encoded), b"".join(encoded)
    return array("i", itertools.accumulate(lengths, initial=0)).tobytes(), content


def columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    """Turn rows of integers and texts into columns."""
    made: dict[str, Values] = {}
    for name, values in zip(names, zip(*rows, strict=True), strict=True) if rows else ():
        made[name] = texts(values) if isinstance(values[0], str) else integers(values)
    return Columns(rows=len(rows), values=made)


SMALL: Final = 2_000
"""Up to this many rows, binding Python lists is cheaper than importing the Arrow library (27 ms of CPU)."""
