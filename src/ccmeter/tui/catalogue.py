"""The reports that can be read on the screen: what each asks, and what one of its rows opens.

Each is laid out by the same module that lays it out for the command line, so the screen and the command cannot disagree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Final

from ccmeter.reports.table import Role
from ccmeter.reports.usage_table import UsageOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.filters import Filters
    from ccmeter.reports.table import Cell, Report, Row, Table
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

NAMES: Final = ("daily", "weekly", "monthly", "hourly", "session", "project", "model", "branch", "blocks")
"""In the order in which they are leafed through."""
WORDS: Final[Mapping[str, str]] = {
    "daily": "Day",
    "weekly": "Week",
    "monthly": "Month",
    "hourly": "Hour",
    "session": "Session",
    "project": "Project",
    "model": "Model",
    "branch": "Branch",
    "blocks": "Block",
    "turns": "Turn",
}
EMPTY: Final = "No usage fits. g chooses other days, projects or models."


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A report, and what it was narrowed to on the way to it."""

    name: str
    of: str = ""
    """What was opened to get here, for people."""
    since_on: dt.date | None = None
    until_on: dt.date | None = None
    project: str = ""
    model: str = ""
    session: str | None = None
    """Whose turns are shown; usage without a session has an empty id."""

    def narrowed(self, filters: Filters) -> Filters:
        """Give the filters with what this view is about."""
        since = max((each for each in (filters.since_on, self.since_on) if each), default=None)
        until = min((each for each in (filters.until_on, self.until_on) if each), default=None)
        return replace(
            filters,
            since_on=since,
            until_on=until,
            projects=(self.project,) if self.project else filters.projects,
            models=(self.model,) if self.model else filters.models,
        )


def ask(connection: Connection, moment: Moment, view: View) -> Report:
    """Ask for a report as of the moment, the newest or dearest first."""
    limits = view.narrowed(moment.filters)
    options = UsageOptions(empty=EMPTY)
    if view.name == "turns":
        return _turns(connection, limits, view.session or "", options)
    if view.name == "session":
        from ccmeter.queries.sessions import sessions
        from ccmeter.reports import session as page

        found = sessions(connection, limits, greatest_first=True, with_names=True)
        return page.lay_out(found, options=options)
    if view.name == "project":
        from ccmeter.queries import project as question
        from ccmeter.reports import project as projects

        return projects.lay_out(question.report(connection, limits), options=options)
    if view.name == "blocks":
        from ccmeter.queries.blocks import ask_blocks
        from ccmeter.reports import blocks

        answer = ask_blocks(connection, limits, now=moment.now)
        return blocks.lay_out(answer, blocks.BlockOptions(usage=options, newest_first=True))
    return _periods(connection, limits, view.name, options, moment.week_starts)


def _periods(
    connection: Connection, limits: Filters, name: str, options: UsageOptions, week_starts: int
) -> Report:
    from ccmeter.queries.summary import By, summarize
    from ccmeter.reports import usage_table
    from ccmeter.reports.changes import with_change

    shape = import_module(f"ccmeter.reports.{name}").SHAPE
    found = summarize(
        connection,
        limits,
        by=shape.by,
        newest_first=True,
        by_cost=shape.by in (By.MODEL, By.BRANCH),
        week_starts=week_starts,
    )
    return with_change(usage_table.lay_out(found, shape=shape, options=options))


def _turns(connection: Connection, limits: Filters, session_id: str, options: UsageOptions) -> Report:
    from ccmeter.queries.sessions import sessions
    from ccmeter.queries.turns import turns
    from ccmeter.reports import show

    own = replace(limits, sessions=(session_id,) if session_id else limits.sessions)
    found = sessions(connection, own, with_names=True).sessions
    session = next((each for each in found if each.session_id == session_id), None)
    if session is None:  # the filters, or the past, leave nothing of it
        from ccmeter.reports.table import Note, Report, Table

        return Report(table=Table(title="Session", columns=(), notes=(Note(text=EMPTY),)), document={})
    return show.lay_out_session(session, turns(connection, own, session_id), options=options)


def opened(view: View, table: Table, row: Row) -> View | None:
    """Give what a row opens: a month its weeks, a day its sessions, a session its turns; None if there is no more."""
    if row.role is not Role.BODY:
        return None
    cells = {column.key: cell for column, cell in zip(table.columns, row.cells, strict=True)}
    if view.name == "session":
        session = str(cells.get("session_id") or "")
        return replace(view, name="turns", of=str(cells.get("session") or session), session=session)
    if view.name == "project":
        project = str(cells["project"] or cells["group"] or "")
        return replace(view, name="session", of=str(cells["name"]), project=project) if project else None
    if view.name == "model":
        names = cells["model"]
        model = names[0] if isinstance(names, tuple) and names else ""
        return replace(view, name="daily", of=model, model=model) if model else None
    return _within(view, cells)


def _within(view: View, cells: Mapping[str, Cell]) -> View | None:
    """Give what the days of a row open."""
    for key, name, span in (
        ("date", "session", dt.timedelta(days=1)),
        ("week", "daily", dt.timedelta(days=7)),
        ("month", "daily", None),
        ("hour", "session", dt.timedelta(days=1)),
        ("start_time", "hourly", dt.timedelta(days=1)),
    ):
        first = cells.get(key)
        if isinstance(first, dt.date):
            day = first.date() if isinstance(first, dt.datetime) else first
            after = day + span if span else (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
            last = after - dt.timedelta(days=1)
            words = str(day) if day == last else f"{day} to {last}"
            return replace(view, name=name, of=words, since_on=day, until_on=last)
    return None
