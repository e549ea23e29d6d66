"""What a session used turn by turn, and its sub-agents within their turns.

Every call stands in exactly one row, a turn's own or a sub-agent's, so that rows add up to the session. Sums are made
by the question that every report asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ccmeter.queries.chosen import ask, piece
from ccmeter.queries.sessions import instant
from ccmeter.queries.summary import Measures, measures_of, periods_of

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.domain.filters import Filters
    from ccmeter.queries.summary import ModelShare, Period
    from ccmeter.store.lease import Connection

_KEY: Final = "concat(turn, case when is_agent then ' agent ' || agent_id else '' end)"
"""What a call's row is known by."""
_SHARE_KEY: Final = "if(is_sidechain or agent_id <> '', '+', '-') || session_id"

NOTHING: Final = measures_of(())
"""What a turn used in which only its sub-agents were at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn without its sub-agents, or one sub-agent of a turn."""

    number: int | None
    """From 1 in the order of time; 0 before the first prompt; None for calls without a time."""
    is_agent: bool
    agent_id: str
    """Empty for sub-agents of old logs, and for a turn."""
    started_at: dt.datetime | None
    """When the prompt was sent, or else the first call made."""
    last_at: dt.datetime | None
    """When the last call was made."""
    duration_s: int | None
    """None where there is only one instant to go by."""
    is_measured: bool
    """The log states the duration; otherwise it ends with the last call."""
    measures: Measures
    models: tuple[ModelShare, ...]
    """By cost, dearest first."""
    models_seen: tuple[str, ...]
    """The same models in the order of their first use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """An answer: turns in the order of time, each followed by its sub-agents."""

    turns: tuple[Turn, ...]
    total: Measures
    time_zone: str


def turns(connection: Connection, filters: Filters, session_id: str) -> Turns:
    """Ask for the turns of one session, known by its whole id (empty for usage without a session)."""
    parameters = {"session": session_id}
    placing = {"key": _KEY, "beside": piece("turned"), "once": piece("once")}
    rows = ask(
        connection,
        "summary",
        filters,
        parameters,
        words={
            **placing,
            "project": "null::varchar",
            "tagged": "join (select call_key, turn, is_agent from turned) using (call_key)",
        },
    )
    used = {period.key: period for period in periods_of(rows)}
    zone = ZoneInfo(filters.time_zone)
    found: list[Turn] = []
    for key, number, is_agent, agent_id, start_us, last_us, measured_s in ask(
        connection, "turns", filters, parameters, words=placing
    ):
        period = used[key]
        if is_agent and (not found or found[-1].number != number):
            found.append(_empty(number, instant(start_us, zone)))
        lasted_s = None if start_us is None or last_us <= start_us else (last_us - start_us) // 1_000_000
        found.append(
            Turn(
                number=number,
                is_agent=is_agent,
                agent_id=agent_id,
                started_at=instant(start_us, zone),
                last_at=instant(last_us, zone),
                duration_s=lasted_s if measured_s is None else measured_s,
                is_measured=measured_s is not None,
                measures=period.measures,
                models=period.models,
                models_seen=period.models_seen,
            ),
        )
    return Turns(turns=tuple(found), total=measures_of(rows), time_zone=filters.time_zone)


def _empty(number: int | None, started_at: dt.datetime | None) -> Turn:
    return Turn(
        number=number,
        is_agent=False,
        agent_id="",
        started_at=started_at,
        last_at=None,
        duration_s=None,
        is_measured=False,
        measures=NOTHING,
        models=(),
        models_seen=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What a session used itself, and what its sub-agents used; None where that is nothing."""

    own: Period | None
    agents: Period | None


def shares(connection: Connection, filters: Filters) -> dict[str, Shares]:
    """Ask for every session's own usage and that of its sub-agents, by session id."""
    rows = ask(connection, "summary", filters, words={"key": _SHARE_KEY, "project": "null::varchar"})
    used = {str(period.key): period for period in periods_of(rows)}
    ids = dict.fromkeys(key[1:] for key in used)
    return {each: Shares(own=used.get("-" + each), agents=used.get("+" + each)) for each in ids}
