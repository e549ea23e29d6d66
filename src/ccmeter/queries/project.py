"""What each project, group or tag used, and how long and how often it was worked on.

Usage comes from the question that every report asks. A project with several tags stands in the row of each, so there
rows do not add up to the total; the total is always that of the usage itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from ccmeter.domain import projects
from ccmeter.queries.activity import active_time
from ccmeter.queries.chosen import ask
from ccmeter.queries.placing import UNTAGGED, placed
from ccmeter.queries.summary import By, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ccmeter.domain.activity import Active
    from ccmeter.domain.filters import Filters
    from ccmeter.domain.projects import Placed
    from ccmeter.queries.activity import ActiveTime
    from ccmeter.queries.summary import Measures, ModelShare, Period
    from ccmeter.store.lease import Connection

GroupBy: TypeAlias = Literal["group", "project", "tag"]
"""What a row is: a group or a project that is in none; a project; a tag."""
Sort: TypeAlias = Literal["cost", "tokens", "duration", "time", "name"]
"""What rows are ordered by; `time` is that of their last activity."""

_KEYS: Final[Mapping[GroupBy, By]] = {"group": By.GROUP, "project": By.PROJECT, "tag": By.TAG}
_GROUP: Final = "group:"
"""What begins the key of a group; no path begins so."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_APART: Final = "\0"
"""Stands for all folders that are not asked about; no path is that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """How often something was worked on."""

    sessions: int
    days: int
    """Local days with dated usage."""
    first_at: dt.datetime | None
    last_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One row: a project, a group of projects, or all projects with one tag."""

    name: str
    """What people call it; no two rows are called alike. Empty for projects without a tag."""
    path: str
    """Of a project; empty for a group, a tag, and usage whose log names no folder."""
    group: str
    tags: tuple[str, ...]
    """Of a project."""
    projects: tuple[str, ...]
    """The paths of all that is in the row."""
    folders: tuple[str, ...]
    """As the logs name them."""
    worked: Worked
    active: Active | None
    """None where the log tells of no session."""
    measures: Measures
    models: tuple[ModelShare, ...]
    """By cost, dearest first."""
    models_seen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projects:
    """An answer: rows in the order asked for, and the total."""

    by: GroupBy
    rows: tuple[Project, ...]
    worked: Worked
    active: Active
    total: Measures
    time_zone: str

    @property
    def overlap(self) -> bool:
        """Some usage stands in several rows."""
        return sum(row.measures.calls for row in self.rows) != self.total.calls


def report(
    connection: Connection,
    filters: Filters,
    *,
    by: GroupBy = "group",
    sort: Sort = "cost",
    greatest_first: bool = True,
) -> Projects:
    """Ask for usage by project, group or tag."""
    key = _KEYS[by]
    summary = summarize(connection, filters, by=key)
    zone = ZoneInfo(filters.time_zone)
    words = {"key": key.value, "tagged": "join project_tag using (project)" if by == "tag" else ""}
    told = ask(connection, "project", filters, words=words, by_project=True)
    worked = {(row[0], row[1]): _worked(row, zone) for row in told}
    folders = _folders(connection, filters, by)
    active, total_active = _active(connection, filters, folders, by)
    rows = [
        _row(period, folders[str(period.key)], worked[0, period.key], active.get(str(period.key)), by)
        for period in summary.periods
    ]
    return Projects(
        by=by,
        rows=_ordered(rows, sort, greatest_first=greatest_first),
        worked=worked[1, None],
        active=total_active,
        total=summary.total,
        time_zone=summary.time_zone,
    )


def _folders(connection: Connection, filters: Filters, by: GroupBy) -> Mapping[str, tuple[Placed, ...]]:
    """Give the folders of every key that a row may have."""
    asked = projects.chosen(
        placed(connection, filters), filters.projects, filters.tags, filters.grouping.home
    )
    found: dict[str, list[Placed]] = {}
    for each in asked:
        keys: Iterable[str] = (each.project,)
        if by == "tag":
            keys = each.tags or (UNTAGGED,)
        elif by == "group" and each.group:
            keys = (_GROUP + each.group,)
        for key in keys:
            found.setdefault(key, []).append(each)
    return {key: tuple(within) for key, within in found.items()}


def _active(
    connection: Connection, filters: Filters, folders: Mapping[str, tuple[Placed, ...]], by: GroupBy
) -> tuple[Mapping[str, Active], Active]:
    """Give active time by key, and in all."""
    if by != "tag":
        names = {each.cwd: key for key, within in folders.items() for each in within}
        found = active_time(connection, filters, by="cwd", names=names)
        return found.by_key, found.total
    by_project = {each.cwd: each.project for within in folders.values() for each in within}
    total = active_time(connection, filters, by="cwd", names=by_project).total
    by_tag: dict[str, Active] = {}
    for tag, within in folders.items():
        names = dict.fromkeys(by_project, _APART) | {each.cwd: tag for each in within}
        alone: ActiveTime = active_time(connection, filters, by="cwd", names=names)
        if tag in alone.by_key:
            by_tag[tag] = alone.by_key[tag]
    return by_tag, total


def _row(
    period: Period, within: tuple[Placed, ...], worked: Worked, active: Active | None, by: GroupBy
) -> Project:
    key, first = str(period.key), within[0]
    is_project = by == "project" or (by == "group" and not key.startswith(_GROUP))
    return Project(
        name=first.name if is_project else key.removeprefix(_GROUP),
        path=first.project if is_project else "",
        group=first.group if by != "tag" else "",
        tags=first.tags if is_project else (),
        projects=tuple(dict.fromkeys(each.project for each in within)),
        folders=tuple(each.cwd for each in within),
        worked=worked,
        active=active,
        measures=period.measures,
        models=period.models,
        models_seen=period.models_seen,
    )


def _worked(row: tuple[Any, ...], zone: ZoneInfo) -> Worked:
    _, _, sessions, days, first_us, last_us = row
    return Worked(sessions=sessions, days=days, first_at=_at(first_us, zone), last_at=_at(last_us, zone))


def _at(at_us: int | None, zone: ZoneInfo) -> dt.datetime | None:
    return None if at_us is None else (_EPOCH + dt.timedelta(microseconds=at_us)).astimezone(zone)


def _ordered(rows: list[Project], sort: Sort, *, greatest_first: bool) -> tuple[Project, ...]:
    ordered = sorted(rows, key=lambda row: (row.name.casefold(), row.name, row.path))
    return tuple(sorted(ordered, key=_SORTS[sort], reverse=greatest_first))


_SORTS: Final[Mapping[str, Callable[[Project], Any]]] = {
    "cost": lambda row: (row.measures.cost_pico, row.measures.counts.total_tokens),
    "tokens": lambda row: row.measures.counts.total_tokens,
    "duration": lambda row: row.active.seconds if row.active else -1,
    "time": lambda row: row.worked.last_at or _EPOCH,
    "name": lambda row: (row.name.casefold(), row.name),
}
