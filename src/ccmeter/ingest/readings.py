"""Reads lines of the spool: what the status line hook was told, guarded once more before it is kept.

The hook guards what it writes, but the file is anybody's to write to. What is not sane is left out, and counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec

from ccmeter.domain.limits import LENGTH_S
from ccmeter.domain.money import PICO_PER_USD
from ccmeter.domain.tokens import MOST_TOKENS
from ccmeter.store.readings import LimitReading, SessionReading

BROKEN: Final = "broken line in the spool"
OTHER_VERSION: Final = "line of another version in the spool"
UNTIMED: Final = "reading at an impossible time"
IMPOSSIBLE: Final = "impossible value in a reading"

SOURCE: Final = "hook"
_VERSION: Final = 1
_MOST_BP: Final = 10_000
_MOST_USD: Final = 1_000_000
_MOST_TEXT: Final = 200
_EARLIEST_US: Final = 1_577_836_800_000_000
"""2020, before there was anything to read."""
_SLACK_S: Final = 3_600
"""Between two clocks: what is later than this would stand for the newest until its time has come."""


class _Line(msgspec.Struct):
    v: int
    at_us: int
    session: str
    model: Any = None
    cost_usd: Any = None
    context_tokens: Any = None
    context_size: Any = None
    context_bp: Any = None
    effort: Any = None
    windows: Any = None


_DECODER: Final = msgspec.json.Decoder(_Line, float_hook=Decimal)


@dataclass(slots=True, kw_only=True)
class Readings:
    """What stood on lines; lists grow while they are read."""

    limits: list[LimitReading] = field(default_factory=list)
    sessions: list[SessionReading] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    """What could not be used, by reason."""


def read(content: bytes, *, now_us: int) -> Readings:
    """Read whole lines, at an instant in microseconds since 1970 UTC. Never raises: what is broken is counted."""
    found = Readings()
    for line in content.split(b"\n"):
        if line.strip():
            _take(found, line, now_us)
    return found


def _take(found: Readings, line: bytes, now_us: int) -> None:
    try:
        told = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found.rejected[BROKEN] += 1
        return
    session_id = _text(told.session)
    if told.v != _VERSION:
        found.rejected[OTHER_VERSION] += 1
    elif not session_id:
        found.rejected[BROKEN] += 1
    elif not _EARLIEST_US <= told.at_us <= now_us + _SLACK_S * 1_000_000:
        found.rejected[UNTIMED] += 1
    else:
        found.sessions.append(_session(found, told, session_id))
        found.limits += _limits(found, told, session_id)


def _session(found: Readings, told: _Line, session_id: str) -> SessionReading:
    return SessionReading(
        session_id=session_id,
        read_us=told.at_us,
        model=_text(told.model),
        cost_pico=_pico(found, told.cost_usd),
        context_tokens=_whole(found, told.context_tokens, MOST_TOKENS),
        context_size=_whole(found, told.context_size, MOST_TOKENS),
        context_bp=_whole(found, told.context_bp, _MOST_BP),
        effort=_text(told.effort),
    )


def _limits(found: Readings, told: _Line, session_id: str) -> list[LimitReading]:
    windows = told.windows if type(told.windows) is dict else {}
    limits = []
    for name, length_s in LENGTH_S.items():
        window = windows.get(name)
        if type(window) is not dict:
            continue
        used_bp = _whole(found, window.get("used_bp"), _MOST_BP)
        resets_s = _whole(found, window.get("resets_s"), told.at_us // 1_000_000 + length_s + _SLACK_S)
        if used_bp is None:
            continue
        if resets_s is not None and resets_s * 1_000_000 <= told.at_us:  # that window is over
            found.rejected[IMPOSSIBLE] += 1
            continue
        resets_us = None if resets_s is None else resets_s * 1_000_000
        limits.append(LimitReading(name, used_bp, resets_us, told.at_us, SOURCE, session_id))
    return limits


def _text(value: object) -> str:
    """Give a name that any store and any terminal takes; empty for what is none."""
    return value[:_MOST_TEXT].replace("\0", "") if type(value) is str else ""


def _whole(found: Readings, value: object, most: int) -> int | None:
    if value is None:
        return None
    if type(value) is int and 0 <= value <= most:
        return value
    found.rejected[IMPOSSIBLE] += 1
    return None


def _pico(found: Readings, value: object) -> int | None:
    """Give an amount in US dollars as pico-dollars."""
    if value is None:
        return None
    if type(value) in (int, Decimal) and 0 <= value <= _MOST_USD:  # type: ignore[operator]
        return int(value * PICO_PER_USD)  # type: ignore[operator]
    found.rejected[IMPOSSIBLE] += 1
    return None
