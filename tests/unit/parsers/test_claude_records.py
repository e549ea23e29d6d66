"""Decoding lines: the fast way and the patient way lead to the same values, and no line is too strange for the latter."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.parsers.claude.records import (
    ABSENT,
    Fact,
    Fork,
    Iteration,
    Message,
    ModelTotals,
    Record,
    Split,
    Usage,
    clean,
    decode,
    documents,
    fact,
)

RECORD: dict[str, Any] = {
    "isSidechain": False,
    "cwd": "/home/ada",
    "sessionId": "s",
    "version": "2.1.170",
    "gitBranch": "main",
    "message": {
        "model": "m",
        "id": "msg_1",
        "stop_reason": None,
        "usage": {
            "input_tokens": 3,
            "cache_creation_input_tokens": 5,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 4},
            "output_tokens": 7,
            "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 2},
            "iterations": [{"type": "compaction", "input_tokens": 9, "output_tokens": 8}],
            "output_tokens_details": {"thinking_tokens": 6},
        },
    },
    "type": "assistant",
    "uuid": "u",
    "timestamp": "2026-06-01T10:00:00.000Z",
    "forkedFrom": {"sessionId": "t", "messageUuid": "v"},
    "data": {
        "type": "agent_progress",
        "agentId": "a",
        "message": {"type": "assistant"},
        "normalizedMessages": [{}],
    },
}


def encoded(document: object) -> bytes:
    """Write a document as one line."""
    return json.dumps(document).encode()


def test_both_ways_lead_to_the_same_record() -> None:
    """What the fast decoder takes, the patient one reads alike."""
    rejected: Counter[str] = Counter()
    assert clean(Record, RECORD, rejected) == decode(encoded(RECORD))
    assert not rejected


def test_what_is_not_there_is_absent_not_0() -> None:
    """A count that is not stated can be told from one that is 0."""
    usage = decode(b'{"message":{"usage":{"input_tokens":0}}}').message
    assert usage == Message(usage=Usage(input_tokens=0, output_tokens=ABSENT))
    assert clean(Usage, {"input_tokens": 0, "output_tokens": None}, Counter()) == Usage(input_tokens=0)


@pytest.mark.parametrize(
    "line",
    [
        b'{"message":{"usage":{"input_tokens":-1}}}',
        b'{"message":{"usage":{"input_tokens":1000000001}}}',
        b'{"message":{"usage":{"input_tokens":"1"}}}',
        b'{"message":{"usage":{"input_tokens":1.5}}}',
        b'{"message":{"usage":{"input_tokens":null}}}',
        b'{"message":{"usage":{"cache_creation":7}}}',
        b'{"message":"x"}',
        b'{"cwd":5}',
        b'{"cwd":"\xff"}',
        b'{"cwd":"\\ud800"}',
        b"[]",
        b"",
        b"{}{}",
    ],
)
def test_what_is_odd_goes_the_patient_way(line: bytes) -> None:
    """The fast decoder refuses every line that needs care."""
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        decode(line)


def test_unusable_fields_are_left_out_and_impossible_counts_noted() -> None:
    """Every other field is kept, whatever one field holds."""
    rejected: Counter[str] = Counter()
    document = {
        "cwd": 5,
        "sessionId": "s",
        "isSidechain": "yes",
        "forkedFrom": "somewhere",
        "message": {
            "id": ["x"],
            "model": "m",
            "usage": {
                "input_tokens": -3,
                "output_tokens": 7.0,
                "cache_creation": {"ephemeral_5m_input_tokens": "many", "ephemeral_1h_input_tokens": 4},
                "server_tool_use": [],
                "iterations": [5, {"type": "compaction", "input_tokens": 2.5, "model": {}}, None],
            },
        },
        "data": {"normalizedMessages": "none", "message": 5},
    }
    made = clean(Record, document, rejected)
    assert made.sessionId == "s"
    assert (made.cwd, made.isSidechain, made.forkedFrom) == (None, None, None)
    assert made.message == Message(
        model="m",
        usage=Usage(
            input_tokens=0,
            output_tokens=7,
            cache_creation=Split(ephemeral_5m_input_tokens=0, ephemeral_1h_input_tokens=4),
            iterations=[Iteration(type="compaction", input_tokens=0)],
        ),
    )
    assert made.data is not None
    assert (made.data.message, made.data.normalizedMessages) == (None, None)
    assert rejected == {"impossible input_tokens": 2, "impossible ephemeral_5m_input_tokens": 1}


def test_forks_are_read_where_they_name_a_session() -> None:
    """`forkedFrom` without a session is no fork that helps."""
    assert decode(b'{"forkedFrom":{"sessionId":"t"}}').forkedFrom == Fork(sessionId="t")
    assert decode(b'{"forkedFrom":{"messageUuid":"t"}}').forkedFrom == Fork()
    assert decode(b'{"forkedFrom":null}').forkedFrom is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    (
                        *Record.__struct_fields__,
                        *Message.__struct_fields__,
                        *Usage.__struct_fields__,
                        "modelUsage",
                    )
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=30,
    )
)
def test_no_document_is_too_strange(value: Any) -> None:
    """Whatever a line says, the patient way makes a record of every object on it, equal to the fast one's."""
    found, is_whole = documents(encoded(value))
    assert is_whole
    assert len(found) == isinstance(value, dict)
    for document in found:
        clean(Fact, document, Counter())
        made = clean(Record, document, Counter())
        try:
            fast = decode(encoded(document))
        except (msgspec.MsgspecError, ValueError):
            continue
        assert made == fast


