"""Usage lines: one per line of a call, and the parts of a call that are billed on top of it.

A call writes one line per content block, and copies of them turn up in other records, files and sessions. Nothing is
decided here about which of them counts: each becomes a line with its origin, and the store's view merges them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.rates import SYNTHETIC
from ccmeter.domain.usage import UNKNOWN_COST, BilledPart, Origin, UsageLine
from ccmeter.parsers.claude.records import Split
from ccmeter.parsers.claude.tools import Tools
from ccmeter.parsers.claude.values import micros, recorded_pico, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccmeter.domain.usage import Findings
    from ccmeter.parsers.claude.records import Iteration, Message, Nested, Progress, Record, Usage

_PART_KINDS: Final = {"advisor_message": "advisor", "compaction": "compaction"}
_NO_SPLIT: Final = Split()

_NOBODY: Final = Origin("", "", "", "", "", False, False, False, "", "", "", "")  # noqa: FBT003
_line: Final = tuple.__new__
"""Makes a `UsageLine` in half the time that its own constructor takes."""


class Calls:
    """Makes usage lines of the records of one transcript."""

    def __init__(
        self,
        source: str,
        findings: Findings,
        line_at: Callable[[int], bytes],
        earlier_lines: Callable[[], Iterable[bytes]],
    ) -> None:
        """Begin a transcript.

        `line_at` gives the line at a byte of the file, `earlier_lines` all before the first that is read; both are
        asked only for a call without any id.
        """
        self._source = source.encode("utf-8", "surrogateescape")
        self._findings = findings
        self._line_at = line_at
        self._earlier_lines = earlier_lines
        self._tools = Tools(findings)
        self._idless: Counter[bytes] | None = None
        self._origins: dict[Origin, Origin] = {}
        self._raw_origins: dict[tuple[tuple[str | bool | None, ...], ...], Origin] = {}
        self._last_raw: tuple[Any, ...] = ()
        self._last = _NOBODY

    def take(self, record: Record, message: Message, usage: Usage, offset: int) -> None:
        """Take the call of an `assistant` record."""
        raw = (
            record.sessionId,
            record.cwd,
            record.gitBranch,
            record.version,
            record.agentId,
            record.isSidechain,
            record.forkedFrom,
            message.model,
            usage.speed,
            usage.service_tier,
            usage.inference_geo,
        )
        if raw != self._last_raw:  # neighbouring lines nearly always share theirs
            fork = text(record.forkedFrom.sessionId) if record.forkedFrom is not None else ""
            place = (fork or record.sessionId, record.agentId, record.cwd, record.gitBranch, record.version)
            flags = (record.isSidechain is True, False, fork != "")
            self._last = self._origin(
                place, flags, (message.model, usage.speed, usage.service_tier, usage.inference_geo)
            )
            self._last_raw = raw
        self._append(record, message, usage, self._last, record.timestamp, record.costUSD, offset)

    def take_nested(self, record: Record, inner: Progress, offset: int) -> None:
        """Take the call inside an `agent_progress` record and the copies beside it (trap 6)."""
        place = (record.sessionId, inner.agentId, record.cwd, record.gitBranch, record.version)
        for nested in (inner.message, *(inner.normalizedMessages or ())):
            if nested is None or nested.message is None or nested.type not in ("assistant", None):
                continue
            message, usage = nested.message, nested.message.usage
            if usage is None or message.model == SYNTHETIC:
                continue
            kind = (message.model, usage.speed, usage.service_tier, usage.inference_geo)
            origin = self._origin(place, (True, True, False), kind)
            stamp = record.timestamp if nested.timestamp is None else nested.timestamp
            self._append(nested, message, usage, origin, stamp, None, offset)

    def _append(
        self,
        record: Record | Nested,
        message: Message,
        usage: Usage,
        origin: Origin,
        stamp: object,
        cost_usd: object,
        offset: int,
    ) -> None:
        split = usage.cache_creation or _NO_SPLIT
        fresh, output, written = usage.input_tokens, usage.output_tokens, usage.cache_creation_input_tokens
        short, long = split.ephemeral_5m_input_tokens, split.ephemeral_1h_input_tokens
        read = usage.cache_read_input_tokens
        if fresh < 0 or output < 0 or written < 0 or short < 0 or long < 0 or read < 0:
            counts = (fresh, output, written, short, long, read)
            if max(counts) < 0:
                self._findings.rejected["usage without token counts"] += 1
                return
            fresh, output, written, short, long, read = _stated(counts)
        tools, details, stop_reason = usage.server_tool_use, usage.output_tokens_details, message.stop_reason
        key = message.id or self._fallback_key(record, offset)
        self._findings.lines.append(
            _line(
                UsageLine,
                (
                    key,
                    offset,
                    origin,
                    micros(stamp, self._findings.rejected),
                    record.uuid or "",
                    fresh,
                    output,
                    written,
                    short,
                    long,
                    read,
                    0 if details is None else details.thinking_tokens,
                    0 if tools is None else tools.web_search_requests,
                    0 if tools is None else tools.web_fetch_requests,
                    stop_reason or "",
                    stop_reason is not None or tools is not None,
                    UNKNOWN_COST if cost_usd is None else recorded_pico(cost_usd),
                ),
            ),
        )
        if type(content := message.content) is list:
            for block in content:
                if block.type == "tool_use":
                    self._tools.take(block, key, offset, origin.cwd)
        if usage.iterations:
            self._findings.parts += _parts(key, offset, text(message.model), usage.iterations)

    def _origin(
        self,
        place: tuple[str | None, ...],
        flags: tuple[bool, bool, bool],
        kind: tuple[str | None, ...],
    ) -> Origin:
        """Give an origin; for equal ones the same object, by which whoever collects lines tells them apart."""
        raw = (place, flags, kind)
        origin = self._raw_origins.get(raw)
        if origin is None:
            made = Origin._make((*map(text, place), *flags, *map(text, kind)))
            origin = self._raw_origins[raw] = self._origins.setdefault(made, made)
        return origin

    def _fallback_key(self, record: Record | Nested, offset: int) -> str:
        """Name a call that has no `message.id` (trap 4): by request, by record, else by its place among equal lines.

        The last is the line's bytes, its file and how many equal lines stand before it there, so that a file read
        twice, or moved within itself by a rewrite, gives the same name, and two equal lines give two.
        """
        if request := text(record.requestId):
            return f"request:{request}"
        if uuid := text(record.uuid):
            return f"uuid:{uuid}"
        if self._idless is None:
            self._idless = Counter(map(self._digest, self._earlier_lines()))
        digest = self._digest(self._line_at(offset))
        ordinal = self._idless[digest]
        self._idless[digest] += 1
        return f"line:{digest.hex()}:{ordinal}"

    def _digest(self, line: bytes) -> bytes:
        return hashlib.blake2b(self._source + b"\0" + line.strip(), digest_size=16).digest()


def _stated(counts: tuple[int, ...]) -> tuple[int, int, int, int, int, int]:
    """Give counts with 0 for those that are not stated."""
    a, b, c, d, e, f = (max(count, 0) for count in counts)
    return a, b, c, d, e, f


def _parts(key: str, offset: int, own_model: str, iterations: list[Iteration]) -> list[BilledPart]:
    """Give the iterations billed on top of the call; those of type `message` are inside it already (trap 8).

    An earlier attempt that its model declined is of type `message` too, with that model's name and a
    `fallback_message` after it; it is billed only if it got as far as giving output.
    """
    has_fallback = any(entry.type == "fallback_message" for entry in iterations)
    parts = []
    for ordinal, entry in enumerate(iterations):
        model = text(entry.model) or own_model
        kind = _PART_KINDS.get(entry.type or "", "")
        if has_fallback and entry.type == "message" and model != own_model and entry.output_tokens > 0:
            kind = "declined"
        if not kind:
            continue
        split = entry.cache_creation or _NO_SPLIT
        counts = _stated(
            (
                entry.input_tokens,
                entry.output_tokens,
                entry.cache_creation_input_tokens,
                split.ephemeral_5m_input_tokens,
                split.ephemeral_1h_input_tokens,
                entry.cache_read_input_tokens,
            ),
        )
        parts.append(BilledPart(key, ordinal, offset, kind, model, *counts))
    return parts
