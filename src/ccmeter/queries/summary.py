"""How much was used in each period, project, model or branch, in all and by model: the question behind most reports.

Every sum is made by the store, at three levels in one pass, so that a row, its models and the total cannot disagree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from ccmeter.domain.tokens import TokenCounts
from ccmeter.queries.chosen import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """The project's path when the summary is by project, else None."""
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


def summarize(
    connection: Connection,
    filters: Filters,
    *,
    by: By = By.DAY,
    by_project: bool = False,
    newest_first: bool = False,
    week_starts: int = 1,
) -> Summary:
    """Ask for usage by one key, and by project where wanted. Usage without a date comes last.

    `week_starts` is the first day of a week, 1 for Monday to 7 for Sunday.
    """
    rows = ask(
        connection,
        "summary",
        filters,
        {"week_starts": week_starts} if by is By.WEEK else {},
        words={"key": by.value, "project": "cwd" if by_project else "null::varchar"},
    )
    shares: dict[tuple[Any, Any], list[tuple[int, ModelShare]]] = {}
    for row in rows:
        if row[0] == _MODEL_LEVEL:
            share = ModelShare(model=row[3], measures=_measures(row))
            shares.setdefault((row[1], row[2]), []).append((_NEVER_US if row[4] is None else row[4], share))
    zone = ZoneInfo(filters.time_zone) if by is By.HOUR else None
    periods = [_period(row, shares[row[1], row[2]], zone) for row in rows if row[0] == _PERIOD_LEVEL]
    return Summary(
        periods=_ordered(periods, newest_first=newest_first),
        total=_measures(next(row for row in rows if row[0] == _TOTAL_LEVEL)),
        time_zone=filters.time_zone,
    )


def is_empty(connection: Connection) -> bool:
    """Tell whether the store holds no usage at all."""
    return connection.execute("select count(*) from (select 1 from call limit 1)").fetchall() == [(0,)]


def _measures(row: tuple[Any, ...]) -> Measures:
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
        measures=_measures(row),
        models=tuple(sorted((share for _, share in shares), key=dearest_first)),
        models_seen=tuple(share.model for _, share in sorted(shares, key=seen_first)),
    )


def _ordered(periods: Sequence[Period], *, newest_first: bool) -> tuple[Period, ...]:
    """Order periods by project, then by key; those without a date last, whichever way the dates run."""
    dated = [period for period in periods if period.key is not None]
    dated.sort(key=_sort_key, reverse=newest_first)
    undated = [period for period in periods if period.key is None]
    return tuple(sorted((*dated, *undated), key=lambda period: (period.project or "", period.key is None)))


def _sort_key(period: Period) -> Any:
    # within one zone Python compares what clocks show, which goes back once a year
    return period.key.timestamp() if isinstance(period.key, dt.datetime) else period.key
