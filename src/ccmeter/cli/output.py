"""Where answers go: standard output or a file; everything said besides goes to standard error.

A closed pipe ends the program quietly: whoever reads had enough.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.domain.errors import OutputError, UsageError
from ccmeter.reports.formats import RenderOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccmeter.domain.columns import TypedColumn

_BLOCK_BYTES = 1 << 20
_WIDTH_OF_FILES = 120
"""Of tables that no terminal shows."""
_ENDINGS = {".md": "markdown", ".txt": "table", ".htm": "html", ".ndjson": "jsonl"}
"""Besides the formats' own names."""


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
        return _by_ending(output, known) if output else "table"
    name = asked.pop()
    if name not in known:
        raise UsageError(f"There is no format '{name}'.", hint=f"Formats: {', '.join(known)}.")
    return name


def _by_ending(output: Path, known: tuple[str, ...]) -> str:
    ending = output.suffix.lower()
    if ending[1:] in known:
        return ending[1:]
    if ending and ending not in _ENDINGS:
        raise UsageError(f"No format ends in {ending}.", hint=f"Name one with --format: {', '.join(known)}.")
    return _ENDINGS.get(ending, "table")


def refuse_terminal(name: str, output: Path | None) -> None:
    """Raise UsageError where bytes would be shown on a terminal: it would take them for commands."""
    if output is None and sys.stdout.isatty():
        raise UsageError(
            f"{name} is no text to show on a terminal.",
            hint=f"Write it to a file: --output usage.{name}",
        )


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
        pack=_pack,
    )


def _pack(columns: Sequence[TypedColumn]) -> bytes:
    from ccmeter.store import parquet

    return parquet.pack(columns)


def _width() -> int:
    """Give the columns of `COLUMNS`, else of whichever stream is a terminal: a pipe mostly ends in the same one."""
    if os.environ.get("COLUMNS", "").isdecimal() and (columns := int(os.environ["COLUMNS"])):
        return columns
    for descriptor in (1, 2, 0):
        with contextlib.suppress(OSError):
            if columns := os.get_terminal_size(descriptor).columns:
                return columns
    return _WIDTH_OF_FILES


def write(answer: str | bytes, output: Path | None = None, *, force: bool = False) -> None:
    """Give the answer. Raises OutputError."""
    if output is None:
        show(answer)
        return
    with replacing(output, force=force) as temporary:
        temporary.write_bytes(answer.encode() if isinstance(answer, str) else answer)


def write_file(file: Path, output: Path | None = None, *, force: bool = False) -> None:
    """Give an answer that was made in a file. Raises OutputError."""
    with file.open("rb") as made:
        stream(iter(lambda: made.read(_BLOCK_BYTES), b""), output, force=force)


def stream(pieces: Iterable[str | bytes], output: Path | None = None, *, force: bool = False) -> None:
    """Give an answer piece by piece, until whoever reads has had enough. Raises OutputError."""
    if output is None:
        for piece in pieces:
            if not show(piece):
                return
        return
    with replacing(output, force=force) as temporary, temporary.open("wb") as file:
        for piece in pieces:
            file.write(piece.encode() if isinstance(piece, str) else piece)


@contextlib.contextmanager
def replacing(output: Path, *, force: bool) -> Iterator[Path]:
    """Lend an empty file to write, which takes its place as a whole at the end, or is gone. Raises OutputError."""
    try:
        if output.exists() and not force:
            raise OutputError(
                f"{output} exists already.", hint="Choose another name, or let --force replace it."
            )
        with _aside(output) as temporary:
            yield temporary
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error
    say(f"Written: {output}")


def say(text: str) -> None:
    """Tell the person something that is not the answer."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text + "\n")


@contextlib.contextmanager
def _aside(output: Path) -> Iterator[Path]:
    """Write a file as a whole or not at all: beside its place first, with the rights of any new file."""
    mask = os.umask(0)
    os.umask(mask)
    descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name[:40]}.")
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~mask)
        temporary.replace(output)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def show(answer: str | bytes) -> bool:
    """Give the answer, or a piece of it, on standard output; tell whether anybody still reads. Raises OutputError."""
    try:
        if isinstance(answer, str):
            answer = answer.encode(sys.stdout.encoding or "utf-8", "replace")
        sys.stdout.buffer.write(answer)
        sys.stdout.flush()
    except OSError as error:
        # what is left in the buffer has nowhere to go: the interpreter must not complain about it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"The answer cannot be written: {error.strerror}.") from error
        return False
    return True
