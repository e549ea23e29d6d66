"""How much was used in each period, in all and by model: the question behind most reports.

Every sum is made by the store, at three levels in one pass, so that a row, its models and the total cannot disagree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.tokens import TokenCounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

_MODEL_LEVEL, _PERIOD_LEVEL, _TOTAL_LEVEL = 0, 1, 2
_NEVER_US: Final = 2**62


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
    """One row of a summary: a period, and a project where asked by project."""

    starts_on: dt.date | None
    """First local day; None for usage whose lines carry no readable time."""
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
    connection: Connection, filters: Filters, *, by_project: bool = False, newest_first: bool = False
) -> Summary:
    """Ask for usage by local day, and by project where wanted. Usage without a date comes last."""
    rows = connection.execute(
        _sql(),
        {
            "by_project": by_project,
            "time_zone": filters.time_zone,
            "mode": filters.cost_mode,
            "since_on": filters.since_on,
            "until_on": filters.until_on,
            "since_us": filters.since_us,
            "until_us": filters.until_us,
            "projects": list(filters.projects),
            "models": list(filters.models),
            "sessions": list(filters.sessions),
        },
    ).fetchall()
    shares: dict[tuple[Any, Any], list[tuple[int, ModelShare]]] = {}
    for row in rows:
        if row[0] == _MODEL_LEVEL:
            share = ModelShare(model=row[3], measures=_measures(row))
            shares.setdefault((row[1], row[2]), []).append((_NEVER_US if row[4] is None else row[4], share))
    periods = [_period(row, shares[row[1], row[2]]) for row in rows if row[0] == _PERIOD_LEVEL]
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


def _period(row: tuple[Any, ...], shares: list[tuple[int, ModelShare]]) -> Period:
    def dearest_first(share: ModelShare) -> tuple[int, int, str]:
        return (-share.measures.cost_pico, -share.measures.counts.total_tokens, share.model)

    def seen_first(entry: tuple[int, ModelShare]) -> tuple[int, str]:
        return (entry[0], entry[1].model)

    return Period(
        starts_on=row[2],
        project=row[1],
        measures=_measures(row),
        models=tuple(sorted((share for _, share in shares), key=dearest_first)),
        models_seen=tuple(share.model for _, share in sorted(shares, key=seen_first)),
    )


def _ordered(periods: Iterable[Period], *, newest_first: bool) -> tuple[Period, ...]:
    """Order periods by project, then by date; those without a date last, whichever way the dates run."""
    ordered = sorted(periods, key=lambda period: period.starts_on or dt.date.min, reverse=newest_first)
    return tuple(sorted(ordered, key=lambda period: (period.project or "", period.starts_on is None)))


@lru_cache(maxsize=1)
def _sql() -> str:
    return Path(__file__).with_name("summary.sql").read_text("utf-8")
