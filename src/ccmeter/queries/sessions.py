"""What each session used, and what a person knows it by.

Usage comes from the question that every report asks, so a session's row cannot differ from a day's; what is asked
here besides is its title, its place, its times and its sub-agents' part.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from ccmeter.domain.filters import EVERY
from ccmeter.queries.activity import active_time
from ccmeter.queries.beside import Beside
from ccmeter.queries.chosen import ask
from ccmeter.queries.summary import By, measures_of, periods_of, usage
from ccmeter.queries.titles import titles
from ccmeter.store import united, views

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccmeter.domain.activity import Active
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.activity import ActiveTime
    from ccmeter.queries.summary import Measures, ModelShare, Period
    from ccmeter.store.lease import Connection

Sort: TypeAlias = Literal["time", "start", "cost", "tokens", "duration"]
"""What sessions are ordered by; `time` is that of their last activity, `start` of their first."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """What sub-agents used of a session."""

    count: int
    """Those that have a name; sub-agents of old logs have none."""
    cost_pico: int
    tokens: int
    unpriced_tokens: int

    @property
    def are_none(self) -> bool:
        """No sub-agent was at work."""
        return not self.count and not self.tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session, as far as the limits of the question let it be seen."""

    session_id: str
    """Empty for usage that the log gives to no session."""
    title: str
    """A person's own, else Claude Code's, else empty."""
    project: str
    """The folder that it began in."""
    place: str
    """What people call the project of that folder, where that was asked for; else empty."""
    branch: str
    """The last one; empty where the log names none."""
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    active: Active | None
    """None for usage without a session."""
    agents: Agents
    measures: Measures
    models: tuple[ModelShare, ...]
    """By cost, dearest first."""
    models_seen: tuple[str, ...]
    """The same models in the order of their first use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """An answer: sessions in the order asked for, and their total."""

    sessions: tuple[Session, ...]
    agents: Agents
    """Of all sessions."""
    active: Active
    """The sum of the sessions' active times."""
    total: Measures
    time_zone: str


def sessions(
    connection: Connection,
    filters: Filters,
    *,
    sort: Sort = "time",
    greatest_first: bool = False,
    with_names: bool = False,
) -> Sessions:
    """Ask for all sessions with usage within the limits. One without any time comes last by time.

    `with_names` asks what people call their projects, which files of data have no use for.
    """
    with contextlib.ExitStack() as stack:
        more = _begun(connection, filters, stack)
        rows = usage(connection, filters, by=By.SESSION)
        with Beside(connection, lambda own: ask(own, "sessions", filters)) as asked:
            periods = periods_of(rows)
            told = {row[0]: row for row in asked.answer()}
        names = _names(connection, filters) if with_names else {}
        active, named = more()
    zone = ZoneInfo(filters.time_zone)
    found = []
    for period in periods:
        key = str(period.key)
        place = names.get(told[key][1], "")
        found.append(_session(period, told[key], active.by_key.get(key), named.get(key, ""), place, zone))
    return Sessions(
        sessions=_ordered(found, sort, greatest_first=greatest_first),
        agents=_agents(*map(sum, zip(*(row[5:] for row in told.values()), strict=True)))
        if told
        else _agents(),
        active=active.total,
        total=measures_of(rows),
        time_zone=filters.time_zone,
    )


def _begun(
    connection: Connection, filters: Filters, stack: contextlib.ExitStack
) -> Callable[[], tuple[ActiveTime, Mapping[str, str]]]:
    """Begin to ask active time and titles on a connection of their own; later on this one, where one machine's views stand."""
    if filters.device != EVERY:
        return lambda: (active_time(connection, filters, by="session"), titles(connection))

    def ask_beside(own: Connection) -> tuple[ActiveTime, Mapping[str, str]]:
        views.count(own, is_shared=united.in_vault(own))
        return active_time(own, filters, by="session"), titles(own)

    other = stack.enter_context(contextlib.closing(connection.cursor()))
    return stack.enter_context(Beside(other, ask_beside)).answer


def _names(connection: Connection, filters: Filters) -> Mapping[str, str]:
    """Give the name of every folder's project."""
    from ccmeter.queries.placing import placed  # nobody asks for names in a document

    return {each.cwd: each.name for each in placed(connection, filters)}


def _session(
    period: Period, told: tuple[Any, ...], active: Active | None, title: str, place: str, zone: ZoneInfo
) -> Session:
    session_id, project, branch, first_us, last_us, *agents = told
    return Session(
        session_id=session_id,
        title=title,
        project=project,
        place=place,
        branch=branch,
        first_at=instant(first_us, zone),
        last_at=instant(last_us, zone),
        active=active,
        agents=_agents(*agents),
        measures=period.measures,
        models=period.models,
        models_seen=period.models_seen,
    )


def _agents(count: int = 0, cost_pico: int = 0, tokens: int = 0, unpriced_tokens: int = 0) -> Agents:
    return Agents(count=count, cost_pico=cost_pico, tokens=tokens, unpriced_tokens=unpriced_tokens)


def instant(at_us: int | None, zone: ZoneInfo) -> dt.datetime | None:
    """Give an instant in a zone of its microseconds since 1970 UTC."""
    return None if at_us is None else (_EPOCH + dt.timedelta(0, 0, at_us)).astimezone(zone)


def _ordered(found: list[Session], sort: Sort, *, greatest_first: bool) -> tuple[Session, ...]:
    """Order sessions; of equal ones the later goes after the earlier, and one without any time comes last by time."""
    ordered = sorted(found, key=lambda session: (session.last_at or _EPOCH, session.session_id))
    ordered.sort(key=_SORTS[sort], reverse=greatest_first)
    return tuple(sorted(ordered, key=lambda session: sort in ("time", "start") and session.last_at is None))


_SORTS: Final[Mapping[str, Callable[[Session], Any]]] = {
    "time": lambda session: session.last_at or _EPOCH,
    "start": lambda session: session.first_at or _EPOCH,
    "cost": lambda session: (session.measures.cost_pico, session.measures.counts.total_tokens),
    "tokens": lambda session: session.measures.counts.total_tokens,
    "duration": lambda session: session.active.seconds if session.active else -1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A session that a person may mean."""

    session_id: str
    title: str
    first_at: dt.datetime | None
    last_at: dt.datetime | None


def candidates(connection: Connection, filters: Filters, beginning: str = "") -> tuple[Candidate, ...]:
    """Give the sessions whose id begins so and that have usage within the limits, the latest first."""
    rows = ask(connection, "sessions", replace(filters, sessions=(beginning,)))
    zone = ZoneInfo(filters.time_zone)
    rows.sort(key=lambda row: (-(row[4] or 0), row[0]))
    named = titles(connection)
    return tuple(
        Candidate(
            session_id=row[0],
            title=named.get(row[0], ""),
            first_at=instant(row[3], zone),
            last_at=instant(row[4], zone),
        )
        for row in rows
    )
