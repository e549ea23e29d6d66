"""How much was used in each period, project, model or branch, in all and by model: the question behind most reports.

The store adds up calls by key and model; a row and the total are the sums of those, as whole numbers, so that a row, its
models and the total cannot disagree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from ccmeter.domain.tokens import TokenCounts
from ccmeter.queries.chosen import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection


class By(Enum):
    """What makes up a row; the value is the SQL that gives a call's key."""

    DAY = "local_at::date"
    WEEK = "(local_at::date - ((isodow(local_at) - $week_starts + 7) % 7)::integer)"
    """Its first day."""
    MONTH = "date_trunc('month', local_at)::date"
    """Its first day."""
    HOUR = "logged_us - epoch_us(local_at) + epoch_us(date_trunc('hour', local_at))"
    """The instant at which the local hour began: where clocks go back, two hours bear one name."""
    MODEL = "model_label"
    BRANCH = "git_branch"
    SESSION = "session_id"
    PROJECT = "project"
    """Its path; empty where the log names no folder."""
    GROUP = "if(project_group = '', project, 'group:' || project_group)"
    """A group, or the path of a project that is in none."""
    DEVICE = "machine"
    """A machine of the vault, by its name: of those that know a call, the one that joined first."""
    TAG = "tag"
    """A project with several stands in several rows; empty for projects without any."""

    @property
    def is_about_projects(self) -> bool:
        """Whether folders have to be put into projects for it."""
        return self in (By.PROJECT, By.GROUP, By.TAG)


_TAGGED: Final = {
    By.TAG: "join project_tag using (project)",
    By.DEVICE: "join (from call_known where is_first) using (call_key)",
}
"""What is joined to the chosen calls, to tell keys that they do not bear."""

UsageRow: TypeAlias = "tuple[Any, ...]"
"""A row of `summary.sql`: project, key, model, first and last use in microseconds, nine sums, unpriced models."""
Key: TypeAlias = "dt.date | dt.datetime | str | None"
"""A first day, the instant at which an hour began, a name; None where the log gives no readable time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What one cell of a summary adds up to."""

    counts: TokenCounts
    cost_pico: int
    """Of the priced calls, in pico-dollars."""
    unpriced_tokens: int
    """Of calls, or parts of calls, whose model has no rate card; contained in `counts` but not in `cost_pico`."""
    unpriced_models: tuple[str, ...]
    """Their models as logged, sorted."""
    calls: int
    nonfinal_calls: int
    """Calls whose final output count the log never got: `counts.output_tokens` is too low by an unknown amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShare:
    """One model's part of a period."""

    model: str
    """As logged, with `-fast` appended for usage in fast mode; `unknown` where the log names none."""
    measures: Measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One row of a summary: a period or another key, and a project where asked by project."""

    key: Key
    project: str | None
    """The project's path when the summary is by project, else None; empty where the log names no folder."""
    measures: Measures
    models: tuple[ModelShare, ...]
    """By cost, dearest first; unpriced models last, by tokens."""
    models_seen: tuple[str, ...]
    """The same models in the order of their first use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An answer: rows in the order asked for, and their total."""

    periods: tuple[Period, ...]
    total: Measures
    time_zone: str
    """IANA name of the zone whose days these are."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call each project, by its path, where the summary is about projects."""


def summarize(
    connection: Connection,
    filters: Filters,
    *,
    by: By = By.DAY,
    by_project: bool = False,
    newest_first: bool = False,
    by_cost: bool = False,
    week_starts: int = 1,
) -> Summary:
    """Ask for usage by one key, and by project where wanted. Usage without a date comes last.

    Rows are ordered by key, or, `by_cost`, by cost; `newest_first` turns the order round.
    `week_starts` is the first day of a week, 1 for Monday to 7 for Sunday.
    """
    rows = usage(connection, filters, by=by, by_project=by_project, week_starts=week_starts)
    periods = periods_of(rows, ZoneInfo(filters.time_zone) if by is By.HOUR else None)
    return Summary(
        periods=_ordered(periods, _by_cost if by_cost else _sort_key, is_reversed=newest_first),
        # a call counts once in the total, however many tags its project has
        total=summarize(connection, filters, by=By.PROJECT).total if by is By.TAG else measures_of(rows),
        time_zone=filters.time_zone,
        names=_project_names(connection, filters) if by_project or by.is_about_projects else {},
    )


