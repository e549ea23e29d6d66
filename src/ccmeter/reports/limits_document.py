"""The JSON documents of `ccmeter limits`: percents as numbers, money as exact text, instants in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.domain.blocks import instant
from ccmeter.domain.money import usd_exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.domain.limits import Band, Limits, Reading, WindowState, Worth
    from ccmeter.reports.table import Json

_SECOND_US = 1_000_000


def document_of(answer: Limits) -> Json:
    """Give the limits."""
    return {
        "schemaVersion": 1,
        "at": stamp(answer.now_us),
        "binding": answer.binding,
        "windows": [_window(each, answer.now_us) for each in answer.windows],
    }


def history_of(readings: Sequence[Reading]) -> Json:
    """Give readings."""
    return {"schemaVersion": 1, "readings": [_reading(each) for each in readings]}


def stamp(at_us: int | None) -> str | None:
    """Give an instant: `2026-06-01T10:00:00.000Z`."""
    return None if at_us is None else f"{instant(at_us).isoformat(timespec='milliseconds')[:-6]}Z"


def _reading(reading: Reading) -> dict[str, Json]:
    return {
        "window": reading.window,
        "usedPercent": reading.used_bp / 100,
        "resetsAt": stamp(reading.resets_us),
        "readAt": stamp(reading.read_us),
        "source": reading.source,
        "sessionId": reading.session_id,
    }


def _window(state: WindowState, now_us: int) -> dict[str, Json]:
    is_known = not state.is_over
    return {
        "window": state.window,
        "lengthSeconds": state.length_s,
        "reading": _reading(state.reading),
        "ageSeconds": max(now_us - state.reading.read_us, 0) // _SECOND_US,
        "isOver": state.is_over,
        "isEstimate": is_known and state.used_bp.low != state.used_bp.high,
        "usedPercent": _percents(state.used_bp) if is_known else None,
        "costSinceReading": usd_exact(state.since_pico),
        "resetsAt": stamp(state.resets_us),
        "elapsedPercent": None if state.elapsed_bp is None else state.elapsed_bp / 100,
        "paceStage": None if state.elapsed_bp is None else state.pace_stage,
        "atResetPercent": None if state.ends_bp is None else _percents(state.ends_bp),
        "fullAt": None if state.full_us is None else _stamps(state.full_us),
        "runsOutPercent": None if state.runs_out_bp is None else state.runs_out_bp / 100,
        "onePercent": None if state.worth is None else _worth(state.worth),
        "elsewherePercent": state.elsewhere_bp / 100,
        "capChangedAt": stamp(state.cap_changed_us),
    }


def _percents(band: Band) -> dict[str, Json]:
    return {"low": band.low / 100, "middle": band.middle / 100, "high": band.high / 100}


def _stamps(band: Band) -> dict[str, Json]:
    return {"low": stamp(band.low), "middle": stamp(band.middle), "high": stamp(band.high)}


def _worth(worth: Worth) -> dict[str, Json]:
    band = worth.pico_per_bp
    return {
        "low": usd_exact(band.low * 100),
        "middle": usd_exact(band.middle * 100),
        "high": usd_exact(band.high * 100),
        "pairs": worth.pairs,
        "since": stamp(worth.since_us),
    }
