"""Alerts: which rules are met, and which episodes begin and end by that.

An episode is a stretch of time in which a rule is met for one subject. It is told once, as it begins, and ends when the
figure is clearly below its edge again or when the period (the limit's window, the budget's month) in which it began is
over: a figure that trembles around its edge is no news. What is not known neither begins nor ends anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from ccmeter.domain.limits import FULL_BP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ccmeter.domain.budgets import Budget, BudgetState
    from ccmeter.domain.limits import Limits, WindowState

When = Literal["level", "forecast", "budget"]
WHENS: Final[tuple[When, ...]] = get_args(When)
SLACK_BP: Final = 500
"""A level is clearly below its edge by so much: 5 points of a percent."""
SLACK_CHANCE_BP: Final = 2_000
"""So is a chance: 20 points."""
JITTER_US: Final = 60_000_000
"""The server's reset times differ by seconds from one reading to the next."""
FORECAST: Final = "forecast"
BUDGET_AT_BP: Final = (5_000, 8_000, 10_000)
_SAID: Final = 400
"""Characters of what is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a person wants to be told of."""

    name: str
    when: When
    window: str = ""
    """Of limits: `five_hour`, `seven_day` or one of those that the server tells of; empty for all."""
    used_bp: int = 0
    """`level`: met from so much use on."""
    chance_bp: int = 0
    """`forecast`: met from such a chance on that the window runs out before its reset."""
    budget: str = ""
    """`budget`: the name of the budget (`month`, `week shop`); empty for all."""
    at_bp: tuple[int, ...] = BUDGET_AT_BP
    """`budget`: met at each of these shares."""
    forecasts: bool = True
    """`budget`: met, too, when it is expected to be overspent."""
    channels: tuple[str, ...] | None = None
    """None for those of `[notify]`."""


