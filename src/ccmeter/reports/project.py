"""The project report: what each project used and cost, and how long and how often it was worked on.

A project is a repository with its worktrees and sub-folders, or a folder outside of any. People read its alias, or as
much of its path as tells it from all others; files have the whole path.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ccmeter.reports.active import ACTIVE, ACTIVE_FROM, active_notes
from ccmeter.reports.cells import counted
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
    from collections.abc import Iterator, Sequence

    from ccmeter.domain.activity import Active
    from ccmeter.domain.projects import Placed
    from ccmeter.queries.project import Project, Projects, Worked
    from ccmeter.reports.table import Cell, Json
    from ccmeter.reports.usage_table import UsageOptions

UNTAGGED: Final = "untagged"

NAME = Column(key="name", title="Project", kind=Kind.TEXT, is_foreign=True)
PATH = Column(key="project", title="Path", kind=Kind.TEXT, is_foreign=True, only_in_files=True)
GROUP = Column(key="group", title="Group", kind=Kind.TEXT, is_foreign=True, only_in_files=True)
TAGS = Column(key="tags", title="Tags", kind=Kind.TEXT, is_foreign=True, only_in_files=True)
SESSIONS = Column(key="sessions", title="Sessions", kind=Kind.COUNT, drop=8)
DAYS = Column(key="days", title="Days", kind=Kind.COUNT, drop=7)
FIRST = Column(key="first_activity", title="First activity", kind=Kind.TIME, only_in_files=True)
LAST = Column(key="last_activity", title="Last activity", kind=Kind.TIME, only_in_files=True)

_TITLES: Final = {
    "group": ("Usage by project", NAME.title),
    "project": ("Usage by project", NAME.title),
    "tag": ("Usage by tag", "Tag"),
}


def lay_out(projects: Projects, *, options: UsageOptions) -> Report:
    """Give projects as a report, in the order given."""
    title, heading = _TITLES[projects.by]
    columns = _columns(heading, options)
    rows = [row for project in projects.rows for row in _rows(project, columns, options)]
    labels = {**_worked(projects.worked), **_active(projects.active)}
    total = _marked(row_of(projects.total, columns, labels, role=Role.TOTAL), projects.active)
    notes = (*notes_of(projects.total, options), *active_notes(projects.active), *_overlap(projects))
    table = Table(
        title=title,
        caption=projects.time_zone,
        columns=columns,
        rows=(*rows, total) if rows else (),
        notes=notes if rows else (Note(text=options.empty),),
    )
    return Report(table=table, document=_document(projects, no_cost=options.no_cost))


def lay_out_list(placed: Sequence[Placed], *, empty: str) -> Report:
    """Give the projects that are known, and what was said of them, without their usage."""
    folders: dict[str, list[Placed]] = {}
    for each in sorted(placed, key=lambda each: (each.name.casefold(), each.project, each.cwd)):
        if each.project:
            folders.setdefault(each.project, []).append(each)
    columns = (
        NAME,
        replace(PATH, only_in_files=False, drop=3, wraps=True),
        replace(GROUP, only_in_files=not any(each.group for each in placed), drop=1),
        replace(TAGS, only_in_files=not any(each.tags for each in placed), drop=2),
        Column(key="folders", title="Folders", kind=Kind.COUNT, is_secondary=True),
    )
    rows = tuple(
        Row(cells=(one.name, path, one.group, ";".join(one.tags), len(within)))
        for path, within in folders.items()
        for one in within[:1]
    )
    notes = () if rows else (Note(text=empty),)
    table = Table(
        title="Projects", caption=counted(len(rows), "project"), columns=columns, rows=rows, notes=notes
    )
    document: list[Json] = [
        {
            "name": within[0].name,
            "path": path,
            "group": within[0].group or None,
            "tags": within[0].tags,
            "folders": [each.cwd for each in within],
        }
        for path, within in folders.items()
    ]
    return Report(table=table, document={"schemaVersion": SCHEMA_VERSION, "projects": document})


def _columns(heading: str, options: UsageOptions) -> tuple[Column, ...]:
    return (
        replace(NAME, title=heading),
        PATH,
        GROUP,
        TAGS,
        replace(ACTIVE, drop=9),
        ACTIVE_FROM,
        SESSIONS,
        DAYS,
        FIRST,
        LAST,
        replace(MODELS, drop=10 if options.breakdown else 5),
        replace(INPUT, only_in_files=options.compact),
        replace(OUTPUT, drop=4, only_in_files=options.compact),
        *(replace(each, only_in_files=options.compact) for each in (CACHE_CREATION, CACHE_READ)),
        replace(TOTAL, drop=6),
        *(() if options.no_cost else (COST,)),
        *FOR_FILES,
    )


def _rows(project: Project, columns: tuple[Column, ...], options: UsageOptions) -> Iterator[Row]:
    """Give a project's row, and with a breakdown a row for each of its models when there are several."""
    labels: dict[str, Cell] = {
        NAME.key: project.name or UNTAGGED,
        PATH.key: project.path,
        GROUP.key: project.group,
        TAGS.key: ";".join(project.tags),
    }
    names = tuple(share.model for share in project.models)
    own = {**labels, **_worked(project.worked), **_active(project.active), MODELS.key: names}
    yield _marked(row_of(project.measures, columns, own), project.active)
    for share in project.models if options.breakdown and len(names) > 1 else ():
        yield row_of(share.measures, columns, {**labels, MODELS.key: (share.model,)}, role=Role.DETAIL)


