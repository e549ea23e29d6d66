"""Usage lines: one per line of a call, and the parts of a call that are billed on top of it.

A call writes one line per content block, and copies of them turn up in other records, files and sessions. Nothing is
decided here about which of them counts: each becomes a line with its origin, and the store's view merges them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.rates import SYNTHETIC
from ccmeter.domain.tokens import MOST_REQUESTS, MOST_TOKENS
from ccmeter.domain.usage import UNKNOWN_COST, BilledPart, Origin, UsageLine
from ccmeter.parsers.claude.values import count, micros, recorded_pico, text

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable

    from ccmeter.domain.usage import Findings
    from ccmeter.parsers.claude.records import Message, Nested, Record, Usage

_COUNTS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "ephemeral_5m_input_tokens",
    "ephemeral_1h_input_tokens",
    "cache_read_input_tokens",
)
"""In the order of `UsageLine`."""

_Counts = tuple[int, int, int, int, int, int]

_INTEGERS: Final = {int}
_NOTHING: Final = (None,) * len(_COUNTS)
_PART_KINDS: Final = {"advisor_message": "advisor", "compaction": "compaction"}


class Calls:
    """Makes usage lines of the records of one transcript."""

    def __init__(self, source: str, findings: Findings, earlier_lines: Callable[[], Iterable[bytes]]) -> None:
        self._source = source.encode("utf-8", "surrogateescape")
        self._findings = findings
        self._earlier_lines = earlier_lines
        self._origins: dict[tuple[Any, ...], Origin] = {}
        self._idless: Counter[bytes] | None = None

    def take(
        self, record: Record, message: Message, usage: Usage, line: memoryview | bytes, offset: int
    ) -> None:
        """Take the call of an `assistant` record."""
        forked = record.forkedFrom
        forked_session = text(forked.get("sessionId")) if type(forked) is dict else ""
        origin = self._origin(
            (
                forked_session or record.sessionId,
                record.agentId,
                record.cwd,
                record.gitBranch,
                record.version,
                record.isSidechain is True,
                False,
                forked_session != "",
                message.model,
                usage.speed,
                usage.service_tier,
                usage.inference_geo,
            ),
        )
        self._append(record, message, usage, origin, record.timestamp, record.costUSD, line, offset)

    def take_nested(self, record: Record, line: memoryview | bytes, offset: int) -> None:
        """Take the call inside an `agent_progress` record and the copies beside it (trap 6)."""
        inner = record.data
        if inner is None or inner.type != "agent_progress":
            return
        place = (
            record.sessionId,
            inner.agentId,
            record.cwd,
            record.gitBranch,
            record.version,
            True,
            True,
            False,
        )
        for nested in (inner.message, *(inner.normalizedMessages or ())):
            if nested is None or nested.message is None or nested.type not in ("assistant", None):
                continue
            message, usage = nested.message, nested.message.usage
            if usage is None or message.model == SYNTHETIC:
                continue
            stamp = record.timestamp if nested.timestamp is None else nested.timestamp
            kind = (message.model, usage.speed, usage.service_tier, usage.inference_geo)
            self._append(nested, message, usage, self._origin((*place, *kind)), stamp, None, line, offset)

    def _append(
        self,
        record: Record | Nested,
        message: Message,
        usage: Usage,
        origin: Origin,
        stamp: object,
        cost_usd: object,
        line: memoryview | bytes,
        offset: int,
    ) -> None:
        rejected = self._findings.rejected
        counts = self._counts(usage)
        if counts is None:
            rejected["usage without token counts"] += 1
            return
        tools, details = usage.server_tool_use, usage.output_tokens_details
        searches = fetches = thinking = 0
        if type(tools) is dict:
            searches = count(tools.get("web_search_requests"), "web_search_requests", rejected, MOST_REQUESTS)
            fetches = count(tools.get("web_fetch_requests"), "web_fetch_requests", rejected, MOST_REQUESTS)
        if type(details) is dict:
            thinking = count(details.get("thinking_tokens"), "thinking_tokens", rejected)
        key, uuid, stop_reason = message.id, record.uuid, message.stop_reason
        if type(key) is not str or not key:
            key = self._fallback_key(record, line)
        self._findings.lines.append(
            UsageLine(
                key,
                offset,
                origin,
                micros(stamp, rejected),
                uuid if type(uuid) is str else "",
                *counts,
                thinking,
                searches,
                fetches,
                stop_reason if type(stop_reason) is str else "",
                stop_reason is not None or tools is not None,
                UNKNOWN_COST if cost_usd is None else recorded_pico(cost_usd),
            ),
        )
        if usage.iterations:
            self._findings.parts += _parts(key, offset, message, usage, rejected)

    def _counts(self, usage: Usage) -> _Counts | None:
        """Give the counts in the order of `UsageLine`, or None where the usage states none at all."""
        split = usage.cache_creation
        if split is None:
            short = long = None
        else:
            short, long = split.ephemeral_5m_input_tokens, split.ephemeral_1h_input_tokens
        stated: Any = (
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_creation_input_tokens,
            short,
            long,
            usage.cache_read_input_tokens,
        )
        try:
            if min(stated) >= 0 and max(stated) <= MOST_TOKENS and {*map(type, stated)} == _INTEGERS:
                return stated  # type: ignore[no-any-return]
        except TypeError:
            pass
        if stated == _NOTHING:
            return None
        return _mended(stated, self._findings.rejected)

    def _origin(self, raw: tuple[Any, ...]) -> Origin:
        try:
            found = self._origins.get(raw)
        except TypeError:  # an object or a list where a name belongs
            raw = tuple(field if type(field) is bool else text(field) for field in raw)
            found = self._origins.get(raw)
        if found is None:
            session, agent, cwd, branch, version, is_sidechain, is_nested, is_forked, *kind = raw
            found = Origin(
                text(session),
                text(agent),
                text(cwd),
                text(branch),
                text(version),
                is_sidechain,
                is_nested,
                is_forked,
                *map(text, kind),
            )
            self._origins[raw] = found
        return found

    def _fallback_key(self, record: Record | Nested, line: memoryview | bytes) -> str:
        """Name a call that has no `message.id` (trap 4): by request, by record, else by its place among equal lines.

        The last is the line's bytes, its file and how many equal lines stand before it there, so that a file read
        twice, or moved within itself by a rewrite, gives the same name, and two equal lines give two.
        """
        if request := text(record.requestId):
            return f"request:{request}"
        if uuid := text(record.uuid):
            return f"uuid:{uuid}"
        if self._idless is None:
            from collections import Counter

            self._idless = Counter(map(self._digest, self._earlier_lines()))
        digest = self._digest(bytes(line))
        ordinal = self._idless[digest]
        self._idless[digest] += 1
        return f"line:{digest.hex()}:{ordinal}"

    def _digest(self, line: bytes) -> bytes:
        return hashlib.blake2b(self._source + b"\0" + line.strip(), digest_size=16).digest()


def _mended(counts: tuple[Any, ...], rejected: Counter[str]) -> _Counts:
    mended = [count(number, name, rejected) for number, name in zip(counts, _COUNTS, strict=True)]
    return (mended[0], mended[1], mended[2], mended[3], mended[4], mended[5])


def _parts(key: str, offset: int, message: Message, usage: Usage, rejected: Counter[str]) -> list[BilledPart]:
    """Give the iterations billed on top of the call; those of type `message` are inside it already (trap 8).

    An earlier attempt that its model declined is of type `message` too, with that model's name and a
    `fallback_message` after it; it is billed only if it got as far as giving output.
    """
    iterations = usage.iterations
    if type(iterations) is not list:
        return []
    entries = [entry for entry in iterations if type(entry) is dict]
    has_fallback = any(entry.get("type") == "fallback_message" for entry in entries)
    own_model = text(message.model)
    parts = []
    for ordinal, entry in enumerate(entries):
        model = text(entry.get("model")) or own_model
        kind = _PART_KINDS.get(text(entry.get("type")), "")
        if (
            has_fallback
            and entry.get("type") == "message"
            and model != own_model
            and entry.get("output_tokens")
        ):
            kind = "declined"
        if not kind:
            continue
        split = entry.get("cache_creation")
        counts = {**entry, **split} if type(split) is dict else entry
        mended = _mended(tuple(counts.get(name) for name in _COUNTS), rejected)
        parts.append(BilledPart(key, ordinal, offset, kind, model, *mended))
    return parts
