"""What a person's own past says of now: quantiles, the fan of past blocks, the weekday-by-hour profile, what-if.

Every figure comes from the person's own history and is told with its band and with how many blocks or weeks it stands on;
below `LEAST` of them nothing is foretold. A plan's limit is never among the inputs.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain import blocks
from ccmeter.domain.limits import Band

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEAST: Final = 4
"""Past blocks or weeks below which there is no band: the tenth and the ninetieth of three say nothing."""
WHOLE_BP: Final = 10_000
HOUR_US: Final = blocks.HOUR_US
STEP_US: Final = 300_000_000
"""Curves of blocks have a point every five minutes."""
JITTER_US: Final = 600_000_000
"""Readings whose resets lie this near mean the same window: the server's instants differ by seconds."""
_LOW_BP: Final = 1_000
_HIGH_BP: Final = 9_000


def quantile(values: Sequence[int], share_bp: int) -> int:
    """Give a quantile of sorted values, between two neighbours in proportion, rounded down."""
    place = (len(values) - 1) * share_bp
    low, rest = divmod(place, WHOLE_BP)
    if not rest:
        return values[low]
    return values[low] + (values[low + 1] - values[low]) * rest // WHOLE_BP


def band(values: Iterable[int]) -> Band | None:
    """Give the tenth, the median and the ninetieth of values; None of too few."""
    found = sorted(values)
    if len(found) < LEAST:
        return None
    low, middle, high = (quantile(found, share) for share in (_LOW_BP, WHOLE_BP // 2, _HIGH_BP))
    return Band(low=low, middle=middle, high=high)


def fan(curves: Sequence[Sequence[int]]) -> tuple[Band, ...]:
    """Give the band at every point of equally long curves; nothing of too few."""
    found = (band(each) for each in zip(*curves, strict=True))
    return tuple(each for each in found if each is not None)


def rest_of(curves: Sequence[Sequence[int]], point: int) -> Band | None:
    """Give what equally long rising curves still added after a point."""
    return band(curve[-1] - curve[min(point, len(curve) - 1)] for curve in curves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A five-hour window on the time-line. Times in microseconds since 1970 UTC."""

    start_us: int
    end_us: int
    begins_us: int
    """The first instant whose usage belongs to it."""
    lasts_us: int
    """The last instant whose usage belongs to it."""
    is_official: bool
    """Its reset is the server's; otherwise it is a block by ccmeter's rule, an estimate."""

    def is_running(self, now_us: int) -> bool:
        """Tell whether usage now would go into it."""
        return self.start_us <= now_us < self.end_us and now_us <= self.lasts_us


def official(resets: Iterable[tuple[int, int]], length_us: int) -> tuple[Stretch, ...]:
    """Give the windows that readings know of, from (reset, read) pairs, oldest first.

    A window begins its length before its reset. A reset that would begin after it was read is no reset of ours and is left out.
    A window that another one follows early (the server began anew) ends where the next one begins.
    """
    known = sorted({reset for reset, read in resets if reset - length_us <= read + JITTER_US})
    kept: list[int] = []
    for reset in known:
        if kept and reset - kept[-1] <= JITTER_US:
            continue
        kept.append(reset)
    nexts = [later - length_us for later in kept[1:]]
    ends = [min(reset, begin) for reset, begin in zip(kept, [*nexts, *kept[-1:]], strict=True)]
    return tuple(
        Stretch(
            start_us=reset - length_us,
            end_us=end,
            begins_us=reset - length_us,
            lasts_us=end - 1,
            is_official=True,
        )
        for reset, end in zip(kept, ends, strict=True)
        if end > reset - length_us
    )


def stretches(
    known: Sequence[Stretch], hours: Iterable[tuple[int, int]], length_hours: int
) -> tuple[Stretch, ...]:
    """Give all windows, oldest first: the official ones, and between them blocks by ccmeter's rule.

    `hours` are the first and the last call of every hour outside of `known`. A block gives way to what is official: it
    begins where the window before it ends, and ends where the one after it begins.
    """
    starts = [each.start_us for each in known]
    found = list(known)
    for block in blocks.find(hours, length_hours=length_hours):
        place = bisect_right(starts, block.first_us)
        before_us = known[place - 1].end_us if place else block.start_us
        after_us = starts[place] if place < len(starts) else block.end_us + 1
        found.append(
            Stretch(
                start_us=max(block.start_us, before_us),
                end_us=min(block.end_us, after_us),
                begins_us=block.first_us,
                lasts_us=min(block.end_us, after_us - 1),
                is_official=False,
            )
        )
    return tuple(sorted(found, key=lambda each: each.start_us))


def cumulated(steps: Mapping[int, int], points: int) -> tuple[int, ...]:
    """Give the sum up to every point of a curve that begins with nothing: `points` + 1 values."""
    total = 0
    curve = [0]
    for step in range(points):
        total += steps.get(step, 0)
        curve.append(total)
    return tuple(curve)


def peak_per_hour(steps: Mapping[int, int], *, span: int = 3) -> int:
    """Give the largest sum of `span` neighbouring steps of a block, as a rate per hour."""
    sums = (
        sum(steps.get(first + more, 0) for more in range(span))
        for first in steps
        for first in (first - span + 1, first)
    )
    return max(sums, default=0) * (HOUR_US // STEP_US) // span
