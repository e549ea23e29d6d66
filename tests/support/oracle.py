"""A second, slow reader of Claude Code's logs that shares no code with ccmeter's, to check it against.

It decodes every line completely and follows the rules in words that stand beside `expected.json`: one call is one
`message.id`; the largest value of each count over all of its lines; everything else from its earliest line, where
nested copies speak only if no other line does, and between lines of one time the fork that names its source, then a
line that names its session, then the smallest session id. Prices are the domain's own (`ccmeter.pricing.rule`), which has golden tests of its own.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ccmeter.domain.rates import UNDATED
from ccmeter.domain.tokens import TokenCounts
from ccmeter.pricing.rule import Call, PriceBook
from ccmeter.pricing.table import rate_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Row = dict[str, int | str]

FAR_US = 2**59
ZONES = ("America/New_York", "Asia/Tokyo", "Australia/Lord_Howe")

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_BOOK = PriceBook(rate_table())


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one line says of a call."""

    key: str
    is_nested: bool
    at_us: int
    is_forked: bool
    session: str
    agent: str
    cwd: str
    branch: str
    version: str
    is_sidechain: bool
    model: str
    speed: str
    service_tier: str
    inference_geo: str
    counts: tuple[int, ...]
    """Input, output, cache creation in all, of 5 minutes, of 1 hour, cache read, web searches."""
    is_final: bool
    stop_reason: str

    @property
    def precedence(self) -> tuple[Any, ...]:
        """The line with the smallest speaks for the call."""
        return (
            self.is_nested,
            self.at_us,
            not self.is_forked,
            not self.session,
            self.session,
            self.agent,
            self.cwd,
            self.branch,
            self.version,
            self.is_sidechain,
            self.model,
            self.speed,
            self.service_tier,
            self.inference_geo,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One call, counted once."""

    key: str
    first: Said
    counts: TokenCounts
    web_searches: int
    is_final: bool
    stop_reason: str
    lines: int

    @property
    def at(self) -> dt.datetime:
        """When it was made."""
        return _EPOCH + dt.timedelta(microseconds=self.first.at_us)

    @property
    def cost_pico(self) -> int | None:
        """What it cost."""
        return _BOOK.cost_pico(
            Call(
                self.first.model,
                self.counts,
                UNDATED if self.first.at_us == FAR_US else self.first.at_us,
                self.first.speed,
                self.first.service_tier,
                self.first.inference_geo,
                self.web_searches,
                self.stop_reason,
            )
        )


def count(contents: Iterable[bytes]) -> dict[str, Counted]:
    """Count the calls in the contents of some transcripts."""
    by_key: dict[str, list[Said]] = {}
    for content in contents:
        for line in content.split(b"\n"):
            for record in _documents(line):
                for said in _said(record):
                    by_key.setdefault(said.key, []).append(said)
    return {key: _merged(key, lines) for key, lines in by_key.items()}


def expected(folder: Path) -> dict[str, Any]:
    """Give what a right reader finds below a configuration folder, as `expected.json` words it."""
    calls = list(count(path.read_bytes() for path in sorted(folder.rglob("*.jsonl"))).values())

    def grouped(key: Callable[[Counted], str]) -> dict[str, Row]:
        groups: dict[str, list[Counted]] = {}
        for call in calls:
            groups.setdefault(key(call), []).append(call)
        return {name: row(group) for name, group in sorted(groups.items())}

    def day(zone: str) -> Callable[[Counted], str]:
        return lambda call: call.at.astimezone(ZoneInfo(zone)).date().isoformat()

    sessions = grouped(lambda call: call.first.session)
    for session, found in sessions.items():
        times = [call.at for call in calls if call.first.session == session]
        found |= {"first": zulu(min(times)), "last": zulu(max(times))}
    return {
        "totals": row(calls),
        "by_utc_day": grouped(day("UTC")),
        "by_utc_month": grouped(lambda call: call.at.strftime("%Y-%m")),
        "by_model": grouped(lambda call: call.first.model),
        "by_session": sessions,
        "by_project": grouped(lambda call: call.first.cwd),
        "by_sidechain": grouped(lambda call: "sidechain" if call.first.is_sidechain else "main"),
        "by_local_day": {zone: grouped(day(zone)) for zone in ZONES},
    }


def row(calls: Iterable[Counted]) -> Row:
    """Add calls up."""
    group = list(calls)
    created_5m = sum(call.counts.cache_creation_5m_tokens for call in group)
    created_1h = sum(call.counts.cache_creation_1h_tokens for call in group)
    unfinished = [call for call in group if not call.is_final]
    unpriced = [call for call in group if call.cost_pico is None]
    return {
        "ids": len(group),
        "input_tokens": sum(call.counts.input_tokens for call in group),
        "output_tokens": sum(call.counts.output_tokens for call in group),
        "cache_read_tokens": sum(call.counts.cache_read_tokens for call in group),
        "cache_creation_tokens": created_5m + created_1h,
        "cache_creation_5m_tokens": created_5m,
        "cache_creation_1h_tokens": created_1h,
        "total_tokens": sum(call.counts.total_tokens for call in group),
        "nonfinal_ids": len(unfinished),
        "nonfinal_output_tokens": sum(call.counts.output_tokens for call in unfinished),
        "unpriced_ids": len(unpriced),
        "unpriced_tokens": sum(call.counts.total_tokens for call in unpriced),
        "web_searches": sum(call.web_searches for call in group),
        "cost_usd": dollars(sum(call.cost_pico or 0 for call in group)),
    }


def dollars(amount_pico: int) -> str:
    """Write an amount with 12 decimals."""
    return f"{amount_pico // 10**12}.{amount_pico % 10**12:012d}"


def zulu(at: dt.datetime) -> str:
    """Write an instant as the logs do."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _documents(line: bytes) -> Iterator[dict[str, Any]]:
    text = line.decode("utf-8", "replace").strip()
    decoder = json.JSONDecoder()
    while text:
        try:
            document, end = decoder.raw_decode(text)
        except ValueError:
            return
        if isinstance(document, dict):
            yield document
        text = text[end:].strip()


def _said(record: dict[str, Any]) -> Iterator[Said]:
    if record.get("type") == "assistant":
        yield from _call(record, record, record.get("message"), is_nested=False)
    data = record.get("data")
    if record.get("type") == "progress" and isinstance(data, dict) and data.get("type") == "agent_progress":
        for inner in (data.get("message"), *(data.get("normalizedMessages") or ())):
            if isinstance(inner, dict) and inner.get("type") == "assistant":
                around = {**record, "agentId": data.get("agentId"), "isSidechain": True, "forkedFrom": None}
                yield from _call(around, inner, inner.get("message"), is_nested=True)


def _call(place: dict[str, Any], ids: dict[str, Any], message: Any, *, is_nested: bool) -> Iterator[Said]:
    usage = message.get("usage") if isinstance(message, dict) else None
    if not isinstance(usage, dict) or message.get("model") == "<synthetic>":
        return
    split = usage.get("cache_creation") or {}
    tools = usage.get("server_tool_use")
    forked = (place.get("forkedFrom") or {}).get("sessionId")
    stamp = ids.get("timestamp")
    yield Said(
        key=message.get("id") or f"request:{ids['requestId']}",
        is_nested=is_nested,
        at_us=FAR_US
        if stamp is None
        else (dt.datetime.fromisoformat(stamp) - _EPOCH) // dt.timedelta(microseconds=1),
        is_forked=bool(forked),
        session=forked or place.get("sessionId") or "",
        agent=place.get("agentId") or "",
        cwd=place.get("cwd") or "",
        branch=place.get("gitBranch") or "",
        version=place.get("version") or "",
        is_sidechain=place.get("isSidechain") is True,
        model=message.get("model") or "",
        speed=usage.get("speed") or "",
        service_tier=usage.get("service_tier") or "",
        inference_geo=usage.get("inference_geo") or "",
        counts=(
            usage.get("input_tokens") or 0,
            usage.get("output_tokens") or 0,
            usage.get("cache_creation_input_tokens") or 0,
            split.get("ephemeral_5m_input_tokens") or 0,
            split.get("ephemeral_1h_input_tokens") or 0,
            usage.get("cache_read_input_tokens") or 0,
            (tools or {}).get("web_search_requests") or 0,
        ),
        is_final=message.get("stop_reason") is not None or tools is not None,
        stop_reason=message.get("stop_reason") or "",
    )


def _merged(key: str, lines: list[Said]) -> Counted:
    sent, output, written, short, long, read, searches = map(
        max, zip(*(said.counts for said in lines), strict=True)
    )
    return Counted(
        key=key,
        first=min(lines, key=lambda said: said.precedence),
        counts=TokenCounts(sent, output, short + max(written - short - long, 0), long, read),
        web_searches=searches,
        is_final=any(said.is_final for said in lines),
        stop_reason=max(said.stop_reason for said in lines),
        lines=len(lines),
    )
