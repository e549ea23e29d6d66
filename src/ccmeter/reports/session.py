"""The session report: what each session used and cost, with its title, place, times and sub-agents.

A range of days cuts usage and active time: a row shows what falls inside. Two sessions are told apart by the shortest
beginning of their ids that no other shares, which is also what `ccmeter show` takes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ccmeter.domain.money import PICO_PER_USD, usd_exact
from ccmeter.reports.active import ACTIVE, ACTIVE_FROM, active_notes, active_of, marked
from ccmeter.reports.table import Column, Kind, Note, Report, Role, Row, Table
from ccmeter.reports.usage_document import SCHEMA_VERSION, UNKNOWN_PROJECT, totals_of, usage_of, utc
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
    from collections.abc import Iterable, Iterator, Mapping

    from ccmeter.queries.sessions import Agents, Session, Sessions
    from ccmeter.queries.summary import Measures
    from ccmeter.reports.table import Cell, Json
    from ccmeter.reports.usage_table import UsageOptions

UNKNOWN: Final = "unknown"
"""What usage without a session is called."""
SHORTEST: Final = 8
"""Letters of an id that people are shown at least."""

_TITLE: Final = "Sessions"
_NO_LETTER: Final = re.compile("[^A-Za-z0-9]")
"""What Claude Code replaces in the names of its folders."""

LAST = Column(key="last_activity", title="Last activity", kind=Kind.TIME)
SESSION = Column(
    key="session", title="Session", kind=Kind.TEXT, drop=14, is_foreign=True, only_for_people=True
)
SESSION_ID = Column(key="session_id", title="Session id", kind=Kind.TEXT, is_foreign=True, only_in_files=True)
TITLE = Column(key="title", title="Title", kind=Kind.TEXT, drop=13, is_foreign=True)
PROJECT = Column(key="project", title="Project", kind=Kind.TEXT, is_foreign=True, only_in_files=True)
PLACE = Column(key="place", title="Project", kind=Kind.TEXT, drop=8, is_foreign=True, only_for_people=True)
BRANCH = Column(key="branch", title="Branch", kind=Kind.TEXT, drop=4, is_foreign=True, is_secondary=True)
FIRST = Column(key="first_activity", title="First activity", kind=Kind.TIME, drop=3, is_secondary=True)
AGENTS = Column(key="sub_agents_share", title="Sub-agents", kind=Kind.SHARE, drop=7)


def lay_out(sessions: Sessions, *, options: UsageOptions, is_document: bool = False) -> Report:
    """Give sessions as a report, in the order given.

    Where only the document is wanted the table is left out: for thousands of sessions it takes as long as the rest.
    """
    table = Table(title=_TITLE, columns=()) if is_document else _table(sessions, options)
    return Report(table=table, document=_document(sessions, options))


def _table(sessions: Sessions, options: UsageOptions) -> Table:
    columns = _columns(sessions, options)
    ids = short_ids(session.session_id for session in sessions.sessions)
    rows = [row for session in sessions.sessions for row in _rows(session, columns, ids, options)]
    total = row_of(
        sessions.total,
        columns,
        {
            ACTIVE.key: sessions.active.seconds,
            AGENTS.key: share_of_agents(sessions.agents, sessions.total, options)[0],
        },
        role=Role.TOTAL,
    )
    notes = (*notes_of(sessions.total, options), *active_notes(sessions.active))
    return Table(
        title=_TITLE,
        caption=sessions.time_zone,
        columns=columns,
        rows=(*rows, marked(total, sessions.active)) if rows else (),
        notes=notes if rows else (Note(text=options.empty),),
    )


def short_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Give for each id its shortest beginning that no other one has, of at least so many letters as tell little apart."""
    ordered = sorted(set(ids))
    found = {}
    for before, each, after in zip(["", *ordered], ordered, [*ordered[1:], ""], strict=False):
        shared = max(_common(each, before), _common(each, after))
        found[each] = each[: max(shared + 1, SHORTEST)] or UNKNOWN
    return found


