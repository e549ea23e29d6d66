"""What transcripts tell beside usage: of notices the name and the reset time alone, of errors their class alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ccmeter.domain.rates import UNDATED
from ccmeter.domain.usage import UNKNOWN_COST, CostState, Findings, Notice, PullRequest, Title, Turn
from ccmeter.parsers.claude import Transcript, facts
from ccmeter.parsers.claude.records import Fact

STAMP = "2026-06-01T10:00:00.000Z"
STAMP_US = 1_780_308_000_000_000


def read(*documents: dict[str, Any]) -> Findings:
    """Read records of one session."""
    content = b"".join(
        json.dumps({"sessionId": "s", "uuid": "u", "timestamp": STAMP, **document}).encode() + b"\n"
        for document in documents
    )
    transcript = Transcript("s")
    transcript.feed(content, 0, len(content), offset=0)
    return transcript.findings


def said(text: object, **more: object) -> dict[str, Any]:
    """Make a line that Claude Code wrote itself."""
    content = [{"type": "text", "text": text}]
    message = {"model": "<synthetic>", "content": content, "usage": {"input_tokens": 0, "output_tokens": 0}}
    return {"type": "assistant", "message": message, "isApiErrorMessage": True, **more}


@pytest.mark.parametrize(
    ("text", "reason", "resets"),
    [
        ("You've hit your session limit · resets 3:45pm", "session", "3:45pm"),
        ("You've hit your weekly limit · resets Mon 12:00am", "weekly", "Mon 12:00am"),
        ("You've hit your weekly limit · resets Mon 12:00am · /upgrade", "weekly", "Mon 12:00am"),
        (
            "You've hit your Opus limit · resets Oct 9, 5pm (Europe/Berlin)",
            "opus",
            "Oct 9, 5pm (Europe/Berlin)",
        ),
        ("You've hit your usage credit limit", "usage credit", ""),
        ("You've hit your limit · resets 7pm", "usage", "7pm"),
        ("You've hit your limit. See your weekly limit", "usage", ""),
        ("Claude AI usage limit reached|1780311600", "usage", "1780311600"),
        ("5-hour limit reached ∙ resets 3am", "5-hour", "3am"),
        ("Opus weekly limit reached ∙ resets Oct 14, 10am", "weekly", "Oct 14, 10am"),
        ("Claude Opus 4 limit reached, now using Sonnet 4", "opus 4", ""),
        ("Session limit reached", "session", ""),
    ],
)
def test_limits_are_known_in_all_wordings(text: str, reason: str, resets: str) -> None:
    """A limit's name in small letters, and when it resets in the words of the notice."""
    assert read(said(text)).notices == [Notice("limit", "s", "u", 0, STAMP_US, reason, resets)]


def test_what_else_a_notice_says_is_not_kept() -> None:
    """Words behind the time, on other lines or without a name of their own stay out of the store."""
    found = read(
        said("You've hit your session limit · resets 3pm\nsecret words"),
        said("secret words limit reached: secret"),
        said("You've hit your secret words of more than thirty letters in all limit"),
    )
    assert "secret" not in repr(found)


def test_a_notice_counts_only_where_claude_code_says_it() -> None:
    """The same words in a prompt, an answer, a hook's message or a tool's output are no notice."""
    words = "You've hit your session limit · resets 3:45pm"
    answer = said(words)
    answer["message"] = {**answer["message"], "model": "m"}
    found = read(
        {"type": "user", "message": {"content": words}},
        answer,
        {"type": "system", "subtype": "local_command", "content": words},
        {"type": "queue-operation", "content": words},
    )
    assert not found.notices
    assert len(found.lines) == 1


def test_a_limit_that_switched_the_model_is_a_notice() -> None:
    """Version 1.0.x says so in a system record without a subtype."""
    found = read(
        {"type": "system", "content": "Claude Opus 4 limit reached, now using Sonnet 4"},
        {"type": "system", "content": "something else about a limit"},
        {"type": "system", "content": None},
        {"type": "system", "content": ["limit reached"]},
    )
    assert found.notices == [Notice("limit", "s", "u", 0, STAMP_US, "opus 4", "")]


@pytest.mark.parametrize("content", ["hit your session limit", [{"text": "hit your session limit"}]])
def test_content_may_be_text_or_blocks(content: object) -> None:
    """Both shapes of a message's content are read."""
    record = said("")
    record["message"] = {**record["message"], "content": content}
    assert [notice.reason for notice in read(record).notices] == ["session"]


@pytest.mark.parametrize("content", [None, 5, [], [5, None, {}, {"text": 5}], {"text": "limit"}])
def test_odd_content_is_an_error_all_the_same(content: object) -> None:
    """A line that is marked as an error is one, whatever it says."""
    record = said("", error="rate_limit")
    record["message"] = {**record["message"], "content": content}
    assert [notice.reason for notice in read(record).notices] == ["rate_limit"]


