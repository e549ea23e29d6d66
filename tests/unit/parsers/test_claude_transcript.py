"""Which lines matter: found on bytes, so that no billed line is missed, and nothing is read beyond its own line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.usage import Findings
from ccmeter.parsers.claude import Transcript

USAGE = {"input_tokens": 3, "output_tokens": 7}
STAMP = "2026-06-01T10:00:00.000Z"


def read(content: bytes, *, before: bytes = b"", after: bytes = b"", offset: int = 0) -> Findings:
    """Read lines that stand somewhere in a buffer."""
    transcript = Transcript("projects/s.jsonl")
    transcript.feed(before + content + after, len(before), len(before) + len(content), offset=offset)
    return transcript.findings


def encoded(document: object) -> bytes:
    """Write a document as Claude Code does."""
    return json.dumps(document, separators=(",", ":")).encode()


def call(key: str = "msg_1", **more: object) -> dict[str, Any]:
    """Make a usage record."""
    return {
        "parentUuid": None,
        "sessionId": "s",
        "message": {"id": key, "model": "m", "content": [], "usage": USAGE},
        "type": "assistant",
        "timestamp": STAMP,
        **more,
    }


def keys(findings: Findings) -> list[str]:
    """Give the calls that were found."""
    return [line.call_key for line in findings.lines]


def test_a_transcript_starts_with_nothing() -> None:
    """No bytes, no findings."""
    assert read(b"") == Findings()
    assert read(b"\n\r\n  \n") == Findings()


def test_lines_are_found_where_they_stand() -> None:
    """Offsets count from the file's start, wherever the buffer begins and whatever lies around the lines."""
    lines = [encoded(call("a")), b'{"type":"user"}', encoded(call("b")), encoded(call("c"))]
    found = read(b"\n".join(lines), before=encoded(call("x")), after=encoded(call("y")), offset=1000)
    assert keys(found) == ["a", "b", "c"]
    second = 1000 + len(lines[0]) + len(lines[1]) + 2
    assert [line.offset for line in found.lines] == [1000, second, second + len(lines[2]) + 1]
    assert found.kinds == {"assistant": 3, "user": 1}


def test_a_buffer_may_be_reused() -> None:
    """Nothing found refers to the bytes it was found in."""
    transcript = Transcript("s")
    buffer = bytearray(encoded(call("a")) + b"\n")
    transcript.feed(buffer, 0, len(buffer), offset=0)
    buffer[:] = b"\0" * len(buffer)
    buffer.extend(b"more")
    assert keys(transcript.findings) == ["a"]


@pytest.mark.parametrize("field", ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"])
def test_usage_without_output_is_found(field: str) -> None:
    """What is searched for first may be missing: a line with any count is found."""
    usage = {field: 5}
    top = call()
    top["message"]["usage"] = usage
    nested = {
        "type": "progress",
        "data": {"type": "agent_progress", "message": {"message": {"id": "msg_2", "usage": usage}}},
        "timestamp": STAMP,
    }
    for document in (top, nested):
        for line in (encoded(document), json.dumps(document, sort_keys=True).encode()):
            assert len(read(line + b"\n").lines) == 1


@pytest.mark.parametrize(
    "head",
    [
        {"note": 'says "type":"user" here'},
        {"note": {"type": "user"}},
        {"note": [{"type": "user"}]},
        {"note": "x" * 5000},
        {"note": '{"type":"user"}'},
        {"typ": "user", "subtype": "user"},
        {"note": "\\"},
        {'sub"type': "user"},
    ],
)
def test_only_a_records_own_type_counts(head: dict[str, Any]) -> None:
    """A type that stands in a text, in a nested object or far away proves nothing about the line."""
    document = {**head, **call()}
    document["message"]["usage"] = {"input_tokens": 5}
    found = read(encoded(document) + b"\n")
    assert len(found.lines) == 1
    assert found.kinds == {"assistant": 1}


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"user","x":{}}',
        b'{"type":"user"}\r',
        b'{"type":"user"}  ',
        b'{"type" : "user"}',
        b' {"type":"user"}',
        b'{"x":{},"type":"user"}',
        b'{"x":"\\"","type":"user"}',
        b'\xef\xbb\xbf{"type":"user"}',
        b'{"x":"summary","type":"user"}',
        b'{"x":["usage"],"type":"user"}',
        b'{"x":' + b"[" * 3000 + b"]" * 3000 + b',"type":"user"}',
    ],
)
def test_records_of_no_interest_are_counted_by_type(line: bytes) -> None:
    """However a line is written, its type is counted and nothing is called malformed."""
    found = read(line + b"\n")
    assert found.kinds == {"user": 1}
    assert not found.rejected


