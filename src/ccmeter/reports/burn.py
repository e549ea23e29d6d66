"""How fast the active block goes on average and where that leads, as ccusage means both (facts/ccusage.md, section 3).

Its rate is usage by the time between the first and the last call, cache reads included, and its projection goes on at that
rate without decay for the minutes that are left. Both need two calls at different instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ccmeter.queries.blocks import BlockUsage

_MINUTE_US: Final = 60_000_000
_HOUR_US: Final = 60 * _MINUTE_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """The time over which a block's usage is averaged."""

    elapsed_us: int

    def per_minute(self, tokens: int) -> int:
        """Give whole tokens per minute."""
        return tokens * _MINUTE_US // self.elapsed_us

    def per_hour(self, cost_pico: int) -> int:
        """Give whole pico-dollars per hour."""
        return cost_pico * _HOUR_US // self.elapsed_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What the block will have used at its end."""

    tokens: int
    cost_pico: int
    remaining_minutes: int


def average_of(active: BlockUsage) -> Average | None:
    """Give the time that an active block is averaged over; None where one instant is all there is."""
    elapsed_us = active.last_us - active.first_us
    return Average(elapsed_us=elapsed_us) if elapsed_us else None


def projection_of(active: BlockUsage, now_us: int) -> Projection | None:
    """Give where the average leads by the end of the block."""
    average = average_of(active)
    if average is None:
        return None
    # the nearest minute, as ccusage 20.0.24 has it: at 00:54:18 it counts 246 minutes to 05:00
    minutes = (2 * (active.block.end_us - now_us) + _MINUTE_US) // (2 * _MINUTE_US)
    more_us = minutes * _MINUTE_US
    tokens, cost_pico = active.measures.counts.total_tokens, active.measures.cost_pico
    return Projection(
        # half up, to whole tokens
        tokens=tokens + (2 * tokens * more_us + average.elapsed_us) // (2 * average.elapsed_us),
        cost_pico=cost_pico + cost_pico * more_us // average.elapsed_us,
        remaining_minutes=minutes,
    )
