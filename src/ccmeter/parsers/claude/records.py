"""The records of a transcript, decoded just as far as they are used.

Fields are untyped on purpose: a field of an odd type must not cost the line it stands in, so each reader checks the
one value it needs. Everything not named here, such as what people and models wrote, is skipped without being built.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec


class Split(msgspec.Struct, gc=False):
    """`cache_creation`: a cache write by how long it lasts."""

    ephemeral_5m_input_tokens: Any = None
    ephemeral_1h_input_tokens: Any = None


class Usage(msgspec.Struct):
    """`message.usage`."""

    input_tokens: Any = None
    output_tokens: Any = None
    cache_creation_input_tokens: Any = None
    cache_read_input_tokens: Any = None
    cache_creation: Split | None = None
    service_tier: Any = None
    inference_geo: Any = None
    speed: Any = None
    server_tool_use: Any = None
    output_tokens_details: Any = None
    iterations: Any = None


class Message(msgspec.Struct):
    """`message` of an `assistant` record."""

    id: Any = None
    model: Any = None
    stop_reason: Any = None
    usage: Usage | None = None


class Nested(msgspec.Struct):
    """A record inside `data` of an `agent_progress` record."""

    type: Any = None
    message: Message | None = None
    timestamp: Any = None
    requestId: Any = None  # noqa: N815 - the log's own names
    uuid: Any = None


class Progress(msgspec.Struct):
    """`data` of a `progress` record."""

    type: Any = None
    agentId: Any = None  # noqa: N815
    message: Nested | None = None
    normalizedMessages: list[Nested] | None = None  # noqa: N815


class Record(msgspec.Struct):
    """One line. Which fields are there depends on `type`."""

    type: Any = None
    subtype: Any = None
    message: Message | None = None
    data: Progress | None = None
    timestamp: Any = None
    sessionId: Any = None  # noqa: N815
    cwd: Any = None
    gitBranch: Any = None  # noqa: N815
    version: Any = None
    isSidechain: Any = None  # noqa: N815
    agentId: Any = None  # noqa: N815
    requestId: Any = None  # noqa: N815
    uuid: Any = None
    forkedFrom: Any = None  # noqa: N815
    costUSD: Any = None  # noqa: N815
    content: Any = None
    error: Any = None
    durationMs: Any = None  # noqa: N815
    messageCount: Any = None  # noqa: N815
    leafUuid: Any = None  # noqa: N815
    summary: Any = None
    aiTitle: Any = None  # noqa: N815
    customTitle: Any = None  # noqa: N815
    prNumber: Any = None  # noqa: N815
    prUrl: Any = None  # noqa: N815
    prRepository: Any = None  # noqa: N815
    startTime: Any = None  # noqa: N815
    totalCostUSD: Any = None  # noqa: N815
    totalAPIDuration: Any = None  # noqa: N815
    totalDuration: Any = None  # noqa: N815
    modelUsage: Any = None  # noqa: N815


decode: Final = msgspec.json.Decoder(Record).decode
"""Decode one line; raises `msgspec.MsgspecError` where `documents` must be tried."""


class _Typed(msgspec.Struct):
    type: Any = None


_decode_type = msgspec.json.Decoder(_Typed).decode


def kind(line: memoryview) -> str | None:
    """Give the type of a record that is not wanted otherwise; None where the line is not JSON."""
    try:
        found = _decode_type(line).type
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if type(found) is str else "unknown"


def documents(line: bytes) -> tuple[list[dict[str, Any]], bool]:
    """Give the JSON objects that stand on a line one after another, and whether they make up the whole line."""
    content = line.decode("utf-8", "replace").lstrip("\ufeff")
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    position = 0
    while True:
        while position < len(content) and content[position].isspace():
            position += 1
        if position >= len(content):
            return found, True
        try:
            document, position = decoder.raw_decode(content, position)
        except (ValueError, RecursionError):
            return found, False
        if isinstance(document, dict):
            found.append(document)


def coerce(document: dict[str, Any]) -> Record:
    """Make a record of a decoded object, leaving out every field whose type makes it unusable."""
    record = Record()
    _fill(record, document, message=Message, data=Progress)
    return record


def _fill(target: msgspec.Struct, document: dict[str, Any], **objects: type[msgspec.Struct]) -> None:
    for name in target.__struct_fields__:
        value = document.get(name)
        if value is None:
            continue
        if name == "normalizedMessages":
            value = (
                [_nested(item) for item in value if isinstance(item, dict)]
                if isinstance(value, list)
                else None
            )
        elif name in objects:
            value = _made(objects[name], value)
        setattr(target, name, value)


def _nested(document: dict[str, Any]) -> Nested:
    nested = Nested()
    _fill(nested, document, message=Message)
    return nested


def _made(kind: type[msgspec.Struct], value: object) -> msgspec.Struct | None:
    if not isinstance(value, dict):
        return None
    if kind is Progress:
        made: msgspec.Struct = Progress()
        _fill(made, value, message=Nested)
    elif kind is Nested:
        made = _nested(value)
    elif kind is Message:
        made = Message()
        _fill(made, value, usage=Usage)
    elif kind is Usage:
        made = Usage()
        _fill(made, value, cache_creation=Split)
    else:
        made = kind()
        _fill(made, value)
    return made
