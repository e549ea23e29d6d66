"""Usage lines and the parts billed beside them: where each field comes from, and what a call is known by."""

from __future__ import annotations

import json
from typing import Any

from ccmeter.domain.rates import UNDATED
from ccmeter.domain.usage import BilledPart, Findings, Origin, UsageLine
from ccmeter.parsers.claude import Transcript

STAMP_US = 1_780_308_000_000_000
RECORD: dict[str, Any] = {
    "parentUuid": None,
    "isSidechain": True,
    "cwd": "/home/ada",
    "sessionId": "s",
    "version": "2.1.170",
    "gitBranch": "main",
    "agentId": "a1",
    "message": {
        "id": "msg_1",
        "model": "m",
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 1,
            "cache_creation_input_tokens": 9,
            "cache_read_input_tokens": 4,
            "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 3},
            "output_tokens": 2,
            "service_tier": "standard",
            "speed": "fast",
            "inference_geo": "us",
            "server_tool_use": {"web_search_requests": 6, "web_fetch_requests": 7},
            "output_tokens_details": {"thinking_tokens": 8},
        },
    },
    "requestId": "req_1",
    "type": "assistant",
    "uuid": "u",
    "timestamp": "2026-06-01T10:00:00.000Z",
    "costUSD": 0.5,
}


def read(*documents: object, source: str = "projects/s.jsonl", earlier: tuple[bytes, ...] = ()) -> Findings:
    """Read records from lines of their own."""
    transcript = Transcript(source, lambda: earlier)
    content = b"".join(json.dumps(document).encode() + b"\n" for document in documents)
    transcript.feed(content, 0, len(content), offset=0)
    return transcript.findings


def changed(*path: str, to: object = ...) -> dict[str, Any]:
    """Give the record with one field changed, or without it."""
    made: dict[str, Any] = json.loads(json.dumps(RECORD))
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    if to is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return made


def test_every_field_has_its_place() -> None:
    """A full line, field by field."""
    [line] = read(RECORD).lines
    assert line == UsageLine(
        call_key="msg_1",
        offset=0,
        origin=Origin(
            session_id="s",
            agent_id="a1",
            cwd="/home/ada",
            git_branch="main",
            version="2.1.170",
            is_sidechain=True,
            is_nested=False,
            is_forked=False,
            model="m",
            speed="fast",
            service_tier="standard",
            inference_geo="us",
        ),
        logged_us=STAMP_US,
        uuid="u",
        input_tokens=1,
        output_tokens=2,
        cache_creation_tokens=9,
        cache_creation_5m_tokens=5,
        cache_creation_1h_tokens=3,
        cache_read_tokens=4,
        thinking_tokens=8,
        web_searches=6,
        web_fetches=7,
        stop_reason="end_turn",
        is_final=True,
        recorded_pico=500_000_000_000,
    )


def test_a_line_type_is_kept() -> None:
    """Lines are `UsageLine`s, also where they are made the quick way."""
    [line] = read(RECORD).lines
    assert type(line) is UsageLine
    assert len(line) == len(UsageLine._fields)


def test_equal_origins_are_one_object() -> None:
    """Whoever collects lines may tell origins apart by identity, also when others come between."""
    lines = read(RECORD, changed("cwd", to="/tmp"), RECORD, changed("message", "id", to="msg_2")).lines
    assert lines[0].origin is lines[2].origin is lines[3].origin
    assert lines[0].origin is not lines[1].origin


def test_each_field_of_an_origin_tells_it_apart() -> None:
    """A change of any field between neighbouring lines is seen."""
    for path in (
        ("sessionId",),
        ("cwd",),
        ("gitBranch",),
        ("version",),
        ("agentId",),
        ("message", "model"),
        ("message", "usage", "speed"),
        ("message", "usage", "service_tier"),
        ("message", "usage", "inference_geo"),
    ):
        first, second, third = read(RECORD, changed(*path, to="other"), changed(*path)).lines
        assert "other" in second.origin
        assert "" in third.origin
        assert len({first.origin, second.origin, third.origin}) == 3
    first, second = read(RECORD, changed("isSidechain", to=False)).lines
    assert (first.origin.is_sidechain, second.origin.is_sidechain) == (True, False)


