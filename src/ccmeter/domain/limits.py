"""What is known of the official limits: readings of them, and what they say of now.

Every figure is either the server's own (`Reading`) or an estimate with its band. What a plan's limit is in tokens or
money is never among them: it is not published, and only what one hundredth of a percent was worth is learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

FIVE_HOUR: Final = "five_hour"
SEVEN_DAY: Final = "seven_day"
LENGTH_S: Final[Mapping[str, int]] = MappingProxyType({FIVE_HOUR: 18_000, SEVEN_DAY: 604_800})
"""How long the windows last, in seconds. One scoped to a model (`seven_day_opus`) lasts as long as that it begins with."""
FULL_BP: Final = 10_000

Source = Literal["hook", "notice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One official figure of one window."""

    window: str
    used_bp: int
    """Hundredths of a percent, 0 to 10,000."""
    resets_us: int | None
    """When the window ends, in microseconds since 1970 UTC; None where it was not told."""
    read_us: int
    source: Source
    """`hook`: Claude Code told its status line; `notice`: a log says that the limit was hit."""
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """An estimate: its tenth, fiftieth and ninetieth percentile."""

    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What one hundredth of a percent of a window was worth in local cost, learned from pairs of readings."""

    pico_per_bp: Band
    pairs: int
    """How many pairs it stands on."""
    since_us: int
    """The first reading among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """One window as of an instant."""

    window: str
    length_s: int
    reading: Reading
    """The newest one that counts."""
    resets_us: int | None
    is_over: bool
    """Its reset has passed: the reading says nothing of now."""
    used_bp: Band
    """What is used now: the reading itself while it is fresh, else as far as local cost since then may have brought it."""
    elapsed_bp: int | None
    """How much of the window has passed; None without a reset time."""
    pace_stage: int
    """Use against elapsed time: -3 far behind, 0 on pace, 3 far ahead."""
    worth: Worth | None
    """None of too few pairs: it is never guessed."""
    ends_bp: Band | None
    """Forecast at the reset, which may pass 10,000: demand, not what the server would show."""
    full_us: Band | None
    """When 100 % is reached; None if that is not expected before the reset."""
    runs_out_bp: int | None
    """The chance to run out before the reset, in hundredths of a percent."""
    elsewhere_bp: int
    """What the window took in beyond what local cost can explain: at least so much was used elsewhere."""
    cap_changed_us: int | None
    """From when on one hundredth of a percent is clearly worth more or less than before."""
    since_pico: int = 0
    """Local cost since the reading, in pico-dollars at list prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """An answer: every window that something is known of, the shortest first."""

    windows: tuple[WindowState, ...]
    binding: str | None
    """The window that is expected to run out first; None if none is."""
    now_us: int


@cache
def length_s(window: str) -> int:
    """Give how long a window lasts; one of an unknown name counts as a week."""
    found = [seconds for name, seconds in LENGTH_S.items() if window == name or window.startswith(f"{name}_")]
    return found[0] if found else LENGTH_S[SEVEN_DAY]


def elapsed_bp(resets_us: int, seconds: int, now_us: int) -> int:
    """Give how much of a window that ends at `resets_us` has passed, 0 to 10,000."""
    left_us = resets_us - now_us
    return FULL_BP - min(max(left_us * FULL_BP // (seconds * 1_000_000), 0), FULL_BP)


def pace_stage(used_bp: int, elapsed: int) -> int:
    """Give how use stands to elapsed time: -3 far behind, -2, -1, 0 on pace (within 2 points), 1, 2, 3 far ahead."""
    ahead_bp = used_bp - elapsed
    stage = sum(abs(ahead_bp) > edge for edge in _STAGES_BP)
    return stage if ahead_bp > 0 else -stage


_STAGES_BP: Final = (200, 600, 1_200)
"""Points by which use is off the elapsed share: beyond 2 it is slightly off, beyond 6 clearly, beyond 12 far."""
