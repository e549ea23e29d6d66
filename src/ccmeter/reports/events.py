"""Messages one by one, for files: the columns of `queries/events.sql`, with what each is.

It is the one table that may be too large to be held, so it has columns and rows and is never a whole `Report`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from ccmeter.reports.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccmeter.reports.table import Cell

_KINDS: Final = {
    "logged_at": Kind.TIME,
    "local_at": Kind.TEXT,
    "day": Kind.DATE,
    "session_id": Kind.TEXT,
    "project": Kind.TEXT,
    "cwd": Kind.TEXT,
    "branch": Kind.TEXT,
    "agent_id": Kind.TEXT,
    "is_subagent": Kind.TEXT,
    "model": Kind.TEXT,
    "version": Kind.TEXT,
    "input_tokens": Kind.TOKENS,
    "output_tokens": Kind.TOKENS,
    "thinking_tokens": Kind.TOKENS,
    "cache_creation_5m_tokens": Kind.TOKENS,
    "cache_creation_1h_tokens": Kind.TOKENS,
    "cache_read_tokens": Kind.TOKENS,
    "total_tokens": Kind.TOKENS,
    "unpriced_tokens": Kind.TOKENS,
    "web_searches": Kind.COUNT,
    "web_fetches": Kind.COUNT,
    "cost_usd": Kind.MONEY,
    "is_final": Kind.TEXT,
    "stop_reason": Kind.TEXT,
    "message_id": Kind.TEXT,
}
COLUMNS: Final = tuple(
    Column(key=key, title=key, kind=kind, is_foreign=kind is Kind.TEXT) for key, kind in _KINDS.items()
)
PICKED: Final = """
epoch_us(logged_at) as logged_us, replace(local_at::varchar, ' ', 'T') as local_at,
* exclude (logged_at, local_at) replace ((cost_usd * 1000000000000)::hugeint as cost_usd)
"""
"""What to select of the file, in the order of `COLUMNS`: a time with a zone costs Python a library."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def cells_of(rows: Iterable[tuple[Any, ...]], time_zone: str) -> Iterator[tuple[Cell, ...]]:
    """Give rows that were `PICKED` as cells, times in a zone."""
    zone = ZoneInfo(time_zone)
    for logged_us, *others in rows:
        yield (None if logged_us is None else _at(logged_us, zone), *others)


def _at(at_us: int, zone: ZoneInfo) -> dt.datetime:
    return (_EPOCH + dt.timedelta(microseconds=at_us)).astimezone(zone)
