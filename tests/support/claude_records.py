"""Records beside usage, as Claude Code writes them: what people say, how long turns take, what sessions are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.transcripts import Line, dumped, stamp

if TYPE_CHECKING:
    from support.transcripts import Json


def uuid_of(number: int) -> str:
    """Give the uuid of a record by a number."""
    return f"00000000-0000-4000-8000-{number:012x}"


def prompt(line: Line, number: int = 1, **more: object) -> bytes:
    """Write that somebody said something, at the time and place of a line."""
    record: Json = {**line.place(), "type": "user", "message": {"role": "user", "content": "xxx"}}
    return dumped({**record, "uuid": uuid_of(number), **_stamp(line), **more})


def tool_result(line: Line, number: int = 1) -> bytes:
    """Write what a tool answered."""
    content = [{"tool_use_id": "toolu_1", "type": "tool_result", "content": "xxx"}]
    record: Json = {**line.place(), "type": "user", "message": {"role": "user", "content": content}}
    return dumped({**record, "uuid": uuid_of(number), **_stamp(line), "toolUseResult": {"stdout": "xxx"}})


def turn(line: Line, duration_ms: int, number: int = 1, **more: object) -> bytes:
    """Write that a turn ended at the time of a line, and how long it took."""
    record: Json = {**line.place(), "type": "system", "subtype": "turn_duration", "durationMs": duration_ms}
    return dumped({**record, "uuid": uuid_of(number), **_stamp(line), **more})


def title(kind: str, session: str, words: str) -> bytes:
    """Write what a session is called: `custom-title` or `ai-title`."""
    key = {"custom-title": "customTitle", "ai-title": "aiTitle"}[kind]
    return dumped({"type": kind, "sessionId": session, key: words})


def summary(leaf: str, words: str) -> bytes:
    """Write what the session of a record is called."""
    return dumped({"type": "summary", "summary": words, "leafUuid": leaf})


def _stamp(line: Line) -> Json:
    return {} if line.at_us is None else {"timestamp": stamp(line.at_us)}
