"""Limits and budgets made up, for tests of alerts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from ccmeter.alerts.message import Means, Message
from ccmeter.config.secrets import Secrets
from ccmeter.config.settings import NotifySettings
from ccmeter.domain.budgets import Budget, BudgetState
from ccmeter.domain.limits import FIVE_HOUR, LENGTH_S, Band, Limits, Reading, WindowState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
NOW_US = round(NOW.timestamp()) * 1_000_000
MINUTE_US = 60_000_000
MESSAGE = Message(text="Weekly limit: 80% used", rule="week 80%", subject="seven_day", level="80%", at=NOW)


def window(
    used_bp: int,
    *,
    name: str = FIVE_HOUR,
    resets_us: int | None = NOW_US + 60 * MINUTE_US,
    is_over: bool = False,
    runs_out_bp: int | None = None,
    spread_bp: int = 0,
) -> WindowState:
    """Make a limit's state."""
    return WindowState(
        window=name,
        length_s=LENGTH_S[name],
        reading=Reading(
            window=name, used_bp=used_bp, resets_us=resets_us, read_us=NOW_US, source="hook", session_id="s"
        ),
        resets_us=resets_us,
        is_over=is_over,
        used_bp=Band(low=used_bp - spread_bp, middle=used_bp, high=used_bp + spread_bp),
        elapsed_bp=None,
        pace_stage=0,
        worth=None,
        ends_bp=None,
        full_us=None,
        runs_out_bp=runs_out_bp,
        elsewhere_bp=0,
        cap_changed_us=None,
    )


def limits(*windows: WindowState) -> Limits:
    """Make an answer on limits."""
    return Limits(windows=windows, binding=None, now_us=NOW_US)


def budget(amount: int = 100, *, project: str = "") -> Budget:
    """Make a monthly budget in dollars."""
    return Budget(amount_pico=amount * 10**12, per="month", project=project, amount=Decimal(amount))


def spent(
    dollars: int,
    *,
    of: Budget | None = None,
    ends: int | None = None,
    began_us: int = NOW_US - 86_400_000_000,
) -> BudgetState:
    """Make a budget's state."""
    band = (
        None if ends is None else Band(low=ends * 9 * 10**11, middle=ends * 10**12, high=ends * 11 * 10**11)
    )
    return BudgetState(
        budget=of or budget(),
        since_on=dt.date(2026, 11, 1),
        until_on=dt.date(2026, 11, 30),
        today_on=NOW.date(),
        began_us=began_us,
        spent_pico=dollars * 10**12,
        unpriced_tokens=0,
        ends=band,
        past_days=30,
    )


def means(
    folder: Path,
    notify: NotifySettings | None = None,
    *,
    terminal: Callable[[str], object] | None = None,
    **environment: str,
) -> Means:
    """Make what channels have at hand."""
    return Means(
        notify=notify or NotifySettings(),
        environment=environment,
        secrets=Secrets(folder=folder, place="file"),
        terminal=terminal,
    )