def _worked(worked: Worked) -> dict[str, Cell]:
    return {
        SESSIONS.key: worked.sessions,
        DAYS.key: worked.days,
        FIRST.key: worked.first_at,
        LAST.key: worked.last_at,
    }


def _active(active: Active | None) -> dict[str, Cell]:
    return {
        ACTIVE.key: active.seconds if active else None,
        ACTIVE_FROM.key: active.source if active else "",
    }


def _marked(row: Row, active: Active | None) -> Row:
    is_estimated = active is not None and active.source != "turns"
    return replace(row, marks=row.marks | {ACTIVE.key}) if is_estimated else row


def _overlap(projects: Projects) -> Iterator[Note]:
    if projects.overlap:
        yield Note(
            text="A project with several tags counts in the row of each, so these rows add up to more than the total, "
            "which counts it once."
        )


def _document(projects: Projects, *, no_cost: bool) -> Json:
    rows: list[Json] = [
        {
            **usage_of(project, no_cost=no_cost),
            **_names(project, projects.by),
            **_times(project.worked),
            "activeSeconds": project.active.seconds if project.active else None,
            "activeFrom": project.active.source if project.active else None,
            "folders": project.folders,
        }
        for project in projects.rows
    ]
    return {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": projects.time_zone,
        "groupBy": projects.by,
        "overlapping": projects.overlap,
        "tags" if projects.by == "tag" else "projects": rows,
        "totals": {
            **totals_of(projects.total, no_cost=no_cost),
            **_times(projects.worked),
            "activeSeconds": projects.active.seconds,
            "activeFrom": projects.active.source,
        },
    }


def _names(project: Project, by: str) -> dict[str, Json]:
    if by == "tag":
        return {"tag": project.name or None, "projects": project.projects}
    is_group = not project.path and project.group != ""
    return {
        "name": project.name,
        "project": None if is_group else project.path or UNKNOWN_PROJECT,
        "group": project.group or None,
        "tags": project.tags,
        **({"projects": project.projects} if is_group else {}),
    }


def _times(worked: Worked) -> dict[str, Json]:
    return {
        "sessions": worked.sessions,
        "days": worked.days,
        "firstActivity": utc(worked.first_at),
        "lastActivity": utc(worked.last_at),
    }
