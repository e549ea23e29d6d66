"""Single fields of a record: text, counts, instants and amounts, whatever type the log gives them.

A strange value never costs the line it stands in: it reads as empty or 0 and is counted by reason.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.money import PICO_PER_USD
from ccmeter.domain.rates import UNDATED
from ccmeter.domain.tokens import MOST_TOKENS
from ccmeter.domain.usage import UNKNOWN_COST

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
_GENUINE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_DAY_US: Final = 86_400_000_000
_MOST_NUMBER: Final = 10**15
"""No instant of our age is more; NaN and what is too large for a float end here too."""
_MOST_USD: Final = 1_000_000

_days: dict[str, int] = {}
_minutes: dict[str, int] = {}
_seconds: dict[str, int] = {}
_fractions: dict[str, int] = {}
"""Microseconds of the quarters of stamps met before, `2026-11-20`, `T10:00:`, `07` and `.123Z`: looking four up beats
parsing fourfold, and there are no more than 73,049, 1,440, 60 and 1,000 of them.
"""


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


def micros(value: Any, rejected: Counter[str]) -> int:
    """Give an instant in microseconds since 1970 UTC; `UNDATED`, with a note, for what is no instant of our age."""
    try:
        return _days[value[:10]] + _minutes[value[10:17]] + _seconds[value[17:19]] + _fractions[value[19:]]
    except (KeyError, TypeError):
        found = _instant(value)
    if found is None or not _EARLIEST_US <= found < _LATEST_US:
        rejected["no timestamp" if value is None else "unreadable timestamp"] += 1
        return UNDATED
    return found


def _instant(value: object) -> int | None:
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, int | float) and abs(value) < _MOST_NUMBER:
        return int(value * (1_000 if value > _MILLISECONDS_FROM else 1_000_000))
    return None


def _parsed(stamp: str) -> int | None:
    try:
        at = dt.datetime.fromisoformat(stamp.strip())
        if at.tzinfo is None:
            at = at.replace(tzinfo=dt.UTC)
        since = (at - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None
    if _GENUINE.fullmatch(stamp) and _EARLIEST_US <= since < _LATEST_US:
        _fractions[stamp[19:]] = since % 1_000_000
        _seconds[stamp[17:19]] = since % 60_000_000 - since % 1_000_000
        _minutes[stamp[10:17]] = since % _DAY_US - since % 60_000_000
        _days[stamp[:10]] = since - since % _DAY_US
    return since


def recorded_pico(value: object) -> int:
    """Give a cost that the log states in USD as pico-dollars, or `UNKNOWN_COST`."""
    if type(value) is bool or not isinstance(value, int | float) or not 0 <= value < _MOST_USD:
        return UNKNOWN_COST
    return round(value * PICO_PER_USD)