def test_an_own_line_that_is_no_error_is_nothing() -> None:
    """Claude Code also says that it was interrupted, or has nothing to say."""
    assert not read(
        said("No response requested.", isApiErrorMessage=False), said("x", isApiErrorMessage="yes")
    ).notices


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ("rate_limit", "rate_limit"),
        ("says more than a name", "unknown"),
        ("x" * 61, "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (5, "unknown"),
        ({}, "unknown"),
        ({"status": 529, "type": "overloaded_error"}, "529"),
        ({"status": "529", "type": "overloaded_error"}, "overloaded_error"),
        ({"cause": {"code": "ECONNRESET"}}, "ECONNRESET"),
        ({"cause": "reset"}, "unknown"),
        ({"cause": {"code": 5}, "type": "x"}, "unknown"),
        ({"type": ["x"]}, "unknown"),
        ({"message": "private"}, "unknown"),
    ],
)
def test_errors_are_known_by_class(error: object, name: str) -> None:
    """A name, a status or a socket's code; never what the server said."""
    found = read({"type": "system", "subtype": "api_error", "error": error}, said("x", error=error))
    assert [notice.reason for notice in found.notices] == [name, name]
    assert all(notice[:5] == ("api_error", "s", "u", notice.offset, STAMP_US) for notice in found.notices)


def test_titles_are_kept_by_kind() -> None:
    """A summary names a record, the others their session; empty titles are none, and long ones are cut."""
    found = read(
        {"type": "summary", "summary": " About x ", "leafUuid": "l"},
        {"type": "ai-title", "aiTitle": "By the model"},
        {"type": "custom-title", "customTitle": "t" * 9000},
        {"type": "summary", "summary": "  "},
        {"type": "ai-title", "aiTitle": None},
        {"type": "custom-title", "customTitle": 5},
    )
    assert [title._replace(offset=0) for title in found.titles] == [
        Title("summary", "", "l", 0, "About x"),
        Title("ai-title", "s", "", 0, "By the model"),
        Title("custom-title", "s", "", 0, "t" * 4096),
    ]


def test_turns_are_kept() -> None:
    """Milliseconds as measured, and messages where they were counted."""
    found = read(
        {"type": "system", "subtype": "turn_duration", "durationMs": 91_000, "messageCount": 4},
        {"type": "system", "subtype": "turn_duration", "durationMs": None, "timestamp": None},
    )
    assert [turn._replace(offset=0) for turn in found.turns] == [
        Turn("s", "u", 0, STAMP_US, 91_000, 4),
        Turn("s", "u", 0, UNDATED, 0, -1),
    ]
    assert found.rejected == {"no timestamp": 1}


def test_pull_requests_are_kept() -> None:
    """A missing time is normal here; a number that is none is reported."""
    found = read(
        {"type": "pr-link", "prNumber": 42, "prUrl": "https://example.org/42", "prRepository": "a/b"},
        {"type": "pr-link", "prNumber": "42", "timestamp": None},
    )
    assert [request._replace(offset=0) for request in found.pull_requests] == [
        PullRequest("s", 0, STAMP_US, 42, "https://example.org/42", "a/b"),
        PullRequest("s", 0, UNDATED, 0, "", ""),
    ]
    assert found.rejected == {"impossible prNumber": 1}


def test_running_totals_are_kept_by_model() -> None:
    """Each model's own figures, with those of the whole session beside them."""
    totals = {
        "inputTokens": 1,
        "outputTokens": 2,
        "thinkingTokens": 3,
        "cacheCreationInputTokens": 4,
        "cacheReadInputTokens": 5_000_000_000,
        "webSearchRequests": 6,
        "costUSD": 0.25,
    }
    found = read(
        {
            "type": "cost-state",
            "startTime": STAMP_US // 1000,
            "totalCostUSD": 0.5,
            "totalAPIDuration": 7,
            "totalDuration": 8.9,
            "modelUsage": {"m": totals, "n": {}},
        }
    )
    assert found.cost_states == [
        CostState(
            "s", STAMP_US, 0, "m", 1, 2, 3, 4, 5_000_000_000, 6, 250_000_000_000, 500_000_000_000, 7, 8
        ),
        CostState("s", STAMP_US, 0, "n", 0, 0, 0, 0, 0, 0, UNKNOWN_COST, 500_000_000_000, 7, 8),
    ]


@pytest.mark.parametrize("odd", ["7", -1, 7.5, True, [], 2**63, 10**400])
def test_impossible_running_totals_are_0_and_reported(odd: object) -> None:
    """One strange figure costs itself alone, and what is stored fits into 64 bits."""
    found = read(
        {
            "type": "cost-state",
            "startTime": odd,
            "totalCostUSD": "x",
            "totalAPIDuration": odd if odd != 7.5 else -7.5,
            "modelUsage": {"m": {"inputTokens": odd, "outputTokens": 2, "costUSD": "x"}},
        }
    )
    expected = CostState("s", UNDATED, 0, "m", 0, 2, 0, 0, 0, 0, UNKNOWN_COST, UNKNOWN_COST, 0, 0)
    assert found.cost_states == [expected]
    assert found.rejected == {"impossible inputTokens": 1, "unreadable timestamp": 1}


def test_a_record_of_another_type_tells_nothing() -> None:
    """Only the listed types are looked at."""
    findings = Findings()
    facts.take(findings, Fact(type="mode", summary="x"), 0)
    assert findings == Findings()
    assert not read({"type": "mode", "summary": "limit"}).titles
