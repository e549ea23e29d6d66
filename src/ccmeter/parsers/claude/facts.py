"""What a transcript tells beside usage: titles, turns, limits and errors, pull requests, Claude Code's own totals.

Claude Code deletes its transcripts after a month, so what later questions need is kept here: names, times and counts.
Of a limit notice only its kind and its reset time are kept, and only from lines that Claude Code wrote itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ccmeter.domain.rates import UNDATED
from ccmeter.domain.usage import CostState, Notice, PullRequest, Title, Turn
from ccmeter.parsers.claude.values import count, micros, recorded_pico, text

if TYPE_CHECKING:
    from ccmeter.domain.usage import Findings
    from ccmeter.parsers.claude.records import Fact

KINDS: Final = frozenset(("system", "summary", "ai-title", "custom-title", "pr-link", "cost-state"))
"""Types of records that have something to tell."""

_HIT_LIMIT: Final = re.compile(
    r"hit your (?:(?P<limit>[A-Za-z0-9. -]{1,30}?) )??limit(?:\s*\W\s*resets? (?P<resets>[A-Za-z0-9:,/ ()+_-]{1,60}))?",
)
_LIMIT_REACHED: Final = re.compile(
    r"(?P<limit>[A-Za-z0-9.-]+(?: [0-9.]+)?) limit reached"
    r"(?:\s*\W\s*(?:resets? |(?=\d))(?P<resets>[A-Za-z0-9:,/ ()+_-]{1,60}))?",
)
_TOTALS: Final = (
    "inputTokens",
    "outputTokens",
    "thinkingTokens",
    "cacheCreationInputTokens",
    "cacheReadInputTokens",
    "webSearchRequests",
)
"""In the order of `CostState`."""
_MOST_TOTAL: Final = 2**62
_ERROR_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def take(findings: Findings, record: Fact, offset: int) -> None:
    """Keep what a record other than a call has to tell, if anything."""
    kind = record.type
    if kind == "system":
        _take_system(findings, record, offset)
    elif kind == "summary":
        _take_title(findings, kind, "", text(record.leafUuid), offset, record.summary)
    elif kind == "ai-title":
        _take_title(findings, kind, text(record.sessionId), "", offset, record.aiTitle)
    elif kind == "custom-title":
        _take_title(findings, kind, text(record.sessionId), "", offset, record.customTitle)
    elif kind == "pr-link":
        number = count(record.prNumber, "prNumber", findings.rejected)
        stamp = UNDATED if record.timestamp is None else micros(record.timestamp, findings.rejected)
        place = (text(record.prUrl), text(record.prRepository))
        findings.pull_requests.append(PullRequest(text(record.sessionId), offset, stamp, number, *place))
    elif kind == "cost-state":
        _take_cost_state(findings, record, offset)


def take_error(findings: Findings, record: Fact, offset: int) -> None:
    """Keep the limit or error that a `<synthetic>` line announces (trap 9)."""
    content = record.message.get("content") if type(record.message) is dict else None
    blocks = content if type(content) is list else [{"text": content}]
    said = " ".join(text(block.get("text")) for block in blocks if type(block) is dict)
    limit = _limit(said)
    if limit is not None:
        _append_notice(findings, "limit", record, offset, *limit)
    elif record.isApiErrorMessage is True:
        _append_notice(findings, "api_error", record, offset, _error_name(record.error), "")


def _take_system(findings: Findings, record: Fact, offset: int) -> None:
    if record.subtype == "turn_duration":
        duration = count(record.durationMs, "durationMs", findings.rejected)
        messages = (
            -1
            if record.messageCount is None
            else count(record.messageCount, "messageCount", findings.rejected)
        )
        stamp = micros(record.timestamp, findings.rejected)
        fork = "" if record.forkedFrom is None else text(record.forkedFrom.sessionId)
        session = fork or text(record.sessionId)
        findings.turns.append(Turn(session, text(record.uuid), offset, stamp, duration, messages))
    elif record.subtype == "api_error":
        _append_notice(findings, "api_error", record, offset, _error_name(record.error), "")
    elif record.subtype is None and (limit := _limit(text(record.content))) is not None:
        _append_notice(findings, "limit", record, offset, *limit)


def _take_title(
    findings: Findings, kind: str, session_id: str, leaf_uuid: str, offset: int, title: object
) -> None:
    if words := text(title).strip():
        findings.titles.append(Title(kind, session_id, leaf_uuid, offset, words))


def _take_cost_state(findings: Findings, record: Fact, offset: int) -> None:
    started = UNDATED if record.startTime is None else micros(record.startTime, findings.rejected)
    for model, totals in (record.modelUsage or {}).items():
        sums = [count(getattr(totals, name), name, findings.rejected, _MOST_TOTAL) for name in _TOTALS]
        findings.cost_states.append(
            CostState._make(
                (
                    text(record.sessionId),
                    started,
                    offset,
                    text(model),
                    *sums,
                    recorded_pico(totals.costUSD),
                    recorded_pico(record.totalCostUSD),
                    _milliseconds(record.totalAPIDuration),
                    _milliseconds(record.totalDuration),
                ),
            ),
        )


def _milliseconds(value: object) -> int:
    return int(value) if type(value) in (int, float) and 0 <= value < 2**53 else 0  # type: ignore[call-overload,operator]


def _append_notice(
    findings: Findings, kind: str, record: Fact, offset: int, reason: str, resets: str
) -> None:
    stamp = micros(record.timestamp, findings.rejected)
    findings.notices.append(
        Notice(kind, text(record.sessionId), text(record.uuid), offset, stamp, reason, resets),
    )


def _limit(said: str) -> tuple[str, str] | None:
    """Give a limit's name and its reset time, as worded, from a notice that Claude Code wrote."""
    match = _HIT_LIMIT.search(said) or _LIMIT_REACHED.search(said)
    if match is None:
        return None
    return (match["limit"] or "usage").strip().lower(), (match["resets"] or "").strip()


def _error_name(error: object) -> str:
    """Give an error's class: Claude Code's name for it, an HTTP status or a socket error's code."""
    if type(error) is str:
        named: object = error
    elif type(error) is dict:
        cause = error.get("cause")
        code = cause.get("code") if type(cause) is dict else None
        named = str(error["status"]) if type(error.get("status")) is int else code or error.get("type")
    else:
        named = None
    return named if type(named) is str and _ERROR_NAME.fullmatch(named) else "unknown"
