"""A made-up account (`limit_truth`) as logs and spool of a folder, for the real command and the real store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from support.limit_truth import SECOND_US
from support.transcripts import Line

if TYPE_CHECKING:
    from pathlib import Path

    from support.limit_truth import Truth

_PICO_PER_OUTPUT = 25_000_000
"""Of Claude Opus 4.5."""
_MODEL = "claude-opus-4-5-20251101"


def write(truth: Truth, claude: Path, data: Path, *, shift_us: int = 0, with_readings: bool = True) -> None:
    """Write logs and spool, everything so much later."""
    folder = claude / "projects" / "-home-dev-alpha"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        Line(
            message_id=f"msg_{number}",
            request_id=f"req_{number}",
            model=_MODEL,
            at_us=at_us + shift_us,
            input_tokens=0,
            output_tokens=cost // _PICO_PER_OUTPUT,
            stop_reason="end_turn",
        ).assistant()
        for number, (at_us, cost) in enumerate(zip(truth.call_us, truth.cost_pico, strict=True))
    ]
    (folder / "session-1.jsonl").write_bytes(b"".join(lines))
    if not with_readings:
        return
    spool = data / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    with (spool / "readings-2026-11-21.jsonl").open("ab") as file:
        for each in truth.readings:
            assert each.resets_us is not None
            resets_s = (each.resets_us + shift_us) // SECOND_US
            told = {
                "v": 1,
                "at_us": each.read_us + shift_us,
                "session": each.session_id,
                "model": _MODEL,
                "cost_usd": None,
                "windows": {each.window: {"used_bp": each.used_bp, "resets_s": resets_s}},
            }
            file.write(json.dumps(told).encode() + b"\n")
