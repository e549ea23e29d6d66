"""A week of three sessions with everything that a report on sessions can show, made up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from support.claude_records import prompt, summary, title, turn, uuid_of
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from pathlib import Path

S = 1_000_000
ALPHA = "aaaaaaaa-1111-4111-8111-000000000001"
BETA = "bbbbbbbb-2222-4222-8222-000000000002"
BETTER = "bbbbbbbb-3333-4333-8333-000000000003"
GAMMA = "cccccccc-4444-4444-8444-000000000004"
OLD = "dddddddd-5555-4555-8555-000000000005"


def write(folder: Path) -> None:
    """Write the transcripts below a configuration folder."""
    logs = Folder(folder)
    logs.write(f"-home-dev-shop/{ALPHA}.jsonl", joined(_alpha()))
    logs.write(f"-home-dev-shop/{ALPHA}/subagents/agent-a7f3.jsonl", joined(_agents()))
    logs.write(f"-home-dev-log-parser/{BETA}.jsonl", joined(_beta()))
    logs.write(f"-home-dev-shop/{GAMMA}.jsonl", joined(_others()))


def _call(session: str, stamp: str, number: int, **more: object) -> Line:
    made = Line(
        message_id=f"msg_{session[:10]}{number}",
        request_id=None,
        session=session,
        cwd="/home/dev/shop",
        at_us=us(stamp),
        input_tokens=12 + number,
        output_tokens=900 + number,
        cache_creation_tokens=4_000,
        cache_read_tokens=80_000 + 1_000 * number,
        stop_reason="end_turn",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def _alpha() -> list[bytes]:
    """Two days with records of turns, sub-agents and a title of a person's own."""
    day = "2026-06-01T23:4"
    return [
        title("ai-title", ALPHA, "Pay by invoice"),
        title("custom-title", ALPHA, "Invoices"),
        prompt(_call(ALPHA, day + "0:00+00:00", 0), 1),
        _call(ALPHA, day + "0:04.500+00:00", 1, branch="main").assistant(),
        _call(ALPHA, day + "2:10+00:00", 2, model="claude-haiku-4-5-20251001").assistant(),
        turn(_call(ALPHA, day + "5:00+00:00", 0), 300_000, 2),
        prompt(_call(ALPHA, "2026-06-02T00:10:00+00:00", 0), 3),
        _call(ALPHA, "2026-06-02T00:10:05+00:00", 3, branch="feature/invoice").assistant(),
        _call(ALPHA, "2026-06-02T00:12:05+00:00", 4, branch="feature/invoice", stop_reason=None).assistant(),
        turn(_call(ALPHA, "2026-06-02T00:13:00+00:00", 0), 180_000, 4),
        prompt(_call(ALPHA, "2026-06-02T00:20:00+00:00", 0), 5),
    ]


def _agents() -> list[bytes]:
    side = {"agent": "a7f3", "is_sidechain": True, "model": "claude-haiku-4-5-20251001"}
    return [
        _call(ALPHA, "2026-06-01T23:41:00+00:00", 5, **side).assistant(),
        _call(ALPHA, "2026-06-02T00:11:00+00:00", 6, **side).assistant(),
        _call(ALPHA, "2026-06-02T00:11:30+00:00", 7, **{**side, "agent": "acompact-1"}).assistant(),
    ]


def _beta() -> list[bytes]:
    """Two sessions whose ids begin alike; a title that would be a formula; a model without a price."""
    parser = {"cwd": "/home/dev/log-parser", "branch": "=1+1"}
    return [
        title("ai-title", BETA, "=HYPERLINK(1) \x1b[2J größer 日本語の長い題名です、とても長い"),
        prompt(_call(BETA, "2026-06-02T09:00:00+00:00", 0), 11),
        _call(BETA, "2026-06-02T09:00:10+00:00", 1, **parser).assistant(),
        _call(BETA, "2026-06-02T09:03:10+00:00", 2, **parser, model="somebodys-model").assistant(),
        _call(BETTER, "2026-06-03T09:00:00+00:00", 1, **parser, model="somebodys-model").assistant(),
    ]


def _others() -> list[bytes]:
    """Usage without a session, without a time, and an old log whose sub-agents have no names."""
    return [
        summary(uuid_of(21), "From a summary"),
        _call(OLD, "2026-06-04T08:00:00+00:00", 1, uuid=uuid_of(21), branch="").assistant(),
        _call(OLD, "2026-06-04T08:00:30+00:00", 2, is_sidechain=True, branch="").assistant(),
        _call(GAMMA, "2026-06-04T08:00:00+00:00", 3, at_us=None).assistant(),
        _call("", "2026-06-05T08:00:00+00:00", 4).assistant(),
    ]
