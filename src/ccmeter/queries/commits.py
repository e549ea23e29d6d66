"""What a project's usage went into: branches, commits and pull requests, as far as it can be known.

Three ways to part the same usage. Each call stands in exactly one row of each way, what cannot be known in a row of its
own, so the rows of every way add up to the project. Sums are made by the question that every report asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from ccmeter.domain.commits import OPEN, UNKNOWN, stretches
from ccmeter.queries.chosen import ask, piece
from ccmeter.queries.sessions import instant
from ccmeter.queries.summary import by_key, measures_of, periods_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from ccmeter.domain.commits import Commit, History, Stretch
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.summary import Measures, ModelShare, Period, UsageRow
    from ccmeter.store.lease import Connection

Kind: TypeAlias = Literal["branch", "commit", "open", "pull", "unknown"]
"""`open`: on a branch after its last commit."""

_APART: Final = "\x1f"
_STRETCH: Final = """
create or replace temp table stretch as
select unnest($root::varchar[]) as root, unnest($branch::varchar[]) as branch,
    unnest($until_us::bigint[]) as until_us, unnest($sha::varchar[]) as sha
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One row of a way to part usage."""

    kind: Kind
    key: str
    """No other row of the same way has it."""
    root: str
    """The repository's main working tree; empty if it is not known, and for pull requests."""
    branch: str
    name: str
    """Of a branch or pull request; the digest of a commit; empty for what is unknown or not committed."""
    subject: str
    """Of a commit."""
    url: str
    """Of a pull request, as logged."""
    at: dt.datetime | None
    """When a commit was made."""
    first_us: int | None
    last_us: int | None
    """When the usage was, in microseconds since 1970 UTC."""
    measures: Measures
    models: tuple[ModelShare, ...]
    """By cost, dearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """An answer: the same usage in three ways, the dearest part first and what is unknown last."""

    project: str
    branches: tuple[Part, ...]
    commits: tuple[Part, ...]
    by_branch: Mapping[str, tuple[Part, ...]]
    """The commits of every branch, by the key of the branch: each adds up to its row in `branches`."""
    pulls: tuple[Part, ...]
    total: Measures
    """Of the project; the sum of each of the three."""


def roots(connection: Connection, filters: Filters, project: str) -> tuple[str, ...]:
    """Give the repositories that a project's folders are known to be in: main working trees, in the order of paths."""
    from ccmeter.queries.placing import placed  # as in every question about projects

    folders = [each.cwd for each in placed(connection, filters) if each.project == project]
    rows = connection.execute(
        "select distinct root from repository where root <> '' and cwd in (select unnest($cwd::varchar[])) order by root",
        {"cwd": folders},
    ).fetchall()
    return tuple(row[0] for row in rows)


def breakdown(
    connection: Connection, filters: Filters, project: str, histories: Mapping[str, History], *, now_us: int
) -> Breakdown:
    """Ask what a project, known by its path, was used for within the limits, with what git told, as known at an instant."""
    _hand_over(connection, [each for found in histories.values() for each in stretches(found, now_us=now_us)])
    zone = ZoneInfo(filters.time_zone)
    by_stretch = _asked(connection, filters, project, "stretch")
    by_pull = _asked(connection, filters, project, "pull")
    branches: dict[tuple[str, str], list[UsageRow]] = {}
    commits: dict[tuple[str, str, str], list[UsageRow]] = {}
    within: dict[tuple[str, str], dict[str, list[UsageRow]]] = {}
    for row in by_stretch:
        root, *middle, sha = row[1].split(_APART)
        branch = _APART.join(middle)
        place = (root if branch else "", branch)
        branches.setdefault(place, []).append(row)
        within.setdefault(place, {}).setdefault(sha, []).append(row)
        where = (root, branch, sha) if sha != UNKNOWN else ("", "", "")
        commits.setdefault(where, []).append(row)
    return Breakdown(
        project=project,
        branches=_ordered(_branch(*key, rows) for key, rows in branches.items()),
        commits=_ordered(_commit(*key, rows, histories, zone) for key, rows in commits.items()),
        by_branch={
            branch_key(*place): _ordered(
                _commit(*place, sha, rows, histories, zone) for sha, rows in of_branch.items()
            )
            for place, of_branch in within.items()
        },
        pulls=_ordered(_pull(key, rows) for (_, key), rows in by_key(by_pull).items()),
        total=measures_of(by_stretch),
    )


