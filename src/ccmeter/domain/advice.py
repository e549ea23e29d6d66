"""What stands out in somebody's usage, with evidence and money: findings, and the rule for a day that is a spike.

A finding says what happened and what it cost beyond the alternative, never that somebody did wrong. What cannot be known
from logs (whether a weaker model would have done as well) is called an upper bound.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind: TypeAlias = Literal["idle_cache", "broken_cache", "strong_model", "repeated_read", "spike"]
KINDS: Final[tuple[Kind, ...]] = ("idle_cache", "broken_cache", "strong_model", "repeated_read", "spike")
_AT_MOST: Final[frozenset[Kind]] = frozenset(("strong_model", "repeated_read"))
"""Of which only an upper bound can be known."""

BASELINE_DAYS: Final = 28
LEAST_DAYS: Final = 7
"""Days with usage before one that a baseline needs."""
_TIMES_USUAL: Final = 2
_TIMES_DEAR: Final = 1.5
"""A spike costs twice the median, and half more than the dearest day but one: work that swings is not told so each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One case of a finding."""

    at_us: int
    session_id: str
    cwd: str
    model: str
    """As reports name it."""
    tokens: int
    """That the money is about."""
    wasted_pico: int | None
    """Beyond the alternative; None where a price is not known."""
    pause_s: int | None = None
    """Before a call, for caches."""
    instead: str = ""
    """The model that the alternative is priced by."""
    file: str = ""
    """That was read again."""
    times: int = 0
    """So often, the first time not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Everything of one kind."""

    kind: Kind
    cases: int
    tokens: int
    wasted_pico: int
    """Sum over the cases whose price is known."""
    is_upper_bound: bool
    evidence: tuple[Evidence, ...]
    """The dearest cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """A day that cost far more than days before it."""

    on: dt.date
    cost_pico: int
    usual_pico: int
    """The median of the days with usage before it."""


def finding(kind: Kind, cases: Sequence[Evidence], *, most: int = 20) -> Finding | None:
    """Sum cases up; None where there are none."""
    if not cases:
        return None
    dearest = sorted(
        cases, key=lambda case: (-(case.wasted_pico or 0), case.at_us, case.session_id, case.file)
    )
    return Finding(
        kind=kind,
        cases=len(cases),
        tokens=sum(case.tokens for case in cases),
        wasted_pico=sum(case.wasted_pico or 0 for case in cases),
        is_upper_bound=kind in _AT_MOST,
        evidence=tuple(dearest[:most]),
    )


def spikes(cost_by_day: Mapping[dt.date, int]) -> tuple[Spike, ...]:
    """Find the days that stand out from the person's own days before them.

    A day is compared with the days with usage among the 28 before it: it stands out if it costs more than twice their
    median and more than 1.5 times the dearest of them but one, so a second one in a row is found too.
    """
    found: list[Spike] = []
    for day in sorted(cost_by_day):
        cost_pico = cost_by_day[day]
        since = day - dt.timedelta(days=BASELINE_DAYS)
        before = sorted(cost for on, cost in cost_by_day.items() if since <= on < day)
        if len(before) >= LEAST_DAYS:
            usual = median(before)
            if cost_pico > max(_TIMES_USUAL * usual, _TIMES_DEAR * before[-2]):
                found.append(Spike(on=day, cost_pico=cost_pico, usual_pico=int(usual)))
    return tuple(found)
