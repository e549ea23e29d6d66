"""The records of a transcript, decoded just as far as they are used.

Two ways lead to the same typed values. Nearly every line takes the fast one, where msgspec checks types and ranges as
it decodes. A line that it refuses, for an odd value anywhere or for being no single JSON document, takes the patient
one, which keeps everything usable and counts what is not. Fields that are not named here, such as what people and
models wrote, are skipped without being built.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

import msgspec

from ccmeter.domain.tokens import MOST_REQUESTS, MOST_TOKENS
from ccmeter.parsers.claude.values import count

ABSENT: Final = -1
"""A count that is not stated."""

Tokens = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)]
Requests = Annotated[int, msgspec.Meta(ge=0, le=MOST_REQUESTS)]

# Fields stand in the order in which the log writes them, which is the order that decodes fastest.


class Split(msgspec.Struct, gc=False):
    """`cache_creation`: a cache write by how long it lasts."""

    ephemeral_5m_input_tokens: Tokens = ABSENT
    ephemeral_1h_input_tokens: Tokens = ABSENT


class ServerTools(msgspec.Struct, gc=False):
    """`server_tool_use`: what the API itself did for the call."""

    web_search_requests: Requests = 0
    web_fetch_requests: Requests = 0


class OutputDetails(msgspec.Struct, gc=False):
    """`output_tokens_details`."""

    thinking_tokens: Tokens = 0


class Iteration(msgspec.Struct, gc=False):
    """One of `usage.iterations`."""

    type: str | None = None
    model: str | None = None
    input_tokens: Tokens = ABSENT
    cache_creation_input_tokens: Tokens = ABSENT
    cache_read_input_tokens: Tokens = ABSENT
    cache_creation: Split | None = None
    output_tokens: Tokens = ABSENT


class Usage(msgspec.Struct, gc=False):
    """`message.usage`."""

    input_tokens: Tokens = ABSENT
    cache_creation_input_tokens: Tokens = ABSENT
    cache_read_input_tokens: Tokens = ABSENT
    cache_creation: Split | None = None
    output_tokens: Tokens = ABSENT
    service_tier: str | None = None
    inference_geo: str | None = None
    server_tool_use: ServerTools | None = None
    iterations: list[Iteration] | None = None
    speed: str | None = None
    output_tokens_details: OutputDetails | None = None


class ToolInput(msgspec.Struct, gc=False):
    """`input` of a tool: which file, and which part of it. Nothing else that a tool was told is built."""

    file_path: Any = None
    notebook_path: Any = None
    offset: Any = None
    limit: Any = None
    pages: Any = None
    cell_id: Any = None


class Block(msgspec.Struct, gc=False):
    """One of `message.content`. Texts, thoughts and results are skipped without being built."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    input: ToolInput | None = None


class Message(msgspec.Struct, gc=False):
    """`message` of an `assistant` record."""

    model: str | None = None
    id: str | None = None
    content: list[Block] | str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Nested(msgspec.Struct, gc=False):
    """A record inside `data` of an `agent_progress` record."""

    message: Message | None = None
    requestId: str | None = None  # noqa: N815 - the log's own names
    type: str | None = None
    uuid: str | None = None
    timestamp: Any = None


class Progress(msgspec.Struct, gc=False):
    """`data` of a `progress` record."""

    message: Nested | None = None
    normalizedMessages: list[Nested] | None = None  # noqa: N815
    type: str | None = None
    agentId: str | None = None  # noqa: N815


class Fork(msgspec.Struct, gc=False):
    """`forkedFrom`: where a copied record was copied from."""

    sessionId: str | None = None  # noqa: N815


class Record(msgspec.Struct, gc=False):
    """One line. Which fields are there depends on `type`."""

    isSidechain: bool | None = None  # noqa: N815
    cwd: str | None = None
    sessionId: str | None = None  # noqa: N815
    version: str | None = None
    gitBranch: str | None = None  # noqa: N815
    agentId: str | None = None  # noqa: N815
    message: Message | None = None
    requestId: str | None = None  # noqa: N815
    type: str | None = None
    uuid: str | None = None
    timestamp: Any = None
    data: Progress | None = None
    forkedFrom: Fork | None = None  # noqa: N815
    costUSD: Any = None  # noqa: N815


class ModelTotals(msgspec.Struct, gc=False):
    """One model of `modelUsage` in a `cost-state` record."""

    inputTokens: Any = None  # noqa: N815
    outputTokens: Any = None  # noqa: N815
    thinkingTokens: Any = None  # noqa: N815
    cacheReadInputTokens: Any = None  # noqa: N815
    cacheCreationInputTokens: Any = None  # noqa: N815
    webSearchRequests: Any = None  # noqa: N815
    costUSD: Any = None  # noqa: N815


class Fact(msgspec.Struct, gc=False):
    """One line of a type that carries no usage but something worth keeping."""

    type: str | None = None
    subtype: str | None = None
    sessionId: str | None = None  # noqa: N815
    uuid: str | None = None
    timestamp: Any = None
    content: Any = None
    error: Any = None
    durationMs: Any = None  # noqa: N815
    messageCount: Any = None  # noqa: N815
    leafUuid: str | None = None  # noqa: N815
    summary: str | None = None
    aiTitle: str | None = None  # noqa: N815
    customTitle: str | None = None  # noqa: N815
    prNumber: Any = None  # noqa: N815
    prUrl: str | None = None  # noqa: N815
    prRepository: str | None = None  # noqa: N815
    startTime: Any = None  # noqa: N815
    totalCostUSD: Any = None  # noqa: N815
    totalAPIDuration: Any = None  # noqa: N815
    totalDuration: Any = None  # noqa: N815
    modelUsage: dict[str, ModelTotals] | None = None  # noqa: N815
    forkedFrom: Fork | None = None  # noqa: N815
    message: Any = None
    isApiErrorMessage: Any = None  # noqa: N815