def _common(one: str, other: str) -> int:
    """Count the letters that two texts begin with alike."""
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def share_of_agents(agents: Agents, whole: Measures, options: UsageOptions) -> tuple[int | None, str]:
    """Give the sub-agents' share in ten-thousandths, and what it is a share of: tokens where the cost is not known."""
    if options.no_cost or whole.unpriced_tokens or not whole.cost_pico:
        part, of, name = agents.tokens, whole.counts.total_tokens, "tokens"
    else:
        part, of, name = agents.cost_pico, whole.cost_pico, "cost"
    return ((part * 20_000 + of) // (of * 2) if of else None), name


def _columns(sessions: Sessions, options: UsageOptions) -> tuple[Column, ...]:
    """Give the columns; people are spared those in which nothing stands."""
    has_titles = any(session.title for session in sessions.sessions)
    has_branches = any(session.branch for session in sessions.sessions)
    return (
        LAST,
        SESSION,
        SESSION_ID,
        replace(TITLE, only_in_files=not has_titles),
        PROJECT,
        PLACE,
        replace(BRANCH, only_in_files=not has_branches),
        replace(MODELS, drop=15 if options.breakdown else 9),
        FIRST,
        ACTIVE,
        ACTIVE_FROM,
        replace(AGENTS, only_in_files=sessions.agents.are_none),
        replace(INPUT, drop=5, only_in_files=options.compact),
        replace(OUTPUT, only_in_files=options.compact),
        replace(CACHE_CREATION, only_in_files=options.compact),
        replace(CACHE_READ, only_in_files=options.compact),
        replace(TOTAL, drop=12),
        *(() if options.no_cost else (COST,)),
        *FOR_FILES,
    )


def _rows(
    session: Session, columns: tuple[Column, ...], ids: Mapping[str, str], options: UsageOptions
) -> Iterator[Row]:
    labels: dict[str, Cell] = {
        LAST.key: session.last_at,
        SESSION.key: ids[session.session_id],
        SESSION_ID.key: session.session_id or UNKNOWN,
        TITLE.key: session.title,
        PROJECT.key: session.project or UNKNOWN_PROJECT,
        PLACE.key: session.place,
        BRANCH.key: session.branch,
        FIRST.key: session.first_at,
    }
    names = tuple(share.model for share in session.models)
    whole: dict[str, Cell] = {
        MODELS.key: names,
        ACTIVE.key: session.active.seconds if session.active else None,
        ACTIVE_FROM.key: session.active.source if session.active else "",
        AGENTS.key: share_of_agents(session.agents, session.measures, options)[0],
    }
    yield marked(row_of(session.measures, columns, {**labels, **whole}), session.active)
    for share in session.models if options.breakdown and len(names) > 1 else ():
        yield row_of(share.measures, columns, {**labels, MODELS.key: (share.model,)}, role=Role.DETAIL)


def _document(sessions: Sessions, options: UsageOptions) -> Json:
    return {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": sessions.time_zone,
        "sessions": [session_of(session, options) for session in sessions.sessions],
        "totals": {
            **totals_of(sessions.total, no_cost=options.no_cost),
            **active_of(sessions.active),
            **_agents_of(sessions.agents, sessions.total, options),
        },
    }


def session_of(session: Session, options: UsageOptions) -> dict[str, Json]:
    """Give a session as JSON: ccusage's keys with ours beside them."""
    row = usage_of(session, no_cost=options.no_cost)
    row |= active_of(session.active)
    row |= _agents_of(session.agents, session.measures, options)
    row |= {
        "sessionId": session.session_id or UNKNOWN,
        "projectPath": _NO_LETTER.sub("-", session.project) or UNKNOWN_PROJECT,
        "project": session.project or UNKNOWN_PROJECT,
        "title": session.title or None,
        "branch": session.branch or None,
        "firstActivity": utc(session.first_at),
        "lastActivity": utc(session.last_at),
    }
    return row


def _agents_of(agents: Agents, whole: Measures, options: UsageOptions) -> dict[str, Json]:
    share, of = share_of_agents(agents, whole, options)
    part: dict[str, Json] = {
        "subagents": agents.count,
        "subagentTokens": agents.tokens,
        "subagentShare": None if share is None else share / 10_000,
        "subagentShareOf": of,
    }
    if not options.no_cost:
        part["subagentCost"] = agents.cost_pico / PICO_PER_USD
        part["subagentCostExact"] = usd_exact(agents.cost_pico)
    return part
