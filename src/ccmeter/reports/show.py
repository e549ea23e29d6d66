"""One session turn by turn, or one day session by session, with sub-agents under what they worked for.

A row holds its own usage, without that of the rows indented under it: so the rows add up to the total, which is the
session's (or the day's) in every other report.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.queries.turns import NOTHING
from ccmeter.reports.active import ACTIVE, active_notes, active_of, marked
from ccmeter.reports.cells import counted, for_people
from ccmeter.reports.session import (
    SESSION_ID,
    SHORTEST,
    TITLE,
    UNKNOWN,
    session_of,
    short_ids,
)
from ccmeter.reports.table import Column, Kind, Note, Report, Role, Row, Table
from ccmeter.reports.usage_document import SCHEMA_VERSION, totals_of, usage_of, utc
from ccmeter.reports.usage_table import (
    CACHE_CREATION,
    CACHE_READ,
    COST,
    FOR_FILES,
    INPUT,
    MODELS,
    OUTPUT,
    TOTAL,
    notes_of,
    row_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccmeter.queries.sessions import Session, Sessions
    from ccmeter.queries.summary import Measures
    from ccmeter.queries.turns import Shares, Turn, Turns
    from ccmeter.reports.table import Cell, Json
    from ccmeter.reports.usage_table import UsageOptions

TURN_NAME = Column(key="turn_name", title="Turn", kind=Kind.TEXT, is_foreign=True, only_for_people=True)
TURN = Column(key="turn", title="Turn", kind=Kind.COUNT, only_in_files=True)
AGENT = Column(key="agent", title="Sub-agent", kind=Kind.TEXT, is_foreign=True, only_in_files=True)
SESSION_NAME = replace(TURN_NAME, key="session_name", title="Session")
STARTED = Column(key="started_at", title="Started", kind=Kind.TIME)
LASTED = Column(key="duration_s", title="Duration", kind=Kind.DURATION, drop=10, mark="~")
HITS = Column(key="cache_hit_share", title="Cache hits", kind=Kind.SHARE, drop=9)

INDENT: Final = "  "
_BEFORE: Final = "Turn 0 is what was used before the first prompt that the log has."
_UNTOLD: Final = "The log has no prompts of this session, so that all of it is one turn."


class _Line(NamedTuple):
    """What a row of either table holds."""

    labels: dict[str, Cell]
    measures: Measures
    models: tuple[str, ...]
    seconds: int | None
    is_estimate: bool


def lay_out_session(session: Session, turns: Turns, *, options: UsageOptions, outside: int = 0) -> Report:
    """Give one session as a report, turn by turn. `outside` is how many of its calls the filters left out."""
    lines = list(_turn_lines(turns))
    estimates = any(line.is_estimate and line.seconds is not None for line in lines)
    hint = "Duration without a record of the turn: from the prompt to its last call."
    notes = [*notes_of(turns.total, options), *([Note(mark=LASTED.mark, text=hint)] if estimates else [])]
    if any(turn.number == 0 for turn in turns.turns):
        notes.append(Note(text=_BEFORE if any(turn.number for turn in turns.turns) else _UNTOLD))
    if outside:
        left = f"{counted(outside, 'message')} of this session {'does' if outside == 1 else 'do'} not fit these filters"
        notes.append(Note(text=f"{left}; turns are numbered as in all of it."))
    active = f"active {for_people(Kind.DURATION, session.active.seconds)}" if session.active else ""
    told = (session.title, session.place, session.branch, active, turns.time_zone)
    columns = _columns((TURN_NAME, TURN, AGENT, STARTED), LASTED, options)
    rows = [_row(line, columns, LASTED) for line in lines]
    # no duration in all: turns may overlap
    total = row_of(turns.total, columns, {HITS.key: hit_share(turns.total)}, role=Role.TOTAL)
    table = Table(
        title=f"Session {session.session_id[:SHORTEST] or UNKNOWN}",
        caption="  ".join(filter(None, told)),
        columns=columns,
        rows=(*rows, total),
        notes=tuple(notes),
    )
    return Report(table=table, document=_session_document(session, turns, options))


def lay_out_day(
    sessions: Sessions, shares: Mapping[str, Shares], *, when: str, options: UsageOptions
) -> Report:
    """Give the sessions of a day, or of some days, as a report in the order of time."""
    has_titles = any(session.title for session in sessions.sessions)
    title = replace(TITLE, drop=12, only_in_files=not has_titles)
    columns = _columns((SESSION_NAME, SESSION_ID, AGENT, STARTED, title), ACTIVE, options)
    rows = [_row(line, columns, ACTIVE) for line in _session_lines(sessions, shares)]
    whole: dict[str, Cell] = {HITS.key: hit_share(sessions.total), ACTIVE.key: sessions.active.seconds}
    total = marked(row_of(sessions.total, columns, whole, role=Role.TOTAL), sessions.active)
    notes = (*notes_of(sessions.total, options), *active_notes(sessions.active))
    table = Table(
        title=f"Sessions of {when}",
        caption=sessions.time_zone,
        columns=columns,
        rows=(*rows, total) if rows else (),
        notes=notes if rows else (Note(text=options.empty),),
    )
    document: Json = {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": sessions.time_zone,
        "sessions": [
            {**session_of(each, options), "cacheHitShare": _ratio(each.measures)}
            for each in sessions.sessions
        ],
        "totals": {
            **totals_of(sessions.total, no_cost=options.no_cost),
            **active_of(sessions.active),
            "cacheHitShare": _ratio(sessions.total),
        },
    }
    return Report(table=table, document=document)


def hit_share(measures: Measures) -> int | None:
    """Give the share of a prompt's tokens that were read from the cache, in ten-thousandths."""
    read, whole = measures.counts.cache_read_tokens, measures.counts.prompt_tokens
    return (read * 20_000 + whole) // (whole * 2) if whole else None