@pytest.mark.parametrize(
    "line",
    [
        b"x",
        b'"',
        b"{",
        b"null",
        b"[]",
        b'{"type":"user"',
        b'{"type":"user","message":"cut',
        b'{"type":"user',
        b'{"type":"',
        b'{"type":"assistant","message":{"usage":{"output_tokens":',
        b'{"x":{},"type":"user","limit',
        b'"output_tokens"',
        b'{"type":""',
    ],
)
def test_malformed_lines_are_counted_and_harm_nobody(line: bytes) -> None:
    """A broken line is one malformed line; those before and behind it are read."""
    found = read(encoded(call("a")) + b"\n" + line + b"\n" + encoded(call("b")) + b"\n")
    assert keys(found) == ["a", "b"]
    assert found.kinds == {"assistant": 2}
    assert found.rejected == {"malformed line": 1}


def test_nothing_of_a_neighbour_is_taken_for_a_type() -> None:
    """A type without an end does not run on into the next line, whose words are private."""
    found = read(b'{"type":"half}\n{"type":"user","message":"secret"}\n', after=b'"more"')
    assert found.kinds == {"user": 1}
    assert found.rejected == {"malformed line": 1}


@pytest.mark.parametrize("place", ["proven", "unproven", "decoded"])
def test_a_long_type_is_cut(place: str) -> None:
    """No name of a record type is longer than 40 letters."""
    name = "t" * 300
    line = {
        "proven": f'{{"type":"{name}"}}',
        "unproven": f'{{"x":{{}},"type":"{name}"}}',
        "decoded": f'{{"x":{{"limit":1}},"type":"{name}"}}',
    }[place]
    assert read(line.encode() + b"\n").kinds == {"t" * 40: 1}


def test_an_empty_type_is_a_type() -> None:
    """Nothing is malformed about a record whose type is empty."""
    found = read(b'{"type":""}\n{"x":{},"type":""}\n{"type":"","x":"limit"}\n')
    assert sum(found.kinds.values()) == 3
    assert not found.rejected


def test_every_object_on_a_line_is_taken() -> None:
    """Documents that share a line are records of their own, in whichever order."""
    user = b'{"type":"user"}'
    lines = [encoded(call("a")) + user, user + encoded(call("b")), encoded(call("c")) + encoded(call("d"))]
    found = read(b"\n".join([*lines, user + user, b""]))
    assert keys(found) == ["a", "b", "c", "d"]
    assert found.kinds["assistant"] == 4
    assert not found.rejected


def test_a_deep_tool_input_costs_no_billed_line() -> None:
    """Nesting beyond what decoders take is cut away; the line counts."""
    line = encoded(call("a")).replace(b'"content":[]', b'"content":' + b'{"x":[' * 3000 + b"]}" * 3000)
    found = read(line + b"\n")
    assert keys(found) == ["a"]
    assert not found.rejected


def test_a_long_number_costs_no_billed_line() -> None:
    """Digits that Python refuses to read stand in a field of their own."""
    line = encoded(call("a", cwd=5)).replace(b'"content":[]', b'"content":' + b"9" * 5000)
    assert keys(read(line + b"\n")) == ["a"]


LINES = st.sampled_from(
    [
        encoded(call("a")),
        encoded(call("b", cwd=5)),
        encoded({**call("c"), "uuid": "u", "message": {"usage": USAGE}}),
        encoded({"type": "assistant", "message": {"usage": USAGE}}),
        json.dumps(call("d"), sort_keys=True).encode(),
        encoded(call("e")) + b'{"type":"user"}',
        encoded(call("f"))[:-30],
        b'{"type":"summary","summary":"A title","leafUuid":"l"}',
        b'{"type":"half}',
        b'{"type":"user","message":"\xff"}\r',
        b'{"x":{},"type":"later"}',
        b"\xef\xbb\xbf",
        b"no JSON",
        b"",
    ]
)


@given(st.lists(LINES, max_size=12), st.sets(st.integers(min_value=0, max_value=12)))
def test_cuts_between_lines_do_not_matter(lines: list[bytes], cuts: set[int]) -> None:
    """Any lines in any order, fed in any runs, give what they give at once."""
    content = b"".join(line + b"\n" for line in lines)
    transcript = Transcript("projects/s.jsonl")
    start = 0
    for stop in (*sorted(cut for cut in cuts if cut < len(lines)), len(lines)):
        chunk = b"".join(line + b"\n" for line in lines[start:stop])
        offset = sum(len(line) + 1 for line in lines[:start])
        transcript.feed(b"?" + chunk + b'"x"}', 1, 1 + len(chunk), offset=offset)
        start = stop
    assert transcript.findings == read(content)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(content: bytes) -> None:
    """Noise breaks nothing."""
    found = read(content + b"\n")
    assert not found.lines
