"""Lines as Claude Code writes them, made up: compact JSON, in the order of keys that real logs have."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Json = dict[str, Any]

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def stamp(at_us: int) -> str:
    """Write an instant as Claude Code does."""
    at = EPOCH + dt.timedelta(microseconds=at_us)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def us(text: str) -> int:
    """Read an ISO instant as microseconds since 1970 UTC."""
    return (dt.datetime.fromisoformat(text) - EPOCH) // dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line that carries usage. None leaves a key out."""

    message_id: str | None = "msg_1"
    request_id: str | None = "req_1"
    uuid: str | None = None
    session: str = "session-1"
    agent: str | None = None
    cwd: str = "/home/dev/alpha"
    branch: str = "main"
    version: str = "2.1.200"
    is_sidechain: bool = False
    forked_from: str | None = None
    model: str = "claude-opus-4-5-20251101"
    at_us: int | None = 1_767_225_600_000_000
    input_tokens: int = 3
    output_tokens: int = 10
    cache_creation_tokens: int = 0
    split: tuple[int, int] | None = None
    cache_read_tokens: int = 0
    speed: str | None = None
    service_tier: str | None = "standard"
    inference_geo: str | None = None
    server_tools: tuple[int, int] | None = None
    iterations: Sequence[Mapping[str, Any]] | None = None
    stop_reason: str | None = None
    cost_usd: float | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    """What `tool` gives, in the place of a text."""

    def usage(self) -> Json:
        """Give `message.usage`."""
        usage: Json = {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_creation_tokens,
            "cache_read_input_tokens": self.cache_read_tokens,
        }
        if self.split is not None:
            short, long = self.split
            usage["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
        usage["output_tokens"] = self.output_tokens
        optional = {
            "service_tier": self.service_tier,
            "inference_geo": self.inference_geo,
            "speed": self.speed,
            "iterations": self.iterations,
        }
        usage |= {name: value for name, value in optional.items() if value is not None}
        if self.server_tools is not None:
            searches, fetches = self.server_tools
            usage["server_tool_use"] = {"web_search_requests": searches, "web_fetch_requests": fetches}
        return usage

    def message(self) -> Json:
        """Give `message`."""
        message: Json = {"model": self.model}
        if self.message_id is not None:
            message["id"] = self.message_id
        message |= {
            "type": "message",
            "role": "assistant",
            "content": [*self.tools] or [{"type": "text", "text": "x"}],
            "stop_reason": self.stop_reason,
            "stop_sequence": None,
            "usage": self.usage(),
        }
        return message

    def place(self) -> Json:
        """Give the keys that say where a record belongs."""
        return {
            "parentUuid": None,
            "isSidechain": self.is_sidechain,
            "userType": "external",
            "cwd": self.cwd,
            "sessionId": self.session,
            "version": self.version,
            "gitBranch": self.branch,
        }

    def assistant(self) -> bytes:
        """Write it as a record of its own."""
        record = self.place()
        if self.agent is not None:
            record["agentId"] = self.agent
        record["message"] = self.message()
        record |= self._ids()
        if self.forked_from is not None:
            record["forkedFrom"] = {"sessionId": self.forked_from, "messageUuid": self.uuid}
        if self.cost_usd is not None:
            record["costUSD"] = self.cost_usd
        return dumped(record)

    def nested(self) -> bytes:
        """Write it as an `agent_progress` record: a copy inside another session's record."""
        inner = {"message": self.message(), **self._ids()}
        record = self.place()
        record["type"] = "progress"
        record["data"] = {
            "message": inner,
            "normalizedMessages": [inner],
            "type": "agent_progress",
            "prompt": "",
            "agentId": self.agent,
        }
        record["toolUseID"] = "agent_msg_1"
        record["uuid"] = None
        if self.at_us is not None:
            record["timestamp"] = stamp(self.at_us)
        return dumped(record)

    def _ids(self) -> Json:
        ids: Json = {}
        if self.request_id is not None:
            ids["requestId"] = self.request_id
        ids["type"] = "assistant"
        if self.uuid is not None:
            ids["uuid"] = self.uuid
        if self.at_us is not None:
            ids["timestamp"] = stamp(self.at_us)
        return ids


def tool(name: str, tool_id: str = "toolu_1", **told: Any) -> Json:
    """Give a block that asks for a tool."""
    return {"type": "tool_use", "id": tool_id, "name": name, "input": told}


def dumped(record: Json) -> bytes:
    """Write a record as compact JSON, without a newline."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def joined(lines: Sequence[bytes]) -> bytes:
    """Write lines as a file's content."""
    return b"".join(line + b"\n" for line in lines)


@dataclass(slots=True)
class Folder:
    """A configuration folder that is written to, as Claude Code would."""

    path: Path
    wrote: dict[str, bytes] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """Give the place of a transcript; `name` is below `projects`."""
        return self.path / "projects" / name

    def write(self, name: str, content: bytes) -> Path:
        """Give a transcript this content, in place."""
        target = self.file(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.wrote[name] = content
        return target

    def append(self, name: str, content: bytes) -> Path:
        """Let a transcript grow."""
        target = self.file(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as file:
            file.write(content)
        self.wrote[name] = self.wrote.get(name, b"") + content
        return target

    def swap(self, name: str, content: bytes) -> Path:
        """Put another file in the place of a transcript, as editors and backup programs do."""
        target = self.file(name)
        aside = target.with_suffix(".new")
        aside.write_bytes(content)
        aside.replace(target)
        self.wrote[name] = content
        return target


__all__ = ["EPOCH", "Folder", "Json", "Line", "dumped", "joined", "replace", "stamp", "tool", "us"]
