"""`ccmeter show`: one session turn by turn, or the sessions of a day."""

from __future__ import annotations

import datetime as dt
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from ccmeter.cli import options as o
from ccmeter.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccmeter.domain.filters import Filters
    from ccmeter.queries.sessions import Candidate, Session, Sessions
    from ccmeter.queries.turns import Shares, Turns
    from ccmeter.reports.table import Report
    from ccmeter.reports.usage_table import UsageOptions
    from ccmeter.store.lease import Connection

SECTION = "Reports"

MOST_CANDIDATES: Final = 10
"""Sessions that an error lists."""
MOST_LISTED: Final = 20
"""Sessions that a person picks from."""

What = Annotated[
    str | None,
    typer.Argument(
        metavar="[SESSION|DAY]",
        help="The beginning of a session's id, or a day: 2026-11-20, yesterday, monday. "
        "[default: asks, with the latest sessions to pick from]",
        show_default=False,
    ),
]


class _Found(NamedTuple):
    """One session with its turns."""

    session: Session
    turns: Turns
    outside: int
    """Calls of the session that do not fit the filters."""


class _Day(NamedTuple):
    """The sessions of a day, or of several."""

    sessions: Sessions
    shares: Mapping[str, Shares]
    when: str


def show(
    what: What = None,
    *,
    which: o.Which,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show one session turn by turn, or one day by session.

    Example: ccmeter show yesterday
    """
    from ccmeter.cli import reporting
    from ccmeter.reports.usage_table import UsageOptions

    reporting.format_of(shown)  # what is wrong with the options is said before anything is asked
    name = _picked(which, source) if what is None else what
    reporting.show(
        "show",
        lambda connection, limits: _answer(connection, limits, name),
        lambda found, empty: _laid_out(
            found, UsageOptions(compact=shown.compact, no_cost=shown.no_cost, empty=_empty(found, empty))
        ),
        which=which,
        shown=shown,
        source=source,
    )


def _answer(connection: Connection, limits: Filters, name: str) -> _Found | _Day:
    """Find what is meant: a full date is always a day, any other word a session before it is a day."""
    from ccmeter.queries import sessions as question
    from ccmeter.queries.turns import turns
    from ccmeter.reports.session import UNKNOWN

    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        met = question.candidates(connection, limits, name)
        exact = [each for each in met if each.session_id == name]
        if name == UNKNOWN and not met:  # what usage without a session is called
            exact = [each for each in question.candidates(connection, limits) if not each.session_id]
        if len(met) == 1 or exact:
            chosen = (exact or met)[0].session_id
            own = replace(limits, sessions=(chosen,))
            found = question.sessions(connection, own, with_names=True).sessions
            session = next(each for each in found if each.session_id == chosen)
            shown, whole = turns(connection, own, chosen), _unlimited(own)
            every = shown if whole == own else turns(connection, whole, chosen)
            return _Found(session, shown, every.total.calls - shown.total.calls)
        if met:
            raise UsageError(
                f"{len(met):,} sessions begin with '{name}'.", hint=f"Say more of the id:\n{_listed(met)}"
            )
    span = _days(name, limits.time_zone)
    if span is None:
        _refuse_cut_off(connection, limits, name)
        latest = question.candidates(connection, limits)
        raise UsageError(
            f"There is no session '{name}', and it is not a day.",
            hint=f"These are the latest:\n{_listed(latest)}"
            if latest
            else "No session fits; `ccmeter session` lists them.",
        )
    return _day(connection, limits, *span)


def _unlimited(limits: Filters) -> Filters:
    """Give the same sessions, in whole."""
    return replace(limits, since_on=None, until_on=None, projects=(), tags=(), models=())


def _refuse_cut_off(connection: Connection, limits: Filters, name: str) -> None:
    """Raise UsageError if a session is meant that is there, and that the filters leave nothing of."""
    from ccmeter.cli.unmatched import told
    from ccmeter.queries.sessions import candidates
    from ccmeter.queries.unmatched import unmatched
    from ccmeter.reports.session import SHORTEST

    met = candidates(connection, _unlimited(limits), name)
    if len(met) > 1:
        raise UsageError(
            f"{len(met):,} sessions begin with '{name}', none with usage that fits these filters.",
            hint=f"All of them:\n{_listed(met)}",
        )
    for each in met:
        span = "Its usage has no readable time."
        if each.first_at and each.last_at:
            days = dict.fromkeys(f"{at:%Y-%m-%d}" for at in (each.first_at, each.last_at))
            span = f"All of its usage is from {' to '.join(days)} ({limits.time_zone})."
        missing = told(unmatched(connection, limits))
        raise UsageError(
            f"Session {each.session_id[:SHORTEST]} has no usage that fits these filters.",
            hint=missing or span,
        )


def _day(connection: Connection, limits: Filters, since_on: dt.date, until_on: dt.date) -> _Day:
    from ccmeter.queries.sessions import sessions
    from ccmeter.queries.turns import shares

    if limits.since_on or limits.until_on:
        raise UsageError(
            "A day goes without --since, --until and --last.",
            hint="`ccmeter session` takes a range of days.",
        )
    limits = replace(limits, since_on=since_on, until_on=until_on)
    when = str(since_on) if since_on == until_on else f"{since_on} to {until_on}"
    found = sessions(connection, limits, sort="start")
    return _Day(found, shares(connection, limits), when)


def _days(name: str, time_zone: str) -> tuple[dt.date, dt.date] | None:
    """Give the days that a word means; None if it means none. Raises UsageError for a date that no calendar has."""
    from zoneinfo import ZoneInfo

    from ccmeter.domain import dates

    today = dt.datetime.now(ZoneInfo(time_zone)).date()
    try:
        since_on = dates.first_day(name, today)
        until_on = today if re.fullmatch(r"\d+[dw]", name.strip().lower()) else dates.last_day(name, today)
    except UsageError:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
            raise
        return None
    return since_on, until_on


def _laid_out(found: _Found | _Day, options: UsageOptions) -> Report:
    from ccmeter.reports import show as report

    if isinstance(found, _Found):
        return report.lay_out_session(found.session, found.turns, options=options, outside=found.outside)
    return report.lay_out_day(found.sessions, found.shares, when=found.when, options=options)


def _empty(found: _Found | _Day, empty: str) -> str:
    """Say that there is nothing on a day, unless there is more to say."""
    from ccmeter.cli.reporting import is_general

    if isinstance(found, _Found) or not is_general(empty):
        return empty
    return f"No usage on {found.when} fits. `ccmeter session` lists all sessions, `ccmeter daily` all days."


def _listed(candidates: Sequence[Candidate], most: int = MOST_CANDIDATES, *, numbered: bool = False) -> str:
    from ccmeter.reports.foreign import harmless
    from ccmeter.reports.session import UNKNOWN, short_ids

    ids = short_ids(each.session_id for each in candidates)
    lines = []
    for number, each in enumerate(candidates[:most], 1):
        at = f"{each.last_at:%Y-%m-%d %H:%M}" if each.last_at else "undated         "
        place = f"{number:>3}  " if numbered else "  "
        lines.append(
            f"{place}{harmless(ids[each.session_id] or UNKNOWN)}  {at}  {harmless(each.title)}".rstrip()
        )
    if len(candidates) > most:
        lines.append(f"  and {len(candidates) - most:,} more")
    return "\n".join(lines)


def _picked(which: o.Which, source: o.Source) -> str:
    """Let a person choose among the latest sessions. The store is not held meanwhile."""
    from ccmeter.cli import output, reporting
    from ccmeter.queries.sessions import candidates
    from ccmeter.reports.session import UNKNOWN

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "Which session, or which day?", hint="`ccmeter session` lists sessions; `ccmeter show yesterday`."
        )
    latest, _ = reporting.answer(candidates, which=which, source=source)
    latest = latest[:MOST_LISTED]
    if not latest:
        raise UsageError(
            "There is no session to show.", hint="`ccmeter doctor` says what was looked through."
        )
    output.say(_listed(latest, MOST_LISTED, numbered=True))
    while True:
        sys.stderr.write(f"Which one? [1-{len(latest)}, nothing to leave it] ")
        sys.stderr.flush()
        said = sys.stdin.readline().strip()
        if not said:
            raise typer.Exit
        if said.isdecimal() and 1 <= int(said) <= len(latest):
            return latest[int(said) - 1].session_id or UNKNOWN
        output.say(f"'{said}' is none of them.")
