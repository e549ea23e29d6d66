"""The limits in few words, for the line at the top of every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.reports.foreign import harmless
from ccmeter.tui import words
from ccmeter.tui.widgets.header import Chip

if TYPE_CHECKING:
    from ccmeter.domain.limits import Limits, WindowState
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.widgets.header import Level

NAMES: Final = {"five_hour": "5h", "seven_day": "week"}
WARN_BP: Final = 7_500
BAD_BP: Final = 9_000


def ask(connection: Connection, moment: Moment) -> Limits:
    """Ask for the limits as of the moment."""
    from ccmeter.queries.limits import limits

    return limits(connection, moment.filters, now=moment.now)


def chips(limits: Limits) -> tuple[Chip, ...]:
    """Give a chip for each window that something is known of, as of the instant of the answer."""
    return tuple(_chip(state, limits) for state in limits.windows)


def _chip(state: WindowState, limits: Limits) -> Chip:
    name = harmless(named(state.window))
    age_s = (limits.now_us - state.reading.read_us) // 1_000_000
    if state.is_over:
        return Chip(window=name, used="?", source=f"reset, read {words.ago(age_s)} ago")
    is_official = state.used_bp.low == state.used_bp.high
    source = "official" if state.reading.source == "hook" else "log"
    return Chip(
        window=name,
        used=words.band(state.used_bp),
        source=f"{source} {words.ago(age_s)}" if is_official else f"estimate, {source} {words.ago(age_s)}",
        level=_level(state.used_bp.middle),
        binds=limits.binding == state.window,
    )


def named(window: str) -> str:
    """Give a window's name in a word or two: `5h`, `week`, `week opus`."""
    for begin, name in NAMES.items():
        if window == begin or window.startswith(f"{begin}_"):
            return f"{name} {window[len(begin) + 1 :]}".strip()
    return window


def _level(used_bp: int) -> Level:
    return "bad" if used_bp >= BAD_BP else "warn" if used_bp >= WARN_BP else "good"