def branch_key(root: str, branch: str) -> str:
    """Give the key of a branch's row."""
    return f"{root}{_APART}{branch}"


def _hand_over(connection: Connection, found: list[Stretch]) -> None:
    connection.execute(
        _STRETCH,
        {
            "root": [each.root for each in found],
            "branch": [each.branch for each in found],
            "until_us": [each.until_us for each in found],
            "sha": [each.sha for each in found],
        },
    )


def _asked(connection: Connection, filters: Filters, project: str, key: str) -> list[UsageRow]:
    words = {
        "key": key,
        "project": "null::varchar",
        "beside": piece("worked"),
        "tagged": "join worked using (call_key)",
    }
    return ask(connection, "summary", filters, {"project": project}, words=words, by_project=True)


def _part(kind: Kind, rows: list[UsageRow], **told: Any) -> Part:
    period = _whole(rows)
    firsts = [row[3] for row in rows if row[3] is not None]
    lasts = [row[4] for row in rows if row[4] is not None]
    blank: dict[str, Any] = {"root": "", "branch": "", "name": "", "subject": "", "url": "", "at": None}
    return Part(
        kind=kind,
        first_us=min(firsts, default=None),
        last_us=max(lasts, default=None),
        measures=period.measures,
        models=period.models,
        **{**blank, **told},
    )


def _whole(rows: list[UsageRow]) -> Period:
    """Give rows of several keys as one, with its models."""
    by_model: dict[str, list[UsageRow]] = {}
    for row in rows:
        by_model.setdefault(row[2], []).append(row)
    merged = [_added(own) for own in by_model.values()]
    return periods_of(merged)[0]


def _added(rows: list[UsageRow]) -> UsageRow:
    """Give rows of one model as one."""
    first = rows[0]
    sums = tuple(sum(row[column] for row in rows) for column in range(5, 14))
    seen = [row[3] for row in rows if row[3] is not None]
    last = [row[4] for row in rows if row[4] is not None]
    models = [name for row in rows for name in row[14] or ()]
    return (None, "", first[2], min(seen, default=None), max(last, default=None), *sums, models)


def _branch(root: str, branch: str, rows: list[UsageRow]) -> Part:
    key = branch_key(root, branch)
    return _part("branch" if branch else "unknown", rows, key=key, root=root, branch=branch, name=branch)


def _commit(
    root: str,
    branch: str,
    sha: str,
    rows: list[UsageRow],
    histories: Mapping[str, History],
    zone: ZoneInfo,
) -> Part:
    key = _APART.join((root, branch, sha))
    commit: Commit | None = histories[root].commits.get(sha) if root in histories else None
    if commit is None:
        return _part("open" if sha == OPEN else "unknown", rows, key=key, root=root, branch=branch)
    at = instant(commit.authored_us, zone)
    return _part("commit", rows, key=key, root=root, branch=branch, name=sha, subject=commit.subject, at=at)


def _pull(key: str, rows: list[UsageRow]) -> Part:
    if not key:
        return _part("unknown", rows, key=key)
    repository, number, url = [*key.split(_APART), "", ""][:3]
    return _part("pull", rows, key=key, name=f"{repository}#{number}", url=url)


def _ordered(parts: Iterable[Part]) -> tuple[Part, ...]:
    def weight(part: Part) -> tuple[bool, int, int, str]:
        return (
            part.kind == "unknown",
            -part.measures.cost_pico,
            -part.measures.counts.total_tokens,
            part.key,
        )

    return tuple(sorted(parts, key=weight))
