"""How much was used in each period, project, model or branch, in all and by model: the question behind most reports.

Every sum is made by the store, at three levels in one pass, so that a row, its models and the total cannot disagree.
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
    from collections.abc import Callable, Mapping, Sequence

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

_MODEL_LEVEL, _PERIOD_LEVEL, _TOTAL_LEVEL = 0, 1, 2
_NEVER_US: Final = 2**62


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
    TAG = "tag"
    """A project with several stands in several rows; empty for projects without any."""

    @property
    def is_about_projects(self) -> bool:
        """Whether folders have to be put into projects for it."""
        return self in (By.PROJECT, By.GROUP, By.TAG)


Key: TypeAlias = "dt.date | dt.datetime | str | None"
"""A first day, the instant at which an hour began, a name; None where the log gives no readable time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What one cell of a summary adds up to. Every sum is made by the store."""

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
    is_placed = by_project or by.is_about_projects
    rows = ask(
        connection,
        "summary",
        filters,
        {"week_starts": week_starts} if by is By.WEEK else {},
        words={
            "key": by.value,
            "project": "project" if by_project else "null::varchar",
            "tagged": "join project_tag using (project)" if by is By.TAG else "",
        },
        by_project=is_placed,
    )
    periods = periods_of(rows, ZoneInfo(filters.time_zone) if by is By.HOUR else None)
    return Summary(
        periods=_ordered(periods, _by_cost if by_cost else _sort_key, is_reversed=newest_first),
        # a call counts once in the total, however many tags its project has
        total=summarize(connection, filters, by=By.PROJECT).total if by is By.TAG else total_of(rows),
        time_zone=filters.time_zone,
        names=_project_names(connection, filters) if is_placed else {},
    )


def is_empty(connection: Connection) -> bool:
    """Tell whether the store holds no usage at all."""
    return connection.execute("select count(*) from (select 1 from call limit 1)").fetchall() == [(0,)]


def has_imported(connection: Connection) -> bool:
    """Tell whether days of another tool's report were imported (`queries.imported`)."""
    return bool(connection.execute("select 1 from imported_day limit 1").fetchall())


def _project_names(connection: Connection, filters: Filters) -> dict[str, str]:
    from ccmeter.queries.placing import placed

    return {each.project: each.name for each in placed(connection, filters)}


def periods_of(rows: Sequence[tuple[Any, ...]], zone: ZoneInfo | None = None) -> list[Period]:
    """Give the rows of `summary.sql` by key, with their models. With a zone, keys are instants in microseconds."""
    shares: dict[tuple[Any, Any], list[tuple[int, ModelShare]]] = {}
    for row in rows:
        if row[0] == _MODEL_LEVEL:
            share = ModelShare(model=row[3], measures=measures_of(row))
            shares.setdefault((row[1], row[2]), []).append((_NEVER_US if row[4] is None else row[4], share))
    return [_period(row, shares[row[1], row[2]], zone) for row in rows if row[0] == _PERIOD_LEVEL]


def total_of(rows: Sequence[tuple[Any, ...]]) -> Measures:
    """Give what the rows of `summary.sql` come to."""
    return measures_of(next(row for row in rows if row[0] == _TOTAL_LEVEL))


def measures_of(row: tuple[Any, ...]) -> Measures:
    """Give what a row of `summary.sql`, or of a question with the same columns from the sixth on, adds up to."""
    return Measures(
        counts=TokenCounts(*row[5:10]),
        cost_pico=row[10],
        unpriced_tokens=row[11],
        unpriced_models=tuple(row[12]),
        calls=row[13],
        nonfinal_calls=row[14],
    )


def _period(row: tuple[Any, ...], shares: list[tuple[int, ModelShare]], zone: ZoneInfo | None) -> Period:
    def dearest_first(share: ModelShare) -> tuple[int, int, str]:
        return (-share.measures.cost_pico, -share.measures.counts.total_tokens, share.model)

    def seen_first(entry: tuple[int, ModelShare]) -> tuple[int, str]:
        return (entry[0], entry[1].model)

    return Period(
        key=row[2]
        if zone is None or row[2] is None
        else dt.datetime.fromtimestamp(row[2] // 1_000_000, zone),
        project=row[1],
        measures=measures_of(row),
        models=tuple(sorted((share for _, share in shares), key=dearest_first)),
        models_seen=tuple(share.model for _, share in sorted(shares, key=seen_first)),
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
