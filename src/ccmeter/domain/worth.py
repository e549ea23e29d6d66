"""What one hundredth of a percent of a limit is worth in local cost, learned from official readings alone.

A pair is two instants at which the official figure rose, at least `LEAST_BP` apart within one window, and the local cost
between them. Only rises count, because a figure in whole percents is exact at the instant at which it changes. Use
elsewhere makes a pair look cheap, so pairs that cost less than half the median are not learned from; a clear and lasting step is a
change of the cap, and only what came after it counts. Below `LEAST_PAIRS` nothing is learned.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ccmeter.domain.limits import FULL_BP, Band, Worth
from ccmeter.domain.readings import is_same_window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccmeter.domain.limits import Reading

LEAST_BP: Final = 200
"""A pair's rise: less is mostly the cost of the call at either end."""
ROUNDED_BP: Final = 99
"""As much more may be used than a figure in whole percents says."""
LEAST_PAIRS: Final = 5
LEAST_SIDE: Final = 6
"""Pairs on either side of a change of the cap."""
LASTING_US: Final = 24 * 3_600_000_000
"""How long a change must have lasted: a day of much use elsewhere looks the same."""
_CLEAR_Z2: Final = 14
"""The square of 3.7 standard errors: of all places where a step might be, one in thousands gets there by chance."""
_FINE: Final = 1_000_000
_LOW_BP: Final = 1_000
_HIGH_BP: Final = 9_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Local cost over time: how much there had been by each of some instants, exact at these and even between them."""

    at_us: tuple[int, ...]
    """Rising."""
    sum_pico: tuple[int, ...]
    """All cost up to and with each of them, from an arbitrary beginning."""

    def until(self, at_us: int) -> int:
        """Give all cost up to and with an instant; outside of what is known as at its end."""
        place = bisect_right(self.at_us, at_us) - 1
        if place < 0:
            return self.sum_pico[0] if self.sum_pico else 0
        if place + 1 == len(self.at_us):
            return self.sum_pico[place]
        start_us, next_us = self.at_us[place], self.at_us[place + 1]
        more = self.sum_pico[place + 1] - self.sum_pico[place]
        return self.sum_pico[place] + more * (at_us - start_us) // (next_us - start_us)

    def between(self, after_us: int, until_us: int) -> int:
        """Give the cost after one instant, up to and with another."""
        return self.until(until_us) - self.until(after_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A rise of the official figure, and what was used locally meanwhile."""

    start_us: int
    end_us: int
    rise_bp: int
    """Above 0."""
    cost_pico: int

    @property
    def pico_per_bp(self) -> int:
        """What each hundredth of a percent did cost here."""
        return self.cost_pico // self.rise_bp


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a history of readings teaches."""

    worth: Worth | None
    cap_changed_us: int | None


def pairs(readings: Sequence[Reading], costs: Costs, *, from_first: bool = False) -> tuple[Pair, ...]:
    """Give the pairs of settled readings of one window's name, oldest first.

    `from_first`: they begin with a window's first reading, which is no rise and rounded down; its first pair rises by as much less.
    """
    found: list[Pair] = []
    start = readings[0] if from_first and readings else None
    slack_bp = ROUNDED_BP if from_first else 0
    for before, each in pairwise(readings):
        if not is_same_window(before, each) or each.used_bp < before.used_bp:
            start, slack_bp = (each, ROUNDED_BP) if from_first else (None, 0)
        elif before.used_bp < each.used_bp < FULL_BP and each.source == "hook":
            if start is None:
                start, slack_bp = each, 0
            elif each.used_bp - start.used_bp - slack_bp >= LEAST_BP:
                found.append(_pair(start, each, costs, slack_bp))
                start, slack_bp = each, 0
    return tuple(found)


def _pair(start: Reading, end: Reading, costs: Costs, slack_bp: int) -> Pair:
    return Pair(
        start_us=start.read_us,
        end_us=end.read_us,
        rise_bp=end.used_bp - start.used_bp - slack_bp,
        cost_pico=costs.between(start.read_us, end.read_us),
    )


def learn(found: Sequence[Pair]) -> Learned:
    """Give what one hundredth of a percent is worth by now, and since when, if that changed."""
    changed_us = None
    while place := _step(found):
        changed_us = found[place].start_us
        found = found[place:]
    return Learned(worth=_worth(found), cap_changed_us=changed_us)


def _worth(found: Sequence[Pair]) -> Worth | None:
    paid = [each for each in found if each.cost_pico > 0]
    if len(paid) < LEAST_PAIRS:
        return None
    middle = _weighted(paid, FULL_BP // 2)
    honest = [each for each in paid if each.pico_per_bp * 2 >= middle]
    if len(honest) < LEAST_PAIRS:
        return None
    low, middle, high = (max(_weighted(honest, share), 1) for share in (_LOW_BP, FULL_BP // 2, _HIGH_BP))
    return Worth(
        pico_per_bp=Band(low=low, middle=middle, high=high), pairs=len(honest), since_us=honest[0].start_us
    )


def _weighted(found: Iterable[Pair], share_bp: int) -> int:
    """Give a quantile of what a hundredth cost, each pair counting by its rise."""
    return quantile([(each.pico_per_bp, each.rise_bp) for each in found], share_bp)


def quantile(weighted: Iterable[tuple[int, int]], share_bp: int) -> int:
    """Give the least value up to which there is at least that share of all weight. Raises ValueError for nothing."""
    ordered = sorted(weighted)
    least = sum(weight for _, weight in ordered) * share_bp
    reached = 0
    for value, weight in ordered:
        reached += weight * FULL_BP
        if reached >= least:
            return value
    raise ValueError("no quantile of nothing")


def _step(found: Sequence[Pair]) -> int:
    """Give the place from which on a hundredth is clearly worth more or less than before; 0 if there is none.

    It is where ranks differ most (Mann-Whitney); there medians must differ by a quarter and quartiles lie apart, and both
    sides last a day.
    """
    values = [each.pico_per_bp for each in found]
    count = len(values)
    ranks = _doubled_ranks(values)
    best, best_z2 = 0, _CLEAR_Z2 * _FINE
    below = sum(ranks[: LEAST_SIDE - 1])
    for place in range(LEAST_SIDE, count - LEAST_SIDE + 1):
        below += ranks[place - 1]
        # twice the rank sum against what it is expected to be; its variance is m n (m + n + 1) / 3
        off = below - place * (count + 1)
        z2 = off * off * 3 * _FINE // (place * (count - place) * (count + 1))
        if z2 > best_z2:
            best, best_z2 = place, z2
    if not best or found[best].start_us - found[0].start_us < LASTING_US:
        return 0
    lasts = found[-1].end_us - found[best].start_us >= LASTING_US
    return best if lasts and _is_clear(values[:best], values[best:]) else 0


def _doubled_ranks(values: Sequence[int]) -> list[int]:
    """Give twice the rank of each value, equal ones sharing theirs."""
    ordered = sorted(values)
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for rank, value in enumerate(ordered, 1):
        first.setdefault(value, rank)
        last[value] = rank
    return [first[value] + last[value] for value in values]


def _is_clear(before: Sequence[int], after: Sequence[int]) -> bool:
    """Tell whether a step is large, and lasts through every third of what came after: a burst of use elsewhere does not."""
    olds, news = sorted(before), sorted(after)
    old, new = _median(olds), _median(news)
    lower, higher = (olds, news) if old < new else (news, olds)
    if max(old, new) * 4 < min(old, new) * 5 or lower[len(lower) * 3 // 4] >= higher[len(higher) // 4]:
        return False
    edges = [len(after) * third // 3 for third in range(4)]
    thirds = [_median(sorted(after[start:end])) for start, end in pairwise(edges)]
    return all(abs(each - new) < abs(each - old) for each in thirds)


def _median(ordered: Sequence[int]) -> int:
    return ordered[len(ordered) // 2]


def elsewhere(found: Sequence[Pair], worth: Worth | None) -> int:
    """Give how much of these rises local cost cannot explain, in hundredths of a percent; 0 where nothing was learned.

    A rise counts if it is clearly beyond the band: by a worth three times as far below the middle as the tenth percentile is, in
    ratio, at least 2 % would be left over; of three rises together, twice as far will do, for they scatter less. What
    counts of it is what is beyond the band.
    """
    if worth is None:
        return 0
    band = worth.pico_per_bp
    single = max(min(band.low**3 // band.middle**2, band.middle * 3 // 4), 1)
    triple = max(min(band.low**2 // band.middle, band.middle * 4 // 5), 1)
    beyond = {place for place, each in enumerate(found) if _is_beyond([each], single)}
    for place in range(len(found) - 2):
        if _is_beyond(found[place : place + 3], triple):
            beyond.update(range(place, place + 3))
    rise_bp = sum(found[place].rise_bp for place in beyond)
    return max(rise_bp - sum(found[place].cost_pico for place in beyond) // band.low, 0)


def _is_beyond(run: Sequence[Pair], pico_per_bp: int) -> bool:
    cost_pico = sum(each.cost_pico for each in run)
    return sum(each.rise_bp for each in run) - cost_pico // pico_per_bp >= LEAST_BP
