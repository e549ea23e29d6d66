"""Whether enough is left of a limit: yes, no, or unknown, and by which number.

Counted is the official reading while nothing was used here since, or it is `FRESH_US` old at most; else the upper end of the estimate. So
a yes is as sure as can be, and use elsewhere alone can make it wrong. Unknown is: no reading; one that is older than is
allowed; usage since then while nobody knows what it is worth; a window that has ended since and was used again. Within a
window use does not fall, so a reading that leaves too little is a no, however old it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, LENGTH_S, SEVEN_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.limits import Limits, WindowState

ENOUGH: Final = 0
BELOW: Final = 3
UNKNOWN: Final = 4
FRESH_US: Final = 300_000_000
WINDOWS: Final[Mapping[str, str | None]] = MappingProxyType(
    {"any": None, "week": SEVEN_DAY, SEVEN_DAY: SEVEN_DAY, FIVE_HOUR: FIVE_HOUR}
)
"""What may be asked for; None: every window."""

Source = Literal["official", "notice", "estimate", "reset", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One window's answer."""

    window: str
    status: int
    """`ENOUGH`, `BELOW` or `UNKNOWN`: the exit status."""
    left_bp: int | None
    """Hundredths of a percent, at least; None if unknown."""
    least_bp: int
    source: Source
    """`reset`: its window has ended, and nothing was used here since it was read. `none`: never read."""
    age_s: int | None
    """Of the reading it stands on."""


def judge(limits: Limits, *, window: str, least_bp: int, most_age_us: int) -> Verdict:
    """Give the answer for a window of `WINDOWS`; for all of them the worst: too little, then unknown, then the least left."""
    asked = WINDOWS[window]
    by_name = {each.window: each for each in limits.windows}
    names = [asked] if asked is not None else list(dict.fromkeys((*LENGTH_S, *by_name)))
    verdicts = [_one(name, by_name.get(name), limits.now_us, least_bp, most_age_us) for name in names]
    if asked is None and limits.windows:  # a plan need not have every limit
        verdicts = [each for each in verdicts if each.source != "none"]
    order = {BELOW: 0, UNKNOWN: 1, ENOUGH: 2}
    return min(verdicts, key=lambda each: (order[each.status], each.left_bp or 0))


def _one(name: str, state: WindowState | None, now_us: int, least_bp: int, most_age_us: int) -> Verdict:
    if state is None:
        return Verdict(
            window=name, status=UNKNOWN, left_bp=None, least_bp=least_bp, source="none", age_s=None
        )
    age_us = max(now_us - state.reading.read_us, 0)
    left, source = _left(state, age_us)
    is_certain = not state.is_over and FULL_BP - state.reading.used_bp < least_bp
    if is_certain:
        left = FULL_BP - state.reading.used_bp if left is None else left
    elif age_us > most_age_us:
        left = None
    return Verdict(
        window=name,
        status=UNKNOWN if left is None else BELOW if left < least_bp else ENOUGH,
        left_bp=left,
        least_bp=least_bp,
        source=source,
        age_s=age_us // 1_000_000,
    )


def _left(state: WindowState, age_us: int) -> tuple[int | None, Source]:
    """Give what is left at least, and how that is known."""
    if state.is_over:
        return (None if state.since_pico else FULL_BP), "reset"
    official: Source = "official" if state.reading.source == "hook" else "notice"
    if not state.since_pico or age_us <= FRESH_US:
        return FULL_BP - state.reading.used_bp, official
    if state.worth is None:
        return None, official
    return FULL_BP - state.used_bp.high, "estimate"