def test_a_fork_belongs_to_where_it_came_from() -> None:
    """A copy that names its origin takes that session; one that names none keeps its own."""
    forked = {**RECORD, "forkedFrom": {"sessionId": "t", "messageUuid": "x"}}
    vague = {**RECORD, "forkedFrom": {"messageUuid": "x"}}
    found = [
        (line.origin.session_id, line.origin.is_forked) for line in read(RECORD, forked, vague, RECORD).lines
    ]
    assert found == [("s", False), ("t", True), ("s", False), ("s", False)]


def test_a_call_is_final_where_the_log_proves_it() -> None:
    """A stop reason or tool counters prove a final count; neither is needed for a line to count."""
    both = changed("message", "stop_reason", to=None)
    del both["message"]["usage"]["server_tool_use"]
    lines = read(
        RECORD,
        changed("message", "stop_reason", to=None),
        changed("message", "usage", "server_tool_use"),
        both,
    ).lines
    assert [line.is_final for line in lines] == [True, True, True, False]
    assert [line.stop_reason for line in lines] == ["end_turn", "", "end_turn", ""]


def test_a_line_without_counts_is_no_call() -> None:
    """Usage that states nothing is reported; usage that states any count, even 0, is a call."""
    found = read(
        changed("message", "usage", to={}), changed("message", "usage", to={"service_tier": "standard"})
    )
    assert not found.lines
    assert found.rejected == {"usage without token counts": 2}
    for name in ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"):
        assert len(read(changed("message", "usage", to={name: 0})).lines) == 1
    assert (
        len(read(changed("message", "usage", to={"cache_creation": {"ephemeral_1h_input_tokens": 0}})).lines)
        == 1
    )


def test_records_without_a_message_or_usage_are_no_calls() -> None:
    """Nothing was billed, and nothing is wrong."""
    found = read(changed("message"), changed("message", to=None), changed("message", "usage"))
    assert not found.lines
    assert not found.rejected


def test_a_call_is_known_by_the_first_id_it_has() -> None:
    """`message.id`, else the request, else the record, else its place among equal lines."""
    no_id = changed("message", "id")
    no_request = {name: value for name, value in no_id.items() if name != "requestId"}
    nothing = {name: value for name, value in no_request.items() if name != "uuid"}
    found = [line.call_key for line in read(RECORD, no_id, no_request, nothing, nothing).lines]
    assert found[:3] == ["msg_1", "request:req_1", "uuid:u"]
    assert [key.rpartition(":")[0] for key in found[3:]] == [found[3].rpartition(":")[0]] * 2
    assert [key.rpartition(":")[2] for key in found[3:]] == ["0", "1"]


def test_lines_without_ids_are_counted_from_the_files_start() -> None:
    """What stands before the first byte read is asked for, and only if it is needed."""
    nothing = changed("message", "id")
    del nothing["requestId"], nothing["uuid"]
    line = json.dumps(nothing).encode()
    whole = [line.call_key for line in read(nothing, nothing, nothing).lines]
    rest = read(nothing, earlier=(line, b"other", line + b"\r"))
    assert [line.call_key for line in rest.lines] == whole[2:]
    assert [line.call_key for line in read(nothing, source="projects/t.jsonl").lines] != whole[:1]

    def unwanted() -> tuple[bytes, ...]:
        raise AssertionError("nobody needs to know")

    transcript = Transcript("s", unwanted)
    content = json.dumps(RECORD).encode()
    transcript.feed(content, 0, len(content), offset=0)
    assert len(transcript.findings.lines) == 1


def nested(**more: object) -> dict[str, Any]:
    """Make a progress record with a call inside."""
    inner = {
        "type": "assistant",
        "timestamp": "2026-06-01T10:00:01.000Z",
        "message": RECORD["message"],
        "requestId": "req_2",
        "uuid": "v",
    }
    return {
        **{
            name: value
            for name, value in RECORD.items()
            if name not in ("message", "agentId", "requestId", "costUSD")
        },
        "type": "progress",
        "isSidechain": False,
        "data": {
            "type": "agent_progress",
            "agentId": "a2",
            "message": inner,
            "normalizedMessages": [inner],
            **more,
        },
    }


