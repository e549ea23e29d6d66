"""Five busy hours before an instant, with everything that the screen of now can show, made up."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ccmeter.store import lease
from support import stores
from support.transcripts import EPOCH, Folder, Line, joined, tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
SHOP = "aaaaaaaa-1111-4111-8111-000000000001"
PARSER = "bbbbbbbb-2222-4222-8222-000000000002"
ODD = "cccccccc-3333-4333-8333-000000000003"
QUIET = "dddddddd-4444-4444-8444-000000000004"
NEW = "eeeeeeee-5555-4555-8555-000000000005"
OPUS, SONNET, HAIKU = "claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"
MINUTE_US = 60_000_000
_ASKED = {SHOP: "Bash", PARSER: "mcp__tickets__find_issue"}
"""The tool that each call of a session asks for."""
_S = 1_000_000
NOW_US = (NOW - EPOCH) // dt.timedelta(microseconds=1)
ALPHA_AT = NOW_US - 40 * MINUTE_US
"""When the first of the odd calls was made."""


def lines(now: dt.datetime = NOW) -> Iterator[Line]:
    """Give calls of four sessions: one busy with sub-agents, one hourly, one odd in every way, one long quiet."""
    now_us = (now - EPOCH) // dt.timedelta(microseconds=1)
    for number in range(96):
        ago_us = (95 - number) * 2 * MINUTE_US + 20 * _S
        yield _call(SHOP, f"s{number}", now_us - ago_us, cached=30_000 + 1_200 * number)
        if number % 6 == 5:
            for step in range(3):
                at_us = now_us - ago_us + (20 + step) * _S
                more: dict[str, Any] = {"agent": f"a{number}", "is_sidechain": True, "model": HAIKU}
                yield _call(SHOP, f"a{number}-{step}", at_us, cached=9_000 + 800 * step, **more)
    parser: dict[str, Any] = {
        "cwd": "/home/dev/log-parser",
        "branch": "feature/utf-8",
        "model": SONNET,
        "hourly": True,
    }
    for number in range(30):
        yield _call(
            PARSER,
            f"p{number}",
            now_us - (32 - number) * 5 * MINUTE_US,
            cached=20_000 + 5_000 * number,
            **parser,
        )
    yield from _odd(now_us)
    for number in range(4):
        yield _call(QUIET, f"q{number}", now_us - (200 - number) * MINUTE_US, cached=30_000, cwd="/srv/größe")


def _odd(now_us: int) -> Iterator[Line]:
    place: dict[str, Any] = {"cwd": "/home/dev/alpha", "branch": "main"}
    begin_us = now_us - 50 * MINUTE_US
    for number in range(10):
        yield _call(ODD, f"o{number}", begin_us + number * MINUTE_US, cached=40_000 + 1_000 * number, **place)
    after_us = begin_us + 10 * MINUTE_US
    yield _call(ODD, "o-jump", after_us, cached=51_000, output_tokens=30_000, **place)
    yield _call(ODD, "o-broken", after_us + 2 * MINUTE_US, cached=0, written=60_000, **place)
    yield _call(ODD, "o-expired", after_us + 20 * MINUTE_US, cached=0, written=62_000, **place)
    yield _call(
        ODD,
        "o-model",
        after_us + 21 * MINUTE_US,
        cached=0,
        written=62_000,
        **place,
        model="somebodys-model-9",
    )


def _call(
    session: str,
    key: str,
    at_us: int,
    *,
    cached: int,
    written: int = 1_500,
    hourly: bool = False,
    **more: object,
) -> Line:
    fields: dict[str, Any] = {
        "message_id": f"msg_{key}",
        "request_id": f"req_{key}",
        "session": session,
        "cwd": "/home/dev/shop",
        "branch": "feature/invoice",
        "at_us": at_us,
        "input_tokens": 12,
        "output_tokens": 400 + len(key) * 150,
        "cache_creation_tokens": written,
        "split": (0, written) if hourly else (written, 0),
        "cache_read_tokens": cached,
        "stop_reason": "end_turn",
        "tools": [tool(_ASKED[session], f"toolu_{key}")] if session in _ASKED else [],
    }
    return Line(**{**fields, **more})


def readings(now: dt.datetime = NOW) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Give what the hook told: rows of `limit_reading` and of `session_reading`."""
    now_us = (now - EPOCH) // dt.timedelta(microseconds=1)
    hour_us = 60 * MINUTE_US
    limits: list[tuple[object, ...]] = []
    for step in range(18):
        read_us = now_us - (17 - step) * 10 * MINUTE_US - 12 * _S
        limits.append(
            ("five_hour", 900 + 320 * step, now_us + 2 * hour_us + 10 * MINUTE_US, read_us, "hook", SHOP)
        )
        limits.append(("seven_day", 7_300 + 45 * step, now_us + 50 * hour_us, read_us, "hook", SHOP))
    told: list[tuple[object, ...]] = [
        (SHOP, now_us - 12 * _S, OPUS, 4_200_000_000_000, 146_000, 200_000, 7_300, "high"),
        (NEW, now_us - 90 * _S, SONNET, 0, None, None, None, ""),
    ]
    return limits, told


def make(folder: Path, now: dt.datetime = NOW, *, with_hook: bool = True) -> Path:
    """Make the store."""
    Folder(folder / "logs").write("p/1.jsonl", joined([line.assistant() for line in lines(now)]))
    store = folder / "store"
    stores.ingest(store, folder / "logs")
    if with_hook:
        limits, told = readings(now)
        with lease.writing(store) as connection:
            connection.executemany("insert into limit_reading values (?, ?, ?, ?, ?, ?)", limits)
            connection.executemany("insert into session_reading values (?, ?, ?, ?, ?, ?, ?, ?)", told)
    return store
