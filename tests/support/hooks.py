"""Status line hooks at work: processes that append readings to the spool just as the hook does.

    python -m support.hooks DATA_DIR NUMBER SECONDS PER_SECOND

Each one is a session of its own whose cost rises with every reading, so none repeats another. When it has been told to
end, or its time is over, it prints how many lines it has written.
"""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from ccmeter.statusline.said import Said
from ccmeter.statusline.spool import append


def said(session: str, number: int, now_s: int) -> Said:
    """Make what Claude Code says the n-th time."""
    document: dict[str, Any] = {
        "session_id": session,
        "model": {"id": "claude-opus-4-6"},
        "cost": {"total_cost_usd": number / 1_000},
        "context_window": {"context_window_size": 200_000, "used_percentage": number % 101},
        "rate_limits": {
            "five_hour": {"used_percentage": number % 101, "resets_at": now_s + 9_000},
            "seven_day": {"used_percentage": number % 97, "resets_at": now_s + 300_000},
        },
    }
    return Said(document, now_s)


def main(folder: str, number: str, seconds: str, per_second: str) -> None:
    """Append until the time is over."""
    is_over = False

    def stop(*_: object) -> None:
        nonlocal is_over
        is_over = True

    signal.signal(signal.SIGTERM, stop)
    end_s = time.monotonic() + float(seconds)
    written = 0
    while not is_over and time.monotonic() < end_s:
        now_us = time.time_ns() // 1_000
        written += append(folder, said(f"hook-{number}", written + 1, now_us // 1_000_000), now_us)
        time.sleep(1 / float(per_second))
    print(written, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
