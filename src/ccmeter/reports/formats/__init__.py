"""How a report is written: one module for each format, found by its name.

The folder is the registry: `formats/<name>.py` with a `render` is the format `<name>`, and nothing else has to be
told. Formats are imported when they are used, so that a table costs nothing to someone who asks for JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from ccmeter.domain.errors import UsageError

if TYPE_CHECKING:
    from ccmeter.reports.table import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """What the place that will show the text can show. Files are the same everywhere and ignore it."""

    width: int = 80
    """Cells in a line; a table needs 60 to be any good."""
    colour: bool = False
    unicode: bool = True
    """Without it a terminal gets ASCII only."""


class Format(Protocol):
    """What a module of this folder offers."""

    def render(self, report: Report, options: RenderOptions, /) -> str:
        """Give the report as text that ends with one newline."""


def names() -> tuple[str, ...]:
    """Give the names of all formats, sorted."""
    from pkgutil import iter_modules

    return tuple(sorted(module.name for module in iter_modules(__path__)))


def render(name: str, report: Report, options: RenderOptions) -> str:
    """Give the report in the format `name`, ending with one newline; UsageError when there is no such format.

    The text carries the line ends that its format asks for (CSV: CRLF): write it without translating them.
    """
    module = f"{__name__}.{name}"
    try:
        chosen: Format = import_module(module)
    except ModuleNotFoundError as error:
        if name.isidentifier() and error.name != module:
            raise  # the format is there, and something that it needs is not
        hint = f"There are: {', '.join(names())}."
        raise UsageError(f"There is no format called {name!r}.", hint=hint) from None
    return chosen.render(report, options)
