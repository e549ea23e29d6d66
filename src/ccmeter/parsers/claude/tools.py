"""Which tools a call asked for, and which file was read.

Of what a tool is told (commands, edits, patterns, addresses) nothing is kept but the file that a reading tool names: its
path below the session's folder, or its name alone where it lies elsewhere. A digest of the whole path tells two files of
one name apart, and tells, without naming it, that a file was changed between two reads.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.usage import ToolCall
from ccmeter.parsers.claude.values import text

if TYPE_CHECKING:
    from ccmeter.domain.usage import Findings
    from ccmeter.parsers.claude.records import Block, ToolInput

_READING: Final = frozenset(("Read", "NotebookRead", "View"))
_CHANGING: Final = frozenset(("Edit", "MultiEdit", "Write", "NotebookEdit"))
_WITH_FILE: Final = _READING | _CHANGING
_NAME: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
"""What the API takes for a name, and what servers of tools put into theirs: no prose."""
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_ID_END: Final = 12
"""So much of an id tells the few tools of one call apart; DuckDB keeps texts up to this length in place."""
_PART: Final = ("offset", "limit", "pages", "cell_id")
_tool: Final = tuple.__new__
"""Makes a `ToolCall` in half the time that its own constructor takes."""


class Tools:
    """Collects the tools that the calls of one transcript asked for."""

    def __init__(self, findings: Findings) -> None:
        self._append = findings.tools.append
        self._names: dict[str | None, str] = {}
        self._files: dict[tuple[str, str], tuple[str, int]] = {}

    def take(self, block: Block, call_key: str, offset: int, cwd: str) -> None:
        """Take a block of type `tool_use`. One without an id counts as the only such of its name in the call."""
        name = self._names.get(block.name)
        if name is None:
            name = self._names[block.name] = _named(block.name)
        tool_id = block.id[-_ID_END:] if block.id else name
        if name not in _WITH_FILE or block.input is None or not (path := _path(block.input)):
            self._append(_tool(ToolCall, (call_key, tool_id, offset, name, "", 0, 0)))
            return
        place = (cwd, path)
        found = self._files.get(place)
        if found is None:
            found = self._files[place] = _filed(path, cwd)
        file, path_digest = found
        is_read = name in _READING
        part_digest = _part(block.input) if is_read else 0
        kept = (call_key, tool_id, offset, name, file if is_read else "", path_digest, part_digest)
        self._append(_tool(ToolCall, kept))


def _named(name: str | None) -> str:
    return name if name and _NAME.fullmatch(name) else ""


def _path(told: ToolInput) -> str:
    return text(told.file_path) or text(told.notebook_path)


def _filed(path: str, cwd: str) -> tuple[str, int]:
    """Give what a file is shown as, and a digest of its whole path."""
    if _DRIVE.match(path) or _DRIVE.match(cwd):
        path, cwd = path.replace("\\", "/"), cwd.replace("\\", "/")
    folder = posixpath.normpath(cwd) if cwd else ""
    whole = posixpath.normpath(path if _is_absolute(path) else f"{folder}/{path}")
    below = folder.rstrip("/") + "/"
    shown = whole[len(below) :] if folder and whole.startswith(below) else posixpath.basename(whole)
    return (shown, _digest(whole)) if shown else ("", 0)


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or _DRIVE.match(path) is not None


def _part(told: ToolInput) -> int:
    """Give a digest of the part of a file that a tool asked for: 0 for all of it, equal for equal parts."""
    said: list[Any] = [getattr(told, name) for name in _PART]
    return 0 if all(value is None for value in said) else _digest(repr(said))


def _digest(said: str) -> int:
    made = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(made, "big", signed=True) or 1
