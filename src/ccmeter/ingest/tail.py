"""Reads what a transcript holds beyond its cursor, to the last complete line.

A file that only grew is read on from where it was left; one that shrank, was replaced or was rewritten is read from
its start. A last line without its newline is left for the next time, unless it is complete JSON already: then it is
read now, and once more when the file goes on. A file may grow, shrink or vanish while it is read.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from ccmeter.parsers.claude import Transcript
from ccmeter.parsers.claude.records import documents
from ccmeter.store.batch import FileRead, Tally
from ccmeter.store.cursors import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO

    from ccmeter.domain.usage import Findings
    from ccmeter.ingest.discover import Source

_BLOCK_BYTES: Final = 1 << 20
"""Read at once: fits the processor's cache, so that a byte is searched while it is still near."""
_EDGE_BYTES: Final = 1024
"""Digested at the head of a file and before its cursor."""


class Read(NamedTuple):
    """What one transcript gave."""

    file: FileRead
    findings: Findings


class Reader:
    """Reads transcripts one after another through one buffer."""

    def __init__(self, progress: Callable[[int], object] = int) -> None:
        """Make a reader that tells `progress` how many bytes it has read, as it reads them."""
        self._buffer = bytearray(_BLOCK_BYTES)
        self._progress = progress

    def read(self, source: Source, cursor: Cursor | None) -> Read:
        """Read a transcript from its cursor on. Raises OSError if it cannot be read."""
        with open(source.path, "rb", buffering=0) as file:  # noqa: PTH123 - a hot path
            found = os.fstat(file.fileno())
            is_again = cursor is not None and not _only_grew(file, found, cursor)
            start = 0 if cursor is None or is_again else cursor.offset_bytes
            transcript = Transcript(source.source, lambda: _lines(file, start))
            whole, end, size = self._feed(file, start, transcript)
            after = Cursor(
                source.name,
                found.st_dev,
                found.st_ino,
                size,
                found.st_mtime_ns,
                end,
                _digest(file, 0, min(end, _EDGE_BYTES)),
                _digest(file, max(end - _EDGE_BYTES, 0), end),
            )
        findings = transcript.findings
        rest = Tally(
            findings.kinds - Counter(whole.kinds),
            findings.rejected - Counter(whole.rejected),
        )
        return Read(FileRead(cursor, start, is_again, after, whole, rest), findings)

    def _feed(self, file: FileIO, start: int, transcript: Transcript) -> tuple[Tally, int, int]:
        """Read on from `start`; give what complete lines held, where the last of them ends, and where the file ends."""
        position = file.seek(start)
        held = 0
        while True:
            if held == len(self._buffer):
                self._buffer.extend(bytes(len(self._buffer)))
            with memoryview(self._buffer) as view, view[held:] as room:
                count = file.readinto(room)
            if not count:
                break
            self._progress(count)
            filled = held + count
            end = self._buffer.rfind(b"\n", held, filled) + 1
            if end:
                transcript.feed(self._buffer, 0, end, offset=position)
                self._buffer[: filled - end] = self._buffer[end:filled]
                position += end
            held = filled - end
        findings = transcript.findings
        whole = Tally(findings.kinds.copy(), findings.rejected.copy())
        if held and _is_complete(self._buffer[:held]):
            transcript.feed(self._buffer, 0, held, offset=position)
        if len(self._buffer) > _BLOCK_BYTES:
            self._buffer = bytearray(_BLOCK_BYTES)
        return whole, position, position + held


def _only_grew(file: FileIO, found: os.stat_result, cursor: Cursor) -> bool:
    if (found.st_dev, found.st_ino) != (cursor.device, cursor.inode) or found.st_size < cursor.offset_bytes:
        return False
    end = cursor.offset_bytes
    return (
        _digest(file, 0, min(end, _EDGE_BYTES)) == cursor.head
        and _digest(file, max(end - _EDGE_BYTES, 0), end) == cursor.tail
    )


def _digest(file: FileIO, start: int, end: int) -> str:
    file.seek(start)
    return hashlib.blake2b(file.read(end - start) or b"", digest_size=8).hexdigest()


def _is_complete(line: bytearray) -> bool:
    """Tell whether the bytes are whole JSON objects: no beginning of one is."""
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        found, is_whole = documents(bytes(line)) if line.rstrip().endswith(b"}") else ([], False)
        return is_whole and bool(found)
    return True


def _lines(file: FileIO, end: int) -> Iterator[bytes]:
    """Give the lines that stand before `end`, then go back to where the file was being read."""
    place = file.tell()
    file.seek(0)
    rest, left = b"", end
    while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
        left -= len(block)
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
    file.seek(place)
