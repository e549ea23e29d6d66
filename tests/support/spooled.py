"""Lines of the spool as the status line hook writes them, and what a store has of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ccmeter.store import lease

if TYPE_CHECKING:
    from pathlib import Path

START_US = 1_763_719_200_000_000
"""2025-11-21 10:00 UTC: before any clock that runs a test."""
RESETS_S = START_US // 1_000_000 + 9_000


def line(session: str = "s", after_s: float = 0, five_bp: int | None = 1_000, **more: Any) -> bytes:
    """Write a line told some seconds after the start; `more` replaces keys."""
    windows = {} if five_bp is None else {"five_hour": {"used_bp": five_bp, "resets_s": RESETS_S}}
    document = {
        "v": 1,
        "at_us": START_US + round(after_s * 1_000_000),
        "session": session,
        "model": "claude-opus-4-6",
        "cost_usd": 0.5,
        "context_tokens": 40_000,
        "context_size": 200_000,
        "context_bp": 2_000,
        "windows": windows,
        **more,
    }
    return json.dumps(document).encode() + b"\n"


def put(data: Path, content: bytes, day: str = "2025-11-21") -> Path:
    """Append to the spool file of a day."""
    file = data / "spool" / f"readings-{day}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as opened:
        opened.write(content)
    return file


def limits(store: Path) -> list[tuple[Any, ...]]:
    """Give the limit readings of a store: window, use, reset, seconds after the start, source, session."""
    with lease.reading(store) as connection:
        return connection.execute(
            "select limit_window, used_bp, resets_us, (read_us - $1) / 1e6, source, session_id "
            "from limit_reading order by read_us, limit_window, session_id",
            [START_US],
        ).fetchall()


def sessions(store: Path) -> list[tuple[Any, ...]]:
    """Give the session readings of a store: session, seconds after the start, model, cost, context."""
    with lease.reading(store) as connection:
        return connection.execute(
            "select session_id, (read_us - $1) / 1e6, model, cost_pico, context_tokens, context_size, context_bp "
            "from session_reading order by read_us, session_id",
            [START_US],
        ).fetchall()
