"""The records of a transcript: decoded many lines at once, or, where the decoder refuses one of them, line by line.

One pass of the typed decoder over all bytes, which builds nothing of what people and models wrote, costs half of what
it costs to tell on the bytes which lines matter and to decode those: 1.6 GB/s in all. And it proves what any shortcut
can only presume: which type a record is of, however it is written (traps 10 and 18).
"""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.rates import SYNTHETIC
from ccmeter.domain.usage import Findings
from ccmeter.parsers.claude import facts, prompts, records
from ccmeter.parsers.claude.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST_TYPE: Final = 40
_HEARD: Final = frozenset((None, "assistant", "progress", "user", *facts.KINDS))
"""Types of records that have something to tell."""
_BRACE: Final = ord("{")
_type: Final = attrgetter("type")


class Transcript:
    """Reads one transcript, run of bytes after run of bytes, into `findings`."""

    def __init__(self, source: str, earlier_lines: Callable[[], Iterable[bytes]] = tuple) -> None:
        """Begin to read `source`, the transcript's path below the configuration folder.

        `earlier_lines` gives the lines before the first byte that will be fed; it is asked only if a line without any
        id turns up, which is named by its place among equal lines.
        """
        self.findings = Findings()
        self._calls = Calls(source, self.findings, self._line_at, earlier_lines)
        self._buffer: bytes | bytearray = b""
        self._end = self._shift = 0

    def feed(self, buffer: bytes | bytearray, start: int, end: int, *, offset: int) -> None:
        """Read `buffer[start:end]`, which are whole lines; the first begins at byte `offset` of the file."""
        self._buffer, self._end, self._shift = buffer, end, offset - start
        starts = _line_starts(buffer, start, end)
        with memoryview(buffer) as view, view[start:end] as lines:
            try:
                found = records.decode_lines(lines) if starts else []
            except records.REFUSALS:
                found = []
        if starts and len(found) == len(starts):
            self._count(found)
            shift, take = self._shift, self._take
            take_call, take_nested = self._calls.take, self._calls.take_nested
            for line_start, record in zip(starts, found, strict=True):
                kind = record.type
                if kind == "assistant" and (message := record.message) is not None:  # most that matter
                    if (usage := message.usage) is not None and message.model != SYNTHETIC:
                        take_call(record, message, usage, line_start + shift)
                    elif usage is not None:
                        take(record, line_start + shift)
                elif kind == "progress":  # most tell of a command that runs
                    if (data := record.data) is not None and data.type == "agent_progress":
                        take_nested(record, data, line_start + shift)
                elif kind in _HEARD:
                    take(record, line_start + shift)
        else:
            self._feed_by_line(start)
        self._buffer = b""

    def _feed_by_line(self, position: int) -> None:
        """Read lines one by one: one at least is odd, so that their records could not be told apart."""
        while position < self._end:
            offset = position + self._shift
            line = self._line_at(offset)
            position += len(line) + 1
            if not line.strip():
                continue
            try:
                record = records.decode(line)
            except records.REFUSALS:
                self._take_patiently(line, offset)
            else:
                self._count([record])
                self._take(record, offset)

    def _take_patiently(self, line: bytes, offset: int) -> None:
        """Take what the fast decoder refuses: odd values, several documents on a line (trap 13), bad UTF-8."""
        documents, is_whole = records.documents(line)
        for document in documents:
            record = records.clean(records.Record, document, self.findings.rejected)
            self._count([record])
            self._take(record, offset, document)
        if not is_whole or not documents:
            self.findings.rejected["malformed line"] += 1

    def _count(self, found: Iterable[records.Record]) -> None:
        for kind, lines in Counter(map(_type, found)).items():
            self.findings.kinds["unknown" if kind is None else kind[:_LONGEST_TYPE]] += lines

    def _take(self, record: records.Record, offset: int, document: dict[str, Any] | None = None) -> None:
        kind = record.type
        if kind == "user":  # nearly half of all lines, of which a twentieth is a prompt
            if record.isSidechain is not True and (document is not None or self._may_be_prompt(offset)):
                prompts.take(self.findings, records.said(*self._source_of(offset, document)), offset)
        elif kind == "assistant" or kind is None:
            message = record.message
            if message is None or (usage := message.usage) is None:
                return
            if message.model == SYNTHETIC:
                facts.take_error(self.findings, self._fact(offset, document), offset)
            else:
                self._calls.take(record, message, usage, offset)
        elif kind == "progress":
            if (data := record.data) is not None and data.type == "agent_progress":
                self._calls.take_nested(record, data, offset)
        elif kind in facts.KINDS:
            facts.take(self.findings, self._fact(offset, document), offset)

    def _may_be_prompt(self, offset: int) -> bool:
        """Tell on the bytes that a line is the result of a tool, so that it need not be decoded again.

        Within a text the quotes would be escaped, so what is found is a block of that type. Where it stands elsewhere
        or is written otherwise, the record itself tells.
        """
        start = offset - self._shift
        find = self._buffer.find
        place = find(prompts.TOOL_RESULT, start, min(start + prompts.NEAR_BYTES, self._end))
        return place < 0 or find(b"\n", start, place) >= 0

    def _fact(self, offset: int, document: dict[str, Any] | None) -> records.Fact:
        return records.fact(*self._source_of(offset, document))

    def _source_of(self, offset: int, document: dict[str, Any] | None) -> tuple[bytes, dict[str, Any] | None]:
        return (self._line_at(offset) if document is None else b""), document

    def _line_at(self, offset: int) -> bytes:
        """Give the line that begins at byte `offset` of the file, which must be among those just fed."""
        start = offset - self._shift
        stop = self._buffer.find(b"\n", start, self._end)
        return bytes(self._buffer[start : self._end if stop < 0 else stop])


def _line_starts(buffer: bytes | bytearray, start: int, end: int) -> list[int]:
    """Give where lines begin; nothing if one of them does not begin as a record does.

    The decoder takes any white space between documents for the end of a line. Where all lines begin with a brace and
    there are as many documents as lines, each line is one document; if ever one document fills two lines and two share
    one, all are read, and only the places of those two are off.
    """
    find = buffer.find
    starts = []
    while start < end:
        if buffer[start] != _BRACE:
            return []
        starts.append(start)
        start = find(b"\n", start, end) + 1 or end
    return starts