class Said(msgspec.Struct, gc=False):
    """A `user` record: what a person said, or what a program said in a person's name."""

    isSidechain: bool | None = None  # noqa: N815
    agentId: str | None = None  # noqa: N815
    sessionId: str | None = None  # noqa: N815
    uuid: str | None = None
    timestamp: Any = None
    isMeta: Any = None  # noqa: N815
    isCompactSummary: Any = None  # noqa: N815
    isVisibleInTranscriptOnly: Any = None  # noqa: N815
    toolUseResult: Any = None  # noqa: N815
    forkedFrom: Fork | None = None  # noqa: N815
    origin: Any = None
    promptSource: Any = None  # noqa: N815
    message: Any = None


_records: Final = msgspec.json.Decoder(Record)
decode: Final = _records.decode
"""Decode one line; raises one of `REFUSALS` where the patient way must be taken."""
decode_lines: Final = _records.decode_lines
"""Decode many lines; raises one of `REFUSALS` if one of them cannot be decoded."""

_facts: Final = msgspec.json.Decoder(Fact)
_said: Final = msgspec.json.Decoder(Said)

REFUSALS: Final = (msgspec.MsgspecError, ValueError, RecursionError)
_RANGES: Final = {Tokens: MOST_TOKENS, Requests: MOST_REQUESTS}

_BEGINNING: Final = '{"parentUuid":'
"""How records begin, and nothing within one; in a text its quotes would be escaped."""
_BLANKS: Final = "\ufeff\0"
"""What may stand between documents besides white space: byte order marks, and the zeros of a write that got lost."""
_MOST_DIGITS: Final = 20
"""Integers of more are as good as infinite, and Python refuses those of 4,301."""
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]|[^"\[\]{}]+', re.DOTALL)
_DEEPEST: Final = 64
"""Everything that is read stands within ten levels."""

_Shape = TypeVar("_Shape", bound=msgspec.Struct)


def fact(line: bytes, document: dict[str, Any] | None) -> Fact:
    """Read a line, or the document that it was decoded to, as a fact."""
    return _decoded(_facts, Fact, line, document)


def said(line: bytes, document: dict[str, Any] | None) -> Said:
    """Read a line, or the document that it was decoded to, as something said by a person or in a person's name."""
    return _decoded(_said, Said, line, document)


def _decoded(
    decoder: msgspec.json.Decoder[_Shape], shape: type[_Shape], line: bytes, document: dict[str, Any] | None
) -> _Shape:
    if document is None:
        try:
            return decoder.decode(line)
        except REFUSALS:
            found, _ = documents(line)
            document = found[0] if found else {}
    return clean(shape, document, Counter())


def documents(line: bytes) -> tuple[list[dict[str, Any]], bool]:
    """Give the JSON objects that stand on a line one after another, and whether they make up the whole line.

    Where a record was torn because its writer died, the one that the next writer set behind it is found too.
    """
    content = line.decode("utf-8", "replace")
    found: list[dict[str, Any]] = []
    position, is_whole = _after_blanks(content, 0), True
    while 0 <= position < len(content):
        try:
            document, position = _decoder.raw_decode(content, position)
        except RecursionError:
            content, position = _shallow(content[position:]), 0
            continue
        except ValueError:
            is_whole = False
            position = content.find(_BEGINNING, position + 1)
            continue
        if isinstance(document, dict):
            found.append(document)
        position = _after_blanks(content, position)
    return found, is_whole


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


_decoder: Final = json.JSONDecoder(parse_int=_integer)


def _after_blanks(content: str, position: int) -> int:
    while position < len(content) and (content[position].isspace() or content[position] in _BLANKS):
        position += 1
    return position


def _shallow(content: str) -> str:
    """Give JSON text with null for what is nested so deep that no decoder would take it."""
    kept = []
    depth = 0
    for token in _TOKEN.findall(content):
        depth += token in ("{", "[")
        if depth <= _DEEPEST:
            kept.append(token)
        elif depth == _DEEPEST + 1 and token in ("{", "["):
            kept.append("null")
        depth -= token in ("}", "]")
    return "".join(kept)


def clean(shape: type[_Shape], document: dict[str, Any], rejected: Counter[str]) -> _Shape:
    """Make a typed value of a decoded object: unusable fields are left out, impossible counts are 0 and noted."""
    made = shape()
    for field in msgspec.structs.fields(shape):
        value = document.get(field.name)
        if value is not None:
            setattr(made, field.name, _cleaned(field, value, rejected))
    return made


def _cleaned(field: msgspec.structs.FieldInfo, value: Any, rejected: Counter[str]) -> Any:
    if field.type in _RANGES:
        return count(value, field.name, rejected, _RANGES[field.type])
    wanted = next((part for part in get_args(field.type) if part is not type(None)), field.type)
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return clean(wanted, value, rejected) if isinstance(value, dict) else field.default
    item = get_args(wanted)[-1:]
    if get_origin(wanted) is list and isinstance(value, list):
        return [clean(item[0], entry, rejected) for entry in value if isinstance(entry, dict)]
    if get_origin(wanted) is dict and isinstance(value, dict):
        return {
            str(key): clean(item[0], entry, rejected)
            for key, entry in value.items()
            if isinstance(entry, dict)
        }
    try:
        return msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        return field.default
