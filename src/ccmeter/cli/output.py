"""Where answers go: standard output or a file; everything said besides goes to standard error.

A closed pipe ends the program quietly: whoever reads had enough.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from ccmeter.domain.errors import OutputError, UsageError
from ccmeter.reports.formats import RenderOptions

_WIDTH_OF_FILES = 120
"""Of tables that no terminal shows."""
_ENDINGS = {".json": "json", ".csv": "csv", ".md": "markdown", ".markdown": "markdown", ".txt": "table"}


def chosen_format(
    named: str | None, known: tuple[str, ...], *, as_json: bool, as_csv: bool, output: Path | None
) -> str:
    """Give the format asked for, in words, by a flag, or by the ending of the file to write. Raises UsageError."""
    asked = {name for name, flag in (("json", as_json), ("csv", as_csv)) if flag} | (
        {named} if named else set()
    )
    if len(asked) > 1:
        raise UsageError(f"One format at a time: {' and '.join(sorted(asked))} were asked for.")
    if not asked:
        return _ENDINGS.get(output.suffix.lower(), "table") if output else "table"
    name = asked.pop()
    if name not in known:
        raise UsageError(f"There is no format '{name}'.", hint=f"Formats: {', '.join(known)}.")
    return name


def render_options(output: Path | None) -> RenderOptions:
    """Find out how wide the answer may be and whether it may use colour."""
    environment = os.environ
    to_terminal = output is None and sys.stdout.isatty()
    colour = to_terminal and environment.get("TERM") != "dumb"
    if environment.get("FORCE_COLOR"):
        colour = environment["FORCE_COLOR"] != "0"
    if environment.get("NO_COLOR"):
        colour = False
    encoding = (sys.stdout.encoding or "ascii").lower()
    return RenderOptions(
        width=_width() if output is None else _WIDTH_OF_FILES,
        colour=colour,
        unicode=output is not None or encoding.startswith("utf"),
    )


def _width() -> int:
    """Give the columns of `COLUMNS`, else of whichever stream is a terminal: a pipe mostly ends in the same one."""
    if os.environ.get("COLUMNS", "").isdecimal() and (columns := int(os.environ["COLUMNS"])):
        return columns
    for descriptor in (1, 2, 0):
        with contextlib.suppress(OSError):
            if columns := os.get_terminal_size(descriptor).columns:
                return columns
    return _WIDTH_OF_FILES


def write(text: str, output: Path | None = None, *, force: bool = False) -> None:
    """Give the answer. Raises OutputError."""
    if output is None:
        _print(text)
        return
    try:
        if output.exists() and not force:
            raise OutputError(
                f"{output} exists already.", hint="Choose another name, or let --force replace it."
            )
        _replace(output, text)
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error
    say(f"Written: {output}")


def say(text: str) -> None:
    """Tell the person something that is not the answer."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text + "\n")


def _replace(output: Path, text: str) -> None:
    """Write a file as a whole or not at all: beside its place first, with the rights of any new file."""
    mask = os.umask(0)
    os.umask(mask)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=output.parent, prefix=f".{output.name[:40]}.", delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.close()
            temporary.chmod(0o666 & ~mask)
            temporary.replace(output)
        except BaseException:
            temporary.unlink()
            raise


def _print(text: str) -> None:
    try:
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))
        sys.stdout.flush()
    except OSError as error:
        # what is left in the buffer has nowhere to go: the interpreter must not complain about it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"The answer cannot be written: {error.strerror}.") from error
