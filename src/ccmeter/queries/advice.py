"""What stands out in somebody's usage: caches written anew, dear models on small turns, files read again, dear days."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain import advice as rule
from ccmeter.domain.advice import Evidence, Finding
from ccmeter.queries.chosen import ask, piece

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

DAYS: Final = 30
"""What advice looks at, where no range is asked for."""
LEAST_CACHED_TOKENS: Final = 20_000
"""Less than this in a cache costs a cent or two to write again."""
LEAST_READ_TOKENS: Final = 500
"""Less than this costs next to nothing, and is what Claude Code answers for a file that did not change."""
MOST_CALLS, MOST_OUTPUT_TOKENS = 2, 600
"""A small turn: one answer, perhaps after one look at something, of half a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """An answer."""

    findings: tuple[Finding, ...]
    """By money, most first."""
    since_on: dt.date
    until_on: dt.date
    calls: int
    """That were looked at."""
    cost_pico: int
    """Of those."""


def advice(connection: Connection, filters: Filters, *, today: dt.date) -> Advice:
    """Look for what stands out in the range asked for, or in the last 30 days. Spikes know the days before them."""
    import datetime as dt

    until_on = min(filters.until_on or today, today)
    since_on = filters.since_on or until_on - dt.timedelta(days=DAYS - 1)
    limits = replace(filters, since_on=since_on, until_on=until_on)
    cases: dict[rule.Kind, list[Evidence]] = defaultdict(list)
    for row in ask(connection, "advice_cache", limits, {"least_tokens": LEAST_CACHED_TOKENS}):
        cases[row[0]].append(_evidence(row, pause_s=row[7]))
    for row in _turns(connection, limits):
        cases[row[0]].append(_evidence(row, instead=row[7]))
    for row in ask(connection, "advice_reads", limits, {"least_tokens": LEAST_READ_TOKENS}):
        cases[row[0]].append(replace(_evidence(row[:-1]), file=row[7], times=row[8]))
    days = _days(connection, replace(limits, since_on=since_on - dt.timedelta(days=rule.BASELINE_DAYS)))
    cases["spike"] = _spikes(days, since_on)
    found = [rule.finding(kind, cases[kind]) for kind in rule.KINDS]
    inside = [row for on, rows in days.items() if on >= since_on for row in rows]
    ((calls,),) = ask(connection, "advice_calls", limits)
    return Advice(
        findings=tuple(
            sorted((each for each in found if each), key=lambda each: (-each.wasted_pico, each.kind))
        ),
        since_on=since_on,
        until_on=until_on,
        calls=calls,
        cost_pico=sum(row[4] for row in inside),
    )


def _evidence(row: tuple[Any, ...], *, pause_s: int | None = None, instead: str = "") -> Evidence:
    _, at_us, session_id, cwd, model, tokens, wasted_pico, _ = row
    return Evidence(
        at_us=at_us,
        session_id=session_id,
        cwd=cwd,
        model=model,
        tokens=tokens,
        wasted_pico=wasted_pico,
        pause_s=pause_s,
        instead=instead,
    )


def _turns(connection: Connection, limits: Filters) -> list[tuple[Any, ...]]:
    parameters = {
        "most_calls": MOST_CALLS,
        "most_output": MOST_OUTPUT_TOKENS,
        "now_us": limits.until_us,
    }
    return ask(connection, "advice_turns", limits, parameters, words={"once": piece("once")})


def _days(connection: Connection, limits: Filters) -> dict[dt.date, list[tuple[Any, ...]]]:
    days: dict[dt.date, list[tuple[Any, ...]]] = defaultdict(list)
    for row in ask(connection, "advice_days", limits):
        days[row[0]].append(row)
    return days


def _spikes(days: dict[dt.date, list[tuple[Any, ...]]], since_on: dt.date) -> list[Evidence]:
    """Give the session that cost most of each day that stands out, with what the day cost beyond the usual."""
    costs = {on: sum(row[4] for row in rows) for on, rows in days.items()}
    found = []
    for spike in rule.spikes(costs):
        if spike.on >= since_on:
            _, session_id, cwd, at_us, _, _, model = days[spike.on][0]
            found.append(
                Evidence(
                    at_us=at_us,
                    session_id=session_id,
                    cwd=cwd,
                    model=model,
                    tokens=sum(row[5] for row in days[spike.on]),
                    wasted_pico=spike.cost_pico - spike.usual_pico,
                )
            )
    return found
