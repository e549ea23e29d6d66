"""Single fields of a record: text, counts, instants and amounts, whatever type the log gives them.

A strange value never costs the line it stands in: it reads as empty or 0 and is counted by reason.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Final

from ccmeter.domain.money import PICO_PER_USD
from ccmeter.domain.tokens import MOST_TOKENS
from ccmeter.domain.usage import UNDATED, UNKNOWN_COST

if TYPE_CHECKING:
    from collections import Counter

MOST_TEXT: Final = 4096
"""Longer names are cut: no path, branch or title of use is longer."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_EARLIEST_US: Final = (dt.datetime(2000, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
_LATEST_US: Final = (dt.datetime(2200, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
_MILLISECONDS_FROM: Final = 10**11
"""A bare number above this counts milliseconds: as seconds it would be the year 5138."""
_GENUINE_LENGTH: Final = len("2026-11-20T10:00:00.000Z")
_MOST_MINUTES: Final = 20_000
_MOST_USD: Final = 1_000_000

_minutes: dict[str, int] = {}
"""Microseconds of minutes met before: neighbouring lines share theirs, and looking up beats parsing fourfold."""


def text(value: object) -> str:
    """Give a name as text that any store takes: empty for what is no text, without lone surrogates."""
    if type(value) is not str:
        return ""
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    return value[:MOST_TEXT].replace("\0", "")


def count(value: object, field: str, rejected: Counter[str], most: int = MOST_TOKENS) -> int:
    """Give a count; an impossible one (negative, fractional, text, above `most`) is 0 and noted."""
    if type(value) is int and 0 <= value <= most:
        return value
    if value is None:
        return 0
    if type(value) is float and value.is_integer() and 0 <= value <= most:
        return int(value)
    rejected[f"impossible {field}"] += 1
    return 0


def micros(value: object, rejected: Counter[str]) -> int:
    """Give an instant in microseconds since 1970 UTC; `UNDATED`, with a note, for what is no instant of our age."""
    if type(value) is str:
        if len(value) == _GENUINE_LENGTH and value[19] == "." and value[23] == "Z":
            minute = _minutes.get(value[:17])
            if minute is not None and (digits := value[17:19] + value[20:23]).isdecimal():
                return minute + int(digits) * 1000
        found = _parse(value)
    elif isinstance(value, int | float) and math.isfinite(value):
        found = int(value * (1_000 if value > _MILLISECONDS_FROM else 1_000_000))
    else:
        found = None
    if found is None or not _EARLIEST_US <= found < _LATEST_US:
        rejected["no timestamp" if value is None else "unreadable timestamp"] += 1
        return UNDATED
    return found


def _parse(stamp: str) -> int | None:
    try:
        at = dt.datetime.fromisoformat(stamp.strip())
        if at.tzinfo is None:
            at = at.replace(tzinfo=dt.UTC)
        since = (at - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None
    if (
        len(stamp) == _GENUINE_LENGTH
        and stamp.endswith("Z")
        and stamp[17:19].isdecimal()
        and stamp[16] == ":"
    ):
        if len(_minutes) >= _MOST_MINUTES:
            _minutes.clear()
        _minutes[stamp[:17]] = since - since % 60_000_000
    return since


def recorded_pico(value: object) -> int:
    """Give a cost that the log states in USD as pico-dollars, or `UNKNOWN_COST`."""
    if type(value) is bool or not isinstance(value, int | float) or not 0 <= value < _MOST_USD:
        return UNKNOWN_COST
    return round(value * PICO_PER_USD)
