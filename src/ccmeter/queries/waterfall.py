"""One session as it went: its turns with their sub-agents, where the prompt cache was lost, and where its transcript is.

Usage is that of `queries.turns`, so rows add up to the session; what is asked besides adds nothing up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from ccmeter.queries.advice import LEAST_CACHED_TOKENS
from ccmeter.queries.chosen import ask, piece
from ccmeter.queries.sessions import instant
from ccmeter.queries.turns import turns

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from ccmeter.domain.filters import Filters
    from ccmeter.queries.turns import Turns
    from ccmeter.store.lease import Connection

Reason: TypeAlias = Literal["idle", "changed", "model", "shorter"]
"""A pause longer than the cache lives; its beginning changed; another model; a prompt cut short, as by compaction."""

_NAMED: Final = """
select path
from file
where ends_with(path, '/' || $ending) or ends_with(path, '\\' || $ending)
order by starts_with(path, 'imported:'), offset_bytes desc, path
limit 1
"""
_HOLDING: Final = """
select f.path
from line l
join origin o using (origin_id)
join file f using (file_id)
where o.session_id = $session and o.agent_id = '' and not o.is_nested and l.offset_bytes is not null
group by f.path
order by starts_with(f.path, 'imported:'), count(*) desc, f.path
limit 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A call that read less than half of what the call before it in its thread had left in the cache."""

    turn: int | None
    """As in `queries.turns.Turn.number`."""
    is_agent: bool
    agent_id: str
    at: dt.datetime
    reason: Reason
    lost_tokens: int
    """What was in the cache and was not read from it."""
    pause_s: int
    """Since the call before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolShare:
    """What one tool was asked for, of all that were."""

    name: str
    """Empty for one that the log gives no proper name."""
    calls: int
    share_bp: int
    """Of all tool calls of the same row, in hundredths of a percent."""


Place: TypeAlias = tuple[int | None, bool, str]
"""A row of `queries.turns`: its number, whether it is a sub-agent, and which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Which tools were asked for; what asked most stands first."""

    by_row: Mapping[Place, tuple[ToolShare, ...]]
    total: tuple[ToolShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """An answer about one session."""

    session_id: str
    turns: Turns
    breaks: tuple[Break, ...]
    """In the order of time."""
    tools: Tools
    transcript: str
    """The file that its own calls stand in, as it was when read; empty if no file is known, `imported:` before copies."""


def waterfall(connection: Connection, filters: Filters, session_id: str) -> Waterfall:
    """Ask for one session, known by its whole id (empty for usage without a session), within the limits."""
    # a beginning of an id limits what is looked at; of those that begin alike, the questions pick this one
    within = replace(filters, sessions=(session_id,)) if session_id else filters
    zone = ZoneInfo(filters.time_zone)
    words = {"beside": piece("turned"), "once": piece("once")}
    parameters = {"session": session_id, "least_tokens": LEAST_CACHED_TOKENS}
    rows = ask(connection, "waterfall", within, parameters, words=words)
    return Waterfall(
        session_id=session_id,
        turns=turns(connection, within, session_id),
        breaks=tuple(
            Break(
                turn=turn,
                is_agent=is_agent,
                agent_id=agent_id,
                at=_known(instant(at_us, zone)),
                reason=reason,
                lost_tokens=lost_tokens,
                pause_s=pause_s,
            )
            for turn, is_agent, agent_id, at_us, reason, lost_tokens, pause_s in rows
        ),
        tools=_tools(ask(connection, "waterfall_tools", within, {"session": session_id}, words=words)),
        transcript=_transcript(connection, session_id),
    )


def _tools(rows: Sequence[tuple[int | None, bool, str, str, int]]) -> Tools:
    by_row: dict[Place, dict[str, int]] = defaultdict(dict)
    total: Counter[str] = Counter()
    for turn, is_agent, agent_id, name, calls in rows:
        by_row[turn, is_agent, agent_id][name] = calls
        total[name] += calls
    return Tools(by_row={place: _shares(found) for place, found in by_row.items()}, total=_shares(total))


def _shares(calls: Mapping[str, int]) -> tuple[ToolShare, ...]:
    whole = sum(calls.values())
    ordered = sorted(calls.items(), key=lambda each: (-each[1], each[0]))
    return tuple(
        ToolShare(name=name, calls=count, share_bp=(count * 10_000 + whole // 2) // whole)
        for name, count in ordered
    )


def _known(at: dt.datetime | None) -> dt.datetime:
    assert at is not None, "the question leaves out calls without a time"
    return at


def _transcript(connection: Connection, session_id: str) -> str:
    """Give the file called like the session, else the one that most of its own lines stand in."""
    if not session_id:
        return ""
    found = connection.execute(_NAMED, {"ending": f"{session_id}.jsonl"}).fetchall()
    found = found or connection.execute(_HOLDING, {"session": session_id}).fetchall()
    return str(found[0][0]) if found else ""
