"""A store with two busy weeks: several models, projects and hours, one model without a price, one line without a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from support import stores
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
MODELS = (
    "claude-opus-4-5-20251101",
    "claude-sonnet-4-20250514",
    "claude-haiku-4-5-20251001",
    "claude-opus-4-6",
    "somebodys-model-9",
)
PROJECTS = ("/home/dev/alpha", "/home/dev/beta", "/srv/größe")
_MINUTE_US = 60_000_000


def lines() -> Iterator[Line]:
    """Give calls in the order of their times, the one without a time last."""
    begin_us = us("2026-11-06T22:14:07.250+00:00")
    # every third day is free, sessions begin at other hours, some calls stand on full hours
    starts = [(day, (7 * day + 3) % 24) for day in range(14) if day % 3 != 2]
    number = 0
    for day, hour in starts:
        for call in range(3 + day % 4):
            at_us = begin_us + (day * 24 + hour - 22) * 60 * _MINUTE_US + call * 47 * _MINUTE_US
            yield _call(number, at_us - at_us % (60 * _MINUTE_US) if call == 2 else at_us)
            number += 1
    now_us = us("2026-11-20T15:30:00+00:00")
    for minutes in (130, 64, 58, 31, 14, 6, 2):
        yield _call(number, now_us - minutes * _MINUTE_US)
        number += 1
    yield replace(_call(number, 0), at_us=None)


def _call(number: int, at_us: int) -> Line:
    return Line(
        message_id=f"msg_{number}",
        request_id=f"req_{number}",
        session=f"session-{number // 4}",
        cwd=PROJECTS[number % 7 % 3],
        model=MODELS[number % 11 % 5] if number % 11 < 5 else MODELS[number % 2],
        at_us=at_us,
        input_tokens=100 + 37 * number,
        output_tokens=1_000 + 411 * (number % 5),
        cache_creation_tokens=2_000 * (number % 3),
        split=(500 * (number % 3), 1_500 * (number % 3)),
        cache_read_tokens=40_000 + 9_000 * number,
        stop_reason="end_turn" if number % 6 else None,
    )


def make(folder: Path) -> Path:
    """Make the store."""
    Folder(folder / "logs").write("p/1.jsonl", joined([line.assistant() for line in lines()]))
    stores.ingest(folder / "store", folder / "logs")
    return folder / "store"
