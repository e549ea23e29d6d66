"""Limits as bars, and in a sentence which of them ends first: every figure with its source and its age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.domain.limits import FIVE_HOUR
from ccmeter.tui import words
from ccmeter.tui.chips import BAD_BP, NAMES, WARN_BP
from ccmeter.tui.widgets.bullet import Bullet
from ccmeter.tui.widgets.empty import NO_LIMITS, NO_LIMITS_NEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccmeter.domain.budgets import Budget, BudgetState
    from ccmeter.domain.limits import Limits, WindowState
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.widgets.bullet import Level

PACES: Final = {
    -3: "far behind",
    -2: "behind",
    -1: "a bit behind",
    0: "on pace",
    1: "a bit ahead",
    2: "ahead",
    3: "far ahead",
}
SILENT_US: Final = 30 * 60_000_000
"""A hook that has not been heard of for so long while calls were made is not at work."""
_SECOND_US: Final = 1_000_000
_POINT_BP: Final = 100
_CAP_NEWS_US: Final = 14 * 86_400 * _SECOND_US
"""That a cap changed is news for two weeks."""


def bullets(limits: Limits | None, moment: Moment) -> tuple[Bullet, ...]:
    """Give a bar for each window that something is known of, as of the moment."""
    return tuple(_bullet(state, moment) for state in limits.windows) if limits else ()


def budget_bullets(states: Iterable[BudgetState], *, age_s: int) -> tuple[Bullet, ...]:
    """Give a bar for each budget: money by the logs so long ago, so that no hook is needed for it."""
    return tuple(_budget(state, age_s) for state in states)


def unknown_budgets(budgets: Iterable[Budget], why: str) -> tuple[Bullet, ...]:
    """Give budgets of which nothing is known: what no log tells of may have been spent all the same."""
    return tuple(
        Bullet(
            name=budget.name,
            used="?",
            source=f"unknown, {why}",
            detail=f"of {budget.money(budget.amount_pico)}",
        )
        for budget in budgets
    )


def _budget(state: BudgetState, age_s: int) -> Bullet:
    budget = state.budget
    ends = (
        None
        if state.ends is None
        else tuple(each * 10_000 // budget.amount_pico for each in (state.ends.low, state.ends.high))
    )
    days = (state.until_on - state.today_on).days + 1
    expected = f"ends {budget.money(state.ends.middle)}" if state.ends else "no forecast yet"
    more = "+?" if state.unpriced_tokens else ""
    return Bullet(
        name=budget.name,
        used=state.share,
        source=f"local logs {words.ago(age_s):<3}",  # a bar keeps its length while seconds pass
        level=level(state.share_bp),
        used_bp=(state.share_bp, state.share_bp),
        ends_bp=None if ends is None else (ends[0], ends[1]),
        elapsed_bp=state.elapsed_bp,
        reset="ends today" if days == 1 else f"{days} days left",
        detail=f"{budget.money(state.spent_pico)}{more} of {budget.money(budget.amount_pico)}, {expected}",
    )


def name_of(window: str) -> str:
    """Give what a window is called: `5h`, `week`, `week opus` of one scoped to a model."""
    for known, name in NAMES.items():
        if window == known or window.startswith(f"{known}_"):
            return f"{name} {window[len(known) + 1 :].replace('_', ' ')}".rstrip()
    return window.replace("_", " ")


def _bullet(state: WindowState, moment: Moment) -> Bullet:
    now_us = moment.now_us
    age = words.ago((now_us - state.reading.read_us) // _SECOND_US)
    if state.is_over:
        return Bullet(
            name=name_of(state.window),
            used="?",
            source=f"unknown, read {age} ago",
            reset=f"reset {words.at(state.resets_us, moment)}"
            if state.resets_us is not None
            else "has reset",
            detail="no reading since",
        )
    return Bullet(
        name=name_of(state.window),
        used=words.band(state.used_bp),
        source=f"{source(state)} {age}",
        level=level(state.used_bp.middle),
        used_bp=(state.used_bp.low, state.used_bp.high),
        ends_bp=None if state.ends_bp is None else (state.ends_bp.low, state.ends_bp.high),
        elapsed_bp=state.elapsed_bp,
        reset=_reset(state, now_us),
        detail=_detail(state, moment),
    )


def source(state: WindowState) -> str:
    """Say where the figure is from: `official`, `log` of a notice there, or `estimate`."""
    if state.used_bp.low != state.used_bp.high:
        return "estimate"
    return "official" if state.reading.source == "hook" else "log"


def level(used_bp: int) -> Level:
    """Tell how near to its end a window is."""
    return "bad" if used_bp >= BAD_BP else "warn" if used_bp >= WARN_BP else "good"


def _reset(state: WindowState, now_us: int) -> str:
    if state.resets_us is None:
        return "reset unknown"
    return f"resets {words.lasting((state.resets_us - now_us) // _SECOND_US):>7}"


def _detail(state: WindowState, moment: Moment) -> str:
    at = f"{words.at(state.resets_us, moment):<9}" if state.resets_us is not None else " " * 9
    ends = f"at reset {words.band(state.ends_bp)}" if state.ends_bp else "no forecast yet"
    return f"{at}  {ends:<17}  {PACES[state.pace_stage]:<12}"


def sentence(limits: Limits | None, moment: Moment) -> str:
    """Say which window ends first and when, with its band; or that they last."""
    if limits is None or not limits.windows:
        return ""
    known = [state for state in limits.windows if not state.is_over]
    binding = next((state for state in known if state.window == limits.binding), None)
    said = [_ends(binding, moment) if binding else _lasts(known)]
    for state in known:
        if state.elsewhere_bp >= _POINT_BP:
            said.append(
                f"{name_of(state.window)}: at least {words.percent(state.elsewhere_bp)} was used elsewhere."
            )
        if state.cap_changed_us is not None and moment.now_us - state.cap_changed_us < _CAP_NEWS_US:
            since = words.at(state.cap_changed_us, moment)
            said.append(f"{name_of(state.window)}: a percent has been worth something else since {since}.")
    return " ".join(said)


def _ends(state: WindowState, moment: Moment) -> str:
    name = f"The {name_of(state.window)}{' window' if state.window == FIVE_HOUR else ''}"
    if state.used_bp.low >= 100 * _POINT_BP:
        return f"{name} is used up."
    if state.full_us is None:
        return f"{name} binds first."
    spread_s = (
        max(state.full_us.high - state.full_us.middle, state.full_us.middle - state.full_us.low) // _SECOND_US
    )
    chance = "" if state.runs_out_bp is None else f" ({words.percent(state.runs_out_bp)} likely)"
    return f"{name} ends first: {words.at(state.full_us.middle, moment)} ± {words.ago(spread_s)}{chance}."


def _lasts(known: list[WindowState]) -> str:
    if any(state.used_bp.low >= 100 * _POINT_BP for state in known):
        return ""
    with_forecast = [state for state in known if state.ends_bp is not None]
    if not known:
        return "Nothing is known of now: the next answer of Claude Code tells the limits anew."
    if not with_forecast:
        return "No forecast yet: it needs some more readings."
    names = " and ".join(name_of(state.window) for state in with_forecast)
    return f"At this rate {names} will last to the reset."


def hook_trouble(limits: Limits | None, hook_us: int | None, last_us: int | None, moment: Moment) -> str:
    """Say what to do where there is no reading, or none any longer; empty if all is well."""
    has_limits = limits is not None and bool(limits.windows)
    if hook_us is None:
        return "" if has_limits else f"{NO_LIMITS} {NO_LIMITS_NEXT}"
    if last_us is not None and last_us - hook_us > SILENT_US:
        age = words.ago((moment.now_us - hook_us) // _SECOND_US)
        return f"The hook was last heard of {age} ago, calls were made since: `ccmeter statusline status` says why."
    if not has_limits:
        return "The hook told no limits: only Pro and Max accounts have them, after a first answer."
    return ""