@pytest.mark.parametrize(
    ("line", "expected", "is_whole"),
    [
        (b'{"a":1}', [{"a": 1}], True),
        (b'{"a":1}{"b":2}', [{"a": 1}, {"b": 2}], True),
        (b' {"a":1} \t {"b":2}\r\n', [{"a": 1}, {"b": 2}], True),
        (b'\xef\xbb\xbf{"a":1}', [{"a": 1}], True),
        (b'\0\0\0{"a":1}\0', [{"a": 1}], True),
        (b'[1]{"a":1}"x"5', [{"a": 1}], True),
        (b"", [], True),
        (b" \xef\xbb\xbf", [], True),
        (b"no JSON", [], False),
        (b'{"a":1}{"b":', [{"a": 1}], False),
        (b'{"a":"\xff"}', [{"a": "\ufffd"}], True),
        (b'{"a":"\\ud800"}', [{"a": "\ud800"}], True),
        (b'{"a":NaN}x', [], False),
        (b'{"a":"tor{"parentUuid":null,"b":2}', [{"parentUuid": None, "b": 2}], False),
        (b'{"parentUuid":nu{"parentUuid":1}{"c":3}', [{"parentUuid": 1}, {"c": 3}], False),
        (b'{"parentUuid":nu{"parentUuid":{"parentUuid":1', [], False),
        (b'{"a":12345678901234567890}', [{"a": 12345678901234567890}], True),
        (b'{"a":' + b"9" * 5000 + b"}", [{"a": math.inf}], True),
        (b'{"a":1e999}', [{"a": math.inf}], True),
    ],
)
def test_every_object_on_a_line_is_found(line: bytes, expected: list[Any], *, is_whole: bool) -> None:
    """Several documents, bad bytes, byte order marks, lost zeros and torn records cost nothing that is whole."""
    found, found_whole = documents(line)
    if b"NaN" in line:
        [document] = found
        assert math.isnan(document["a"])
    else:
        assert found == expected
    assert found_whole == is_whole


@pytest.mark.parametrize("depth", [900, 5_000, 200_000])
def test_depth_costs_only_what_is_deep(depth: int) -> None:
    """Nesting that no decoder takes is cut away, whatever stands in it; everything else of the line is read."""
    for start, end in (("[", "]"), ('{"x":', "}"), ('[{"]":"[",', "}]")):
        if start.startswith("[{"):
            deep = '[{"]":' * depth + '"\\"]}"' + "}]" * depth
        else:
            deep = start * depth + '"]}"' + end * depth
        line = '{"a":1,"deep":' + deep + ',"b":[{"c":"}\\"]"}]}{"d":2}'
        found, is_whole = documents(line.encode())
        assert is_whole
        assert [found[0]["a"], found[0]["b"], found[1]] == [1, [{"c": '}"]'}], {"d": 2}]


def test_a_deep_line_that_was_torn_ends() -> None:
    """A line that is both too deep and cut off is no document."""
    assert documents(b'{"a":' * 5_000) == ([], False)


def test_facts_are_read_from_lines_and_from_documents_alike() -> None:
    """The patient way is taken where the fast one fails, and may have been taken before."""
    line = b'{"type":"system","subtype":"api_error","error":{"status":529},"durationMs":5}'
    assert fact(line, None) == fact(line, json.loads(line)) == fact(line + b'{"x":1}', None)
    assert fact(line, None).error == {"status": 529}
    assert fact(b'{"type":5,"sessionId":"s"}', None) == Fact(sessionId="s")
    assert fact(b"no JSON", None) == Fact()


def test_running_totals_are_read_by_model() -> None:
    """A model whose totals are no object is left out, and the others stay."""
    line = b'{"modelUsage":{"m":{"inputTokens":5,"costUSD":0.5},"n":7}}'
    assert fact(line, None).modelUsage == {"m": ModelTotals(inputTokens=5, costUSD=0.5)}
    assert fact(b'{"modelUsage":[]}', None).modelUsage is None