ANY_BUDGET: Final = Rule(name="budget", when="budget")
"""What holds of budgets where no rule is about them."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mark:
    """What tells one episode from others that go on at the same time."""

    rule: str
    subject: str
    """The window, or the budget's name."""
    level: str
    """`80%`, `forecast`: a subject may have several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a rule stands to one subject, where that is known."""

    mark: Mark
    is_met: bool
    is_clear: bool
    """Not met, and clearly so."""
    period_us: int | None
    """When the period that this is about began; None where that is not known."""
    weight_bp: int
    """Of several levels that begin at once for one subject only the weightiest is told."""
    said: str
    """What a person is told if it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An episode that goes on."""

    mark: Mark
    began_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a look at the rules changes."""

    begin: tuple[Condition, ...] = ()
    end: tuple[Open, ...] = ()
    tell: tuple[Condition, ...] = ()
    """Of those that begin."""


def turn(
    conditions: Sequence[Condition],
    episodes: Iterable[Open],
    *,
    is_dropped: Callable[[Mark], bool] = lambda _: False,
) -> Turn:
    """Give which episodes begin and end. Those that nobody asks about any more end, too: `is_dropped` says which."""
    now = {each.mark: each for each in conditions}
    going, end = set(), []
    for episode in episodes:
        condition = now.get(episode.mark)
        if condition is None:
            is_at_end = is_dropped(episode.mark)
        else:
            is_at_end = condition.is_clear or _is_of_before(episode, condition)
        if is_at_end:
            end.append(episode)
        else:
            going.add(episode.mark)
    begin = [each for each in now.values() if each.is_met and each.mark not in going]
    heaviest: dict[tuple[str, str, bool], Condition] = {}
    for each in begin:
        key = (each.mark.rule, each.mark.subject, each.mark.level == FORECAST)
        if key not in heaviest or each.weight_bp > heaviest[key].weight_bp:
            heaviest[key] = each
    return Turn(begin=tuple(begin), end=tuple(end), tell=tuple(heaviest.values()))


def _is_of_before(episode: Open, condition: Condition) -> bool:
    return condition.period_us is not None and episode.began_us < condition.period_us - JITTER_US


def conditions(
    rules: Sequence[Rule], limits: Limits | None, budgets: Sequence[BudgetState]
) -> tuple[Condition, ...]:
    """Give how every rule stands to everything that it is about and that is known."""
    found: list[Condition] = []
    for rule in with_budgets(rules, has_budgets=bool(budgets)):
        if rule.when == "budget":
            for state in budgets:
                if rule.budget in ("", state.budget.name):
                    found += _of_budget(rule, state)
        elif limits is not None:
            windows = (each for each in limits.windows if rule.window in ("", each.window))
            found += (one for each in windows if (one := _of_window(rule, each)) is not None)
    return tuple(found)


def dropped(rules: Sequence[Rule], budgets: Sequence[Budget]) -> Callable[[Mark], bool]:
    """Give what tells whether nobody asks about an episode any more: its rule or its budget is gone."""
    kinds = {rule.name: rule.when for rule in with_budgets(rules, has_budgets=bool(budgets))}
    names = {budget.name for budget in budgets}

    def is_dropped(mark: Mark) -> bool:
        when = kinds.get(mark.rule)
        return when is None or (when == "budget" and mark.subject not in names)

    return is_dropped


def with_budgets(rules: Sequence[Rule], *, has_budgets: bool) -> tuple[Rule, ...]:
    """Give the rules in force: budgets are told of without one, unless there is one about them."""
    if has_budgets and not any(rule.when == "budget" for rule in rules):
        return (*rules, ANY_BUDGET)
    return tuple(rules)


def _of_window(rule: Rule, state: WindowState) -> Condition | None:
    """Give how a rule stands to a limit; None where nothing is known of now."""
    if rule.when == "level":
        mark = Mark(rule=rule.name, subject=state.window, level=percent(rule.used_bp))
        value_bp, edge_bp, slack_bp = state.used_bp.middle, rule.used_bp, SLACK_BP
        said = _level_said(state)
    else:
        mark = Mark(rule=rule.name, subject=state.window, level=FORECAST)
        if state.runs_out_bp is None and not state.is_over:
            return None
        value_bp, edge_bp, slack_bp = state.runs_out_bp or 0, rule.chance_bp, SLACK_CHANCE_BP
        said = f"{window_name(state.window)}: {percent(value_bp)} chance to run out before the reset"
    began_us = None if state.resets_us is None else state.resets_us - state.length_s * 1_000_000
    return Condition(
        mark=mark,
        is_met=value_bp >= edge_bp and not state.is_over,
        # a window whose reset has passed says nothing of the next one, but what was told of it is history
        is_clear=state.is_over or value_bp < max(edge_bp - slack_bp, 1),
        period_us=began_us,
        weight_bp=edge_bp,
        said=said,
    )


def _level_said(state: WindowState) -> str:
    used = state.used_bp
    text = f"{window_name(state.window)}: {percent(used.middle)} used"
    if used.low != used.high:
        text += f" (estimate, {percent(used.low)} to {percent(used.high)})"
    return text


def _of_budget(rule: Rule, state: BudgetState) -> list[Condition]:
    """Give how a rule stands to a budget: at each of its shares, and by forecast."""
    budget, share_bp = state.budget, state.share_bp
    spent = f"Budget of {budget.title}: {budget.money(state.spent_pico)} spent, {state.share}"
    found = [
        Condition(
            mark=Mark(rule=rule.name, subject=budget.name, level=percent(at_bp)),
            is_met=share_bp >= at_bp,
            is_clear=share_bp < max(at_bp - SLACK_BP, 1),
            period_us=state.began_us,
            weight_bp=at_bp,
            said=spent,
        )
        for at_bp in rule.at_bp
    ]
    if rule.forecasts and state.ends is not None and not state.is_over:
        ends_bp = state.ends.middle * FULL_BP // budget.amount_pico
        low, middle, high = (
            budget.money(each) for each in (state.ends.low, state.ends.middle, state.ends.high)
        )
        found.append(
            Condition(
                mark=Mark(rule=rule.name, subject=budget.name, level=FORECAST),
                is_met=state.will_be_over,
                is_clear=ends_bp < FULL_BP - SLACK_BP,
                period_us=state.began_us,
                weight_bp=0,
                said=f"Budget of {budget.title}: about {middle} expected by {state.until_on} ({low} to {high})",
            )
        )
    return found


def percent(share_bp: int) -> str:
    """Give a share for people: `80%`, `12.5%`."""
    return f"{share_bp / 100:.2f}".rstrip("0").rstrip(".") + "%"


def window_name(window: str) -> str:
    """Give what people call a limit's window."""
    first, _, rest = window.replace("seven_day", "weekly", 1).replace("five_hour", "5-hour", 1).partition("_")
    return f"{first.capitalize()} limit{f' ({rest})' if rest else ''}"


def plain(text: str) -> str:
    """Give a text in one line, without anything that a terminal or another program could take for a command."""
    return "".join(char if char.isprintable() else " " for char in text)[:_SAID].strip()
