"""Makes a Claude Code log folder of any size: `python benchmarks/generate_logs.py OUT_DIR SIZE_MIB`.

Made up, and of the shape that real logs were measured to have: most bytes are what people and tools wrote, a third of
the lines carries usage, a call is one to four lines that share its id, half of the calls never get a final output
count, and a few long sessions hold most of the bytes. Standard library only; the same arguments give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS = (
    "claude-opus-4-6",
    "claude-sonnet-4-6",
    "claude-haiku-4-5-20251001",
    "claude-opus-5",
    "claude-sonnet-5",
)
WORDS = (
    "def value",
    "= read(path)",
    "\n\tif not found:",
    "return None",
    "# “süß” →",
    "日本",
    '{"key": [0]}',
    "\\d+",
)
PROJECTS = 12
DAYS = 180
FINISHED = 0.5
"""Share of the calls whose last line has the final output count."""
SHELL = 0.4
"""Share of the calls that a shell reports its progress on."""
FIRST = dt.datetime(2026, 5, 1, 8, tzinfo=dt.UTC)
MEDIAN_BYTES = 160_000
"""Of a session's file."""
SPREAD = 1.3
"""Sigma of the logarithm of a file's size: the mean is 2.3 times the median."""


class Session(NamedTuple):
    """What all lines of a session share."""

    session_id: str
    cwd: str
    starts_at: dt.datetime


class Writer:
    """Writes sessions until a folder is as large as it should be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._chance = Random(1)
        self._prose = " ".join(self._chance.choices(WORDS, k=40_000))

    def fill(self, size_bytes: int) -> int:
        """Write files of that many bytes together, or a line more; give their number."""
        written = files = 0
        while written < size_bytes:
            wanted = MEDIAN_BYTES * math.exp(self._chance.gauss(0, SPREAD))
            written += self._write(files, min(int(wanted), size_bytes - written))
            files += 1
        return files

    def _write(self, number: int, size_bytes: int) -> int:
        project = self._chance.randrange(PROJECTS)
        session = Session(
            session_id=self._identifier(),
            cwd=f"/home/dev/project-{project}",
            starts_at=FIRST + dt.timedelta(days=number % DAYS, minutes=self._chance.randrange(600)),
        )
        file = self._folder / "projects" / f"-home-dev-project-{project}" / f"{session.session_id}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with file.open("wb") as out:
            for line in self._lines(session):
                size += out.write(line)
                if size >= size_bytes:
                    return size
        raise AssertionError

    def _lines(self, session: Session) -> Iterator[bytes]:
        """Give lines without an end: a call's, then what came back."""
        at = session.starts_at
        model = self._chance.choice(MODELS)
        cached = 0
        while True:
            written = self._chance.randrange(200, 9_000)
            yield from self._call(session, at, model, cached, written)
            cached = (cached + written) % 180_000
            at += dt.timedelta(seconds=self._chance.randrange(3, 90))
            told = {"role": "user", "content": [{"type": "tool_result", "content": self._text(1_900)}]}
            yield self._line(
                session, at, "user", message=told, toolUseResult={"stdout": self._text(900), "stderr": ""}
            )
            if self._chance.random() < SHELL:
                yield self._line(
                    session,
                    at,
                    "progress",
                    data={"type": "bash_progress", "output": self._text(300), "elapsedTimeSeconds": 2},
                )

    def _call(
        self, session: Session, at: dt.datetime, model: str, cached: int, written: int
    ) -> Iterator[bytes]:
        message_id, request_id = f"msg_{self._identifier()}", f"req_{self._identifier()}"
        is_finished = self._chance.random() < FINISHED
        count = self._chance.choice((1, 1, 2, 2, 2, 3, 4))
        for place in range(count):
            is_last = place == count - 1 and is_finished
            usage = {
                "input_tokens": 4,
                "cache_creation_input_tokens": written,
                "cache_read_input_tokens": cached,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 0,
                    "ephemeral_1h_input_tokens": written,
                },
                "output_tokens": self._chance.randrange(80, 2_000) if is_last else 3,
                "service_tier": "standard",
            }
            message = {
                "id": message_id,
                "type": "message",
                "role": "assistant",
                "model": model,
                "content": [{"type": "text", "text": self._text(350)}],
                "stop_reason": "tool_use" if is_last else None,
                "stop_sequence": None,
                "usage": usage,
            }
            stamp = at + dt.timedelta(milliseconds=400 * place)
            yield self._line(session, stamp, "assistant", message=message, requestId=request_id)

    def _line(self, session: Session, at: dt.datetime, kind: str, **fields: object) -> bytes:
        record = {
            "parentUuid": self._identifier(),
            "isSidechain": False,
            "userType": "external",
            "cwd": session.cwd,
            "sessionId": session.session_id,
            "version": "2.1.280",
            "gitBranch": "main",
            "type": kind,
            **fields,
            "uuid": self._identifier(),
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
        }
        return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def _text(self, typical: int) -> str:
        length = int(typical * self._chance.expovariate(1))
        start = self._chance.randrange(len(self._prose) // 2)
        return self._prose[start : start + length]

    def _identifier(self) -> str:
        text = f"{self._chance.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def main() -> None:
    out, size_mib = Path(sys.argv[1]), float(sys.argv[2])
    files = Writer(out).fill(int(size_mib * 2**20))
    print(f"{files} files of {size_mib:g} MiB together")


if __name__ == "__main__":
    main()
