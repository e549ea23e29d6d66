"""Writes a report from the screen into a file, in the formats of the command line, and as a picture."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import OutputError
from ccmeter.reports import formats
from ccmeter.reports.formats import RenderOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.reports.table import Report

ENDINGS: Final[Mapping[str, str]] = {
    ".csv": "csv",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".svg": "svg",
}
"""What a file is, by the end of its name."""
_WIDTH: Final = 120


def format_of(file: Path) -> str:
    """Give the format that a name asks for. Raises OutputError."""
    found = ENDINGS.get(file.suffix.lower())
    if found is None:
        raise OutputError(
            f"'{file.name}' does not say which format.", hint=f"It ends in {', '.join(sorted(set(ENDINGS)))}."
        )
    return found


def rendered(report: Report, name: str) -> str:
    """Give a report as the text of a file."""
    if name == "svg":
        return _picture(report)
    text = formats.render(name, report, RenderOptions(width=_WIDTH))
    return text if isinstance(text, str) else text.decode()


def _picture(report: Report) -> str:
    import io

    from rich.console import Console
    from rich.text import Text

    text = formats.render("table", report, RenderOptions(width=_WIDTH, colour=True))
    console = Console(
        file=io.StringIO(), width=_WIDTH, record=True, color_system="truecolor", force_terminal=True
    )
    console.print(Text.from_ansi(str(text)), end="")
    return console.export_svg(title=report.table.title, clear=True)


def write(file: Path, text: str, *, replaces: bool) -> None:
    """Write a file as a whole or not at all. Raises OutputError, also for one that is there unless it may be replaced."""
    try:
        if file.exists() and not replaces:
            raise OutputError(
                f"{file} is there already.", hint="Choose another name, or write it once more to replace it."
            )
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".ccmeter-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as made:
                made.write(text)
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{file} cannot be written: {error.strerror}.") from error
