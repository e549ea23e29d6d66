"""Prompts: found among tool results without decoding these, wherever they stand in a run of bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.parsers.claude import Transcript, prompts
from support.claude_records import prompt, tool_result, turn, uuid_of
from support.transcripts import Line, joined

if TYPE_CHECKING:
    from ccmeter.domain.usage import Findings

CALL = Line(at_us=1_767_225_600_000_000)


def read(content: bytes, *, stale: bytes = b"") -> Findings:
    """Read a file's content out of a buffer that holds something else behind it."""
    transcript = Transcript("projects/s.jsonl")
    transcript.feed(content + stale, 0, len(content), offset=0)
    return transcript.findings


def said(findings: Findings) -> list[str]:
    return [each.uuid for each in findings.prompts]


def test_a_short_prompt_before_a_tool_result_is_found() -> None:
    """What tells the next line from a prompt stands close by, but behind the end of the line."""
    assert len(prompt(CALL, 1)) + 300 < prompts.NEAR_BYTES
    found = read(joined([prompt(CALL, 1), tool_result(CALL, 2), prompt(CALL, 3), tool_result(CALL, 4)]))
    assert said(found) == [uuid_of(1), uuid_of(3)]


def test_what_a_buffer_held_before_is_not_read() -> None:
    """A last line without its newline ends where the file ends."""
    found = read(joined([tool_result(CALL, 1), prompt(CALL, 2)])[:-1], stale=tool_result(CALL, 3))
    assert said(found) == [uuid_of(2)]


def test_a_tool_result_far_behind_is_none_either() -> None:
    """A path may be as long as it likes, and another hand may write another order and other blanks."""
    far = replace(CALL, cwd="/x" * prompts.NEAR_BYTES)
    spaced = tool_result(CALL, 2).replace(b'"type":"tool_result"', b'"type": "tool_result"')
    bare = spaced.replace(b',"toolUseResult":{"stdout":"xxx"}', b"")
    assert said(read(joined([tool_result(far, 1), spaced, bare, prompt(far, 4)]))) == [uuid_of(4)]


@given(st.lists(st.sampled_from(["prompt", "result", "call", "turn"]), max_size=12))
def test_every_prompt_is_found_once_and_nothing_else(kinds: list[str]) -> None:
    """In any company, at its own place."""
    lines = []
    for number, kind in enumerate(kinds):
        call = replace(CALL, message_id=f"msg_{number}")
        lines.append(
            {"prompt": prompt, "result": tool_result}[kind](call, number)
            if kind in ("prompt", "result")
            else call.assistant()
            if kind == "call"
            else turn(call, 5, number)
        )
    found = read(joined(lines))
    offsets = [sum(len(line) + 1 for line in lines[:place]) for place in range(len(lines))]
    expected = [(uuid_of(n), offsets[n]) for n, kind in enumerate(kinds) if kind == "prompt"]
    assert [(each.uuid, each.offset) for each in found.prompts] == expected
    assert len(found.lines) == kinds.count("call")
    assert len(found.turns) == kinds.count("turn")
