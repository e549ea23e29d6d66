"""`ccmeter budget list`, and the notes on budgets under the reports: spent, share, and what is expected, with its band."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ccmeter.domain.budgets import LEAST_DAYS
from ccmeter.domain.money import usd_exact
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.domain.budgets import BudgetState
    from ccmeter.reports.table import Json

_COLUMNS: Final = (
    Column(key="budget", title="Budget", kind=Kind.TEXT, is_foreign=True),
    Column(key="until", title="Until", kind=Kind.DATE, drop=1, is_secondary=True),
    Column(key="spent", title="Spent", kind=Kind.TEXT, is_right=True, mark="+"),
    Column(key="share_shown", title="Share", kind=Kind.TEXT, only_for_people=True, is_right=True),
    Column(key="share", title="Share", kind=Kind.SHARE, only_in_files=True),
    Column(key="left", title="Left", kind=Kind.TEXT, is_right=True, drop=2),
    Column(key="expected", title="Expected", kind=Kind.TEXT, is_right=True),
    Column(key="band", title="10 to 90 %", kind=Kind.TEXT, is_right=True, drop=3, is_secondary=True),
)
_NONE: Final = "No budgets are set. `ccmeter budget set 200 --per month` sets one."


def lay_out(states: Sequence[BudgetState]) -> Report:
    """Give how every budget goes."""
    notes = [] if states else [Note(text=_NONE)]
    if any(state.unpriced_tokens for state in states):
        notes.append(Note(mark="+", text="At least: some usage has no price (`ccmeter prices --unpriced`)."))
    if any(state.ends is not None for state in states):
        notes.append(
            Note(text="Expected: what is spent, and the days left as in the past eight weeks. An estimate.")
        )
    if any(state.ends is None for state in states):
        notes.append(Note(text=f"Nothing is expected from fewer than {LEAST_DAYS} past days."))
    return Report(
        table=Table(title="Budgets", columns=_COLUMNS, rows=tuple(map(_row, states)), notes=tuple(notes)),
        document={"schemaVersion": 1, "budgets": [_document(state) for state in states]},
    )


def beside(report: Report, states: Sequence[BudgetState]) -> Report:
    """Give a report with a note on each budget."""
    notes = tuple(Note(text=sentence(state)) for state in states)
    return replace(report, table=replace(report.table, notes=(*report.table.notes, *notes)))


def sentence(state: BudgetState) -> str:
    """Say how a budget goes in one line."""
    budget = state.budget
    at_least = "at least " if state.unpriced_tokens else ""
    said = f"Budget {budget.title}: {at_least}{budget.money(state.spent_pico)} spent ({state.share})"
    if state.is_over:
        return f"{said}, {budget.money(-state.left_pico)} over."
    if state.ends is None:
        return f"{said}."
    low, middle, high = (budget.money(each) for each in (state.ends.low, state.ends.middle, state.ends.high))
    return f"{said}, about {middle} expected by {state.until_on} ({low} to {high})."


def _row(state: BudgetState) -> Row:
    budget, ends = state.budget, state.ends
    left = budget.money(state.left_pico) if state.left_pico >= 0 else f"{budget.money(-state.left_pico)} over"
    return Row(
        cells=(
            budget.title,
            state.until_on,
            budget.money(state.spent_pico),
            state.share,
            state.share_bp,
            left,
            "" if ends is None else budget.money(ends.middle),
            "" if ends is None else f"{budget.money(ends.low)} to {budget.money(ends.high)}",
        ),
        marks=frozenset({"spent"} if state.unpriced_tokens else ()),
    )


def _document(state: BudgetState) -> Json:
    budget, ends = state.budget, state.ends
    return {
        "name": budget.name,
        "per": budget.per,
        "project": budget.project or None,
        "amount": f"{budget.amount:f}",
        "currency": "USD" if budget.currency is None else budget.currency.code,
        "amountUsd": usd_exact(budget.amount_pico),
        "since": state.since_on.isoformat(),
        "until": state.until_on.isoformat(),
        "spentUsd": usd_exact(state.spent_pico),
        "share": state.share_bp / 10_000,
        "unpricedTokens": state.unpriced_tokens,
        "expectedUsd": None
        if ends is None
        else {"p10": usd_exact(ends.low), "p50": usd_exact(ends.middle), "p90": usd_exact(ends.high)},
        "pastDays": state.past_days,
    }