def _ratio(measures: Measures) -> float | None:
    share = hit_share(measures)
    return None if share is None else share / 10_000


def _columns(labels: tuple[Column, ...], lasting: Column, options: UsageOptions) -> tuple[Column, ...]:
    return (
        *labels,
        replace(MODELS, drop=8),
        lasting,
        *(replace(each, only_in_files=options.compact) for each in (INPUT, CACHE_CREATION, CACHE_READ)),
        OUTPUT,
        HITS,
        replace(TOTAL, drop=11),
        *(() if options.no_cost else (COST,)),
        *FOR_FILES,
    )


def _row(line: _Line, columns: tuple[Column, ...], lasting: Column) -> Row:
    own: dict[str, Cell] = {
        **line.labels,
        MODELS.key: line.models,
        lasting.key: line.seconds,
        HITS.key: hit_share(line.measures),
    }
    row = row_of(line.measures, columns, own)
    return replace(row, marks=row.marks | {lasting.key}) if line.is_estimate else row


def _turn_lines(turns: Turns) -> Iterator[_Line]:
    for turn in turns.turns:
        name = INDENT + (turn.agent_id or "sub-agent") if turn.is_agent else _turn_name(turn.number)
        labels: dict[str, Cell] = {
            TURN_NAME.key: name,
            TURN.key: turn.number,
            AGENT.key: (turn.agent_id or "sub-agent") if turn.is_agent else "",
            STARTED.key: turn.started_at,
        }
        models = tuple(share.model for share in turn.models)
        yield _Line(labels, turn.measures, models, turn.duration_s, not turn.is_measured)


def _turn_name(number: int | None) -> str:
    return "?" if number is None else str(number)


def _session_lines(sessions: Sessions, shares: Mapping[str, Shares]) -> Iterator[_Line]:
    ids = short_ids(session.session_id for session in sessions.sessions)
    for session in sessions.sessions:
        share = shares[session.session_id]
        labels: dict[str, Cell] = {
            SESSION_NAME.key: ids[session.session_id],
            SESSION_ID.key: session.session_id or UNKNOWN,
            AGENT.key: "",
            STARTED.key: session.first_at,
            TITLE.key: session.title,
        }
        yield _Line(
            labels,
            share.own.measures if share.own else NOTHING,
            tuple(each.model for each in share.own.models) if share.own else (),
            session.active.seconds if session.active else None,
            session.active is not None and session.active.source != "turns",
        )
        if share.agents:
            name = counted(session.agents.count, "sub-agent") if session.agents.count else "sub-agents"
            yield _Line(
                {**labels, SESSION_NAME.key: INDENT + name, AGENT.key: name, TITLE.key: ""},
                share.agents.measures,
                tuple(each.model for each in share.agents.models),
                None,
                is_estimate=False,
            )


def _session_document(session: Session, turns: Turns, options: UsageOptions) -> Json:
    rows: list[dict[str, Json]] = []
    agents: list[Json] = []
    for turn in turns.turns:
        if turn.is_agent:
            agents.append({**_turn_of(turn, options), "agentId": turn.agent_id or None})
        else:
            agents = []
            rows.append({**_turn_of(turn, options), "turn": turn.number, "subagents": agents})
    return {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": turns.time_zone,
        "session": session_of(session, options),
        "turns": rows,
        "totals": {**totals_of(turns.total, no_cost=options.no_cost), "cacheHitShare": _ratio(turns.total)},
    }


def _turn_of(turn: Turn, options: UsageOptions) -> dict[str, Json]:
    return {
        **usage_of(turn, no_cost=options.no_cost),
        "startedAt": utc(turn.started_at),
        "lastActivity": utc(turn.last_at),
        "durationSeconds": turn.duration_s,
        "durationFrom": None if turn.duration_s is None else "turn" if turn.is_measured else "calls",
        "cacheHitShare": _ratio(turn.measures),
    }
