"""Billing blocks: stretches of some hours that begin with the first usage after the last one ended.

The rule is ccusage's (facts/ccusage.md, section 3): a block begins at the UTC hour of its first call and takes every call up
to and with the instant `length` later; the next call begins the next block. That no call follows the one before it by more
than `length` within a block goes without saying then, because both lie inside of it. Lengths are whole hours, so no
two blocks overlap or share a start. It is an estimate: Anthropic's own windows do not follow it exactly.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOUR_US: Final = 3_600_000_000
DEFAULT_HOURS: Final = 5
LONGEST_HOURS: Final = 168
"""A week, which is the other limit that there is."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST_US: Final = (dt.datetime(1, 1, 2, tzinfo=dt.UTC) - _EPOCH) // dt.timedelta(microseconds=1)
_LAST_US: Final = (dt.datetime(9999, 12, 30, tzinfo=dt.UTC) - _EPOCH) // dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block, found over all usage there is. Times in microseconds since 1970 UTC."""

    start_us: int
    """The full hour."""
    end_us: int
    """`length` later; a call at this very instant still belongs to the block."""
    first_us: int
    """Its first call."""
    last_us: int
    """Its last call."""

    def is_active(self, now_us: int) -> bool:
        """Tell whether usage now would go into it, and something did within its length."""
        length_us = self.end_us - self.start_us
        return self.start_us <= now_us < self.end_us and now_us - self.last_us < length_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time without usage between two blocks, longer than a block."""

    start_us: int
    """A block's length after the last call before it."""
    end_us: int
    """The first call after it."""


def find(hours: Iterable[tuple[int, int]], *, length_hours: int = DEFAULT_HOURS) -> tuple[Block, ...]:
    """Give the blocks of all usage.

    `hours` are the first and the last call of every hour in which there was any, in order; an hour here begins after its
    first instant and ends with its last, so that none of them reaches across the end of a block.
    """
    length_us = length_hours * HOUR_US
    blocks: list[Block] = []
    start_us = first_us = None
    last_us = 0
    for begin_us, finish_us in hours:
        if start_us is None or first_us is None or begin_us - start_us > length_us:
            if start_us is not None and first_us is not None:
                blocks.append(_block(start_us, length_us, first_us, last_us))
            start_us, first_us = begin_us // HOUR_US * HOUR_US, begin_us
        last_us = finish_us
    if start_us is not None and first_us is not None:
        blocks.append(_block(start_us, length_us, first_us, last_us))
    return tuple(blocks)


def gap_between(before: Block, after: Block) -> Gap | None:
    """Give the gap between two neighbours; None where usage went on within a block's length."""
    length_us = before.end_us - before.start_us
    if after.first_us - before.last_us <= length_us:
        return None
    return Gap(start_us=before.last_us + length_us, end_us=after.first_us)


def gaps(blocks: Sequence[Block]) -> dict[Block, Gap]:
    """Give the gaps between blocks, each by the block after it."""
    found = ((after, gap_between(before, after)) for before, after in pairwise(blocks))
    return {after: gap for after, gap in found if gap is not None}


def instant(at_us: int) -> dt.datetime:
    """Give an aware instant; of one outside of the calendar the nearest that every zone can show."""
    return _EPOCH + dt.timedelta(microseconds=min(max(at_us, _FIRST_US), _LAST_US))


def microseconds(at: dt.datetime) -> int:
    """Give an aware instant as microseconds since 1970 UTC."""
    return (at - _EPOCH) // dt.timedelta(microseconds=1)


def _block(start_us: int, length_us: int, first_us: int, last_us: int) -> Block:
    return Block(start_us=start_us, end_us=start_us + length_us, first_us=first_us, last_us=last_us)