def test_a_nested_call_has_the_place_of_the_record_around_it() -> None:
    """Session, folder, branch and version of the record; agent of its data; time, ids and counts of its own."""
    first, second = read(nested()).lines
    assert first == second
    [own] = read(RECORD).lines
    assert first.origin == own.origin._replace(agent_id="a2", is_sidechain=True, is_nested=True)
    assert (first.call_key, first.uuid, first.logged_us - STAMP_US) == ("msg_1", "v", 1_000_000)
    assert (first.input_tokens, first.output_tokens, first.web_searches) == (1, 2, 6)
    assert first.recorded_pico == -1


def test_a_nested_call_may_lack_a_time() -> None:
    """Then the time of the record around it is its time."""
    inner = {"message": RECORD["message"]}
    [line] = read(nested(message=inner, normalizedMessages=None)).lines
    assert line.logged_us == STAMP_US
    record = nested(message=inner, normalizedMessages=[])
    del record["timestamp"]
    found = read(record)
    assert found.lines[0].logged_us == UNDATED
    assert found.rejected == {"no timestamp": 1}


def test_other_things_inside_progress_are_no_calls() -> None:
    """Messages of people, of Claude Code itself, without usage, or inside other progress."""
    person = {"type": "user", "message": {"usage": {"input_tokens": 5}}}
    own = {"type": "assistant", "message": {"model": "<synthetic>", "usage": {"input_tokens": 0}}}
    mute = {"type": "assistant", "message": {"id": "x", "note": '"input_tokens"'}}
    found = read(
        nested(message=person, normalizedMessages=[own, mute, {"type": "assistant"}]),
        nested(type="bash_progress"),
        nested(type=None),
        {"type": "progress", "data": None, "note": {"input_tokens": 5}},
    )
    assert not found.lines
    assert found.kinds == {"progress": 4}


def iterated(*iterations: object) -> dict[str, Any]:
    """Give the record with iterations."""
    return changed("message", "usage", "iterations", to=list(iterations))


def test_parts_billed_beside_a_call_are_kept() -> None:
    """An advisor at its own model, a compaction at the call's, each with its counts and place."""
    found = read(
        iterated(
            {"type": "message", "input_tokens": 1, "output_tokens": 1},
            {
                "type": "advisor_message",
                "model": "n",
                "input_tokens": 2,
                "output_tokens": 3,
                "cache_creation_input_tokens": 9,
                "cache_read_input_tokens": 5,
                "cache_creation": {"ephemeral_5m_input_tokens": 6, "ephemeral_1h_input_tokens": 1},
            },
            {"type": "compaction", "input_tokens": 8},
            {"type": "something new", "input_tokens": 8},
            {"input_tokens": 8},
        )
    )
    assert found.parts == [
        BilledPart("msg_1", 1, 0, "advisor", "n", 2, 3, 9, 6, 1, 5),
        BilledPart("msg_1", 2, 0, "compaction", "m", 8, 0, 0, 0, 0, 0),
    ]


def test_declined_attempts_are_billed_once_they_gave_output() -> None:
    """Only where a fallback took over, and only attempts of other models."""
    declined = {"type": "message", "model": "n", "input_tokens": 5, "output_tokens": 1}
    silent = {"type": "message", "model": "n", "input_tokens": 5, "output_tokens": 0}
    own = {"type": "message", "model": "m", "input_tokens": 5, "output_tokens": 1}
    fallback = {"type": "fallback_message", "model": "m", "input_tokens": 5, "output_tokens": 1}
    assert [part.kind for part in read(iterated(declined, silent, own, fallback)).parts] == ["declined"]
    assert not read(iterated(declined, silent, own)).parts


def test_parts_of_a_call_without_id_share_its_key() -> None:
    """A part always finds its call."""
    record = iterated({"type": "compaction", "input_tokens": 8})
    del record["message"]["id"]
    found = read(record)
    assert found.parts[0].call_key == found.lines[0].call_key == "request:req_1"
