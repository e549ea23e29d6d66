"""Which lines of a transcript matter: found on the bytes, before any JSON is decoded.

A line is decoded if it holds `"output_tokens"`, or if its head proves a type that we keep, or if nothing about it can
be proven cheaply. What is skipped is proven harmless, so no billed line is lost to a shortcut; key order and spacing
are only ever a matter of speed (trap 18).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ccmeter.domain.rates import SYNTHETIC
from ccmeter.domain.usage import Findings
from ccmeter.parsers.claude import facts, records
from ccmeter.parsers.claude.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_NEEDLE: Final = b'"output_tokens"'
"""In every usage line of the measured corpus, and of the strings that are, the fastest to search for."""

_TOKENS: Final = b'put_tokens"'
"""Ends `input_tokens` and `output_tokens` alike."""

_WANTED: Final = frozenset(
    (
        b"assistant",
        b"progress",
        b"system",
        b"summary",
        b"ai-title",
        b"custom-title",
        b"pr-link",
        b"cost-state",
    ),
)
_SIGNS: Final = (
    b'"usage"',
    b"summary",
    b"-title",
    b"turn_duration",
    b"api_error",
    b"pr-link",
    b"cost-state",
    b"limit",
)
"""One of these stands in every record that we keep: for records whose type could not be proven."""

_TYPE: Final = b'"type":"'
_HEAD_BYTES: Final = 700
"""In the corpus the type of all but `assistant` records stands within these first bytes."""
_LONGEST_TYPE: Final = 40
_BRACE: Final = ord("{")
_ENDINGS: Final = b"}\r"
"""A whole record ends with the one; the other stands behind it where lines end in two bytes."""


class Transcript:
    """Reads one transcript, run of bytes after run of bytes, into `findings`."""

    def __init__(self, source: str, earlier_lines: Callable[[], Iterable[bytes]] = tuple) -> None:
        """Begin to read `source`, the transcript's path below the configuration folder.

        `earlier_lines` gives the lines before the first byte that will be fed; it is asked only if a line without any
        id turns up, which is named by its place among equal lines.
        """
        self.findings = Findings()
        self._kinds = self.findings.kinds
        self._calls = Calls(source, self.findings, earlier_lines)

    def feed(self, buffer: bytes | bytearray, start: int, end: int, *, offset: int) -> None:
        """Read `buffer[start:end]`, which are whole lines; the first begins at byte `offset` of the file."""
        shift = offset - start
        position = start
        find, rfind = buffer.find, buffer.rfind
        with memoryview(buffer) as view:
            while position < end:
                hit = find(_NEEDLE, position, end)
                line_start = end if hit < 0 else max(rfind(b"\n", position, hit) + 1, position)
                while position < line_start:
                    stop = find(b"\n", position, line_start)
                    stop = line_start if stop < 0 else stop
                    self._glance(buffer, view, position, stop, position + shift)
                    position = stop + 1
                if hit >= 0:
                    stop = find(b"\n", hit, end)
                    stop = end if stop < 0 else stop
                    self._decode(view[line_start:stop], line_start + shift)
                    position = stop + 1

    def _glance(
        self, buffer: bytes | bytearray, view: memoryview, start: int, stop: int, offset: int
    ) -> None:
        """Deal with a line without the needle: decode it only if its type is wanted or cannot be proven.

        The head proves a type if nothing is nested and nothing escaped before it: then what was found is a key of the
        record itself, and no part of a text.
        """
        find = buffer.find
        at = find(_TYPE, start, start + _HEAD_BYTES)
        if (
            not start < at < stop
            or buffer[start] != _BRACE
            or find(b"{", start + 1, at) >= 0
            or find(b"\\", start + 1, at) >= 0
        ):
            self._look_closer(view[start:stop], offset)
            return
        at += len(_TYPE)
        end = find(b'"', at, stop)
        kind = bytes(buffer[at : at if end < 0 else end])
        if kind in _WANTED and (kind != b"progress" or find(_TOKENS, start, stop) >= 0):
            self._decode(view[start:stop], offset)
        elif buffer[stop - 1] in _ENDINGS and kind:
            self._kinds[kind[:_LONGEST_TYPE].decode("utf-8", "replace")] += 1
        else:
            self._decode_patiently(bytes(view[start:stop]), offset)

    def _look_closer(self, line: memoryview, offset: int) -> None:
        """Deal with a line whose head proves nothing: decode it if a sign of anything wanted stands in it."""
        content = bytes(line)
        if any(sign in content for sign in _SIGNS):
            self._decode(line, offset)
        elif kind := records.kind(line):
            self._kinds[kind[:_LONGEST_TYPE]] += 1
        elif content.strip():
            self._decode_patiently(content, offset)

    def _decode(self, line: memoryview, offset: int) -> None:
        try:
            record = records.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            self._decode_patiently(bytes(line), offset)
        else:
            self._take(record, line, offset, None)

    def _decode_patiently(self, line: bytes, offset: int) -> None:
        """Take what the fast decoder refuses: odd values, several documents on a line (trap 13), bad UTF-8."""
        documents, is_whole = records.documents(line)
        for document in documents:
            record = records.clean(records.Record, document, self.findings.rejected)
            self._take(record, line, offset, document)
        if not is_whole or not documents:
            self.findings.rejected["malformed line"] += 1

    def _take(
        self,
        record: records.Record,
        line: memoryview | bytes,
        offset: int,
        document: dict[str, Any] | None,
    ) -> None:
        kind = record.type
        self._kinds["unknown" if kind is None else kind[:_LONGEST_TYPE]] += 1
        if kind == "assistant" or kind is None:
            message = record.message
            if message is None or (usage := message.usage) is None:
                return
            if message.model == SYNTHETIC:
                facts.take_error(self.findings, records.fact(line, document), offset)
            else:
                self._calls.take(record, message, usage, line, offset)
        elif kind == "progress":
            self._calls.take_nested(record, line, offset)
        elif kind in facts.KINDS:
            facts.take(self.findings, records.fact(line, document), offset)
