"""How a report is written: one module for each format, found by its name.

The folder is the registry: `formats/<name>.py` with a `render` is the format `<name>`, and nothing else has to be
told. Formats are imported when they are used, so that a table costs nothing to someone who asks for JSON. A format
that can also write rows one after the other, for more of them than should be held at once, has `lines` (text) or `save`
(a file) too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from ccmeter.domain.errors import UsageError
from ccmeter.reports.style import PLAIN, Style, styled, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ccmeter.domain.columns import TypedColumn
    from ccmeter.reports.table import Cell, Column, Report

    Pack: TypeAlias = "Callable[[Sequence[TypedColumn]], bytes]"


STREAMING: Final = "Formats that can: csv, json, jsonl, parquet, xlsx."


def _no_pack(_columns: Sequence[TypedColumn]) -> bytes:
    raise AssertionError("whoever renders Parquet says how it is packed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """What the place that will show the text can show. Files are the same everywhere and ignore it."""

    width: int = 80
    """Cells in a line; a table needs 60 to be any good."""
    colour: bool = False
    unicode: bool = True
    """Without it a terminal gets ASCII only."""
    pack: Pack = field(default=_no_pack, compare=False)
    """Makes a Parquet file of columns: the store can, and formats do not know the store."""
    style: Style = PLAIN
    """How a person wants numbers, days and money written; files of data ignore it."""


class Format(Protocol):
    """What a module of this folder offers."""

    def render(self, report: Report, options: RenderOptions, /) -> str | bytes:
        """Give the report as text that ends with one newline, or as the bytes of a file."""


def names() -> tuple[str, ...]:
    """Give the names of all formats, sorted."""
    from pkgutil import iter_modules

    return tuple(sorted(module.name for module in iter_modules(__path__)))


def render(name: str, report: Report, options: RenderOptions) -> str | bytes:
    """Give the report in the format `name`; UsageError when there is no such format.

    Text ends with one newline and carries the line ends that its format asks for (CSV: CRLF): write it without
    translating them.
    """
    chosen: Format = _module(name)
    with written(options.style):
        answer = chosen.render(styled(report, options.style, format_name=name), options)
    return options.style.painted(answer) if isinstance(answer, str) and options.colour else answer


def is_binary(name: str) -> bool:
    """Tell whether a format is bytes that no terminal can show."""
    return bool(getattr(_module(name), "IS_BINARY", False))


def lines(name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Give rows as pieces of text in the format `name`, none held longer than it takes; UsageError if it cannot."""
    chosen = _module(name)
    if not hasattr(chosen, "lines"):
        raise UsageError(f"{name} cannot be written row by row.", hint=STREAMING)
    pieces: Iterator[str] = chosen.lines(columns, rows)
    return pieces


def streaming() -> tuple[str, ...]:
    """Give the names of the formats that can take any number of rows, sorted."""
    return tuple(
        name
        for name in names()
        if any(hasattr(_module(name), each) for each in ("lines", "save", "IS_BINARY"))
    )


def save(name: str, file: Path, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows into a file in the binary format `name`, none held longer than it takes; UsageError if it cannot."""
    chosen = _module(name)
    if not hasattr(chosen, "save"):
        raise UsageError(f"{name} cannot be written row by row.", hint=STREAMING)
    chosen.save(file, columns, rows)


def _module(name: str) -> Any:
    module = f"{__name__}.{name}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if name.isidentifier() and error.name != module:
            raise  # the format is there, and something that it needs is not
        hint = f"There are: {', '.join(names())}."
        raise UsageError(f"There is no format called {name!r}.", hint=hint) from None