def usage(
    connection: Connection, filters: Filters, *, by: By, by_project: bool = False, week_starts: int = 1
) -> list[UsageRow]:
    """Give usage by key and model, of which periods and their total are made."""
    if by is By.DEVICE:
        from ccmeter.queries import devices  # few reports are about machines

        devices.hand_over_known(connection)
    return ask(
        connection,
        "summary",
        filters,
        {"week_starts": week_starts} if by is By.WEEK else {},
        words={
            "key": by.value,
            "project": "project" if by_project else "null::varchar",
            "tagged": _TAGGED.get(by, ""),
        },
        by_project=by_project or by.is_about_projects,
    )


def is_empty(connection: Connection) -> bool:
    """Tell whether the store holds no usage at all."""
    return connection.execute("select count(*) from (select 1 from counted limit 1)").fetchall() == [(0,)]


def has_imported(connection: Connection) -> bool:
    """Tell whether days of another tool's report were imported (`queries.imported`)."""
    return bool(connection.execute("select 1 from imported_day limit 1").fetchall())


def _project_names(connection: Connection, filters: Filters) -> dict[str, str]:
    from ccmeter.queries.placing import placed

    return {each.project: each.name for each in placed(connection, filters)}


def by_key(rows: Iterable[UsageRow]) -> dict[tuple[str | None, Any], list[UsageRow]]:
    """Put the rows of `summary.sql` under their project and key."""
    found: dict[tuple[str | None, Any], list[UsageRow]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), []).append(row)
    return found


def periods_of(rows: Iterable[UsageRow], zone: ZoneInfo | None = None) -> list[Period]:
    """Give the rows of `summary.sql` by key, with their models. With a zone, keys are instants in microseconds."""
    return [_period(project, key, own, zone) for (project, key), own in by_key(rows).items()]


def measures_of(rows: Sequence[UsageRow]) -> Measures:
    """Give what rows of `summary.sql` come to."""
    if len(rows) == 1:  # as most keys have one model
        added = rows[0][5:14]
    else:
        added = tuple(sum(row[column] for row in rows) for column in range(5, 14))
    return Measures(
        counts=TokenCounts(*added[:5]),
        cost_pico=added[5],
        unpriced_tokens=added[6],
        unpriced_models=tuple(sorted({model for row in rows if row[14] for model in row[14]})),
        calls=added[7],
        nonfinal_calls=added[8],
    )


def seen_first(rows: Iterable[UsageRow]) -> tuple[str, ...]:
    """Give the models of rows in the order of their first use; those without any time come last."""
    return tuple(row[2] for row in sorted(rows, key=lambda row: (row[3] is None, row[3] or 0, row[2])))


def _period(project: str | None, key: Any, rows: list[UsageRow], zone: ZoneInfo | None) -> Period:
    def dearest_first(share: ModelShare) -> tuple[int, int, str]:
        return (-share.measures.cost_pico, -share.measures.counts.total_tokens, share.model)

    shares = [ModelShare(model=row[2], measures=measures_of((row,))) for row in rows]
    return Period(
        key=key if zone is None or key is None else dt.datetime.fromtimestamp(key // 1_000_000, zone),
        project=project,
        measures=shares[0].measures if len(rows) == 1 else measures_of(rows),
        models=tuple(sorted(shares, key=dearest_first)),
        models_seen=seen_first(rows),
    )


def _ordered(
    periods: Sequence[Period], sort_key: Callable[[Period], Any], *, is_reversed: bool
) -> tuple[Period, ...]:
    """Order periods by project, then by `sort_key`; those without a date last, whichever way the dates run."""
    dated = [period for period in periods if period.key is not None]
    dated.sort(key=sort_key, reverse=is_reversed)
    undated = [period for period in periods if period.key is None]
    return tuple(sorted((*dated, *undated), key=lambda period: (period.project or "", period.key is None)))


def _sort_key(period: Period) -> Any:
    # within one zone Python compares what clocks show, which goes back once a year
    return period.key.timestamp() if isinstance(period.key, dt.datetime) else period.key


def _by_cost(period: Period) -> Any:
    return (period.measures.cost_pico, period.measures.counts.total_tokens, period.key)
