"""Days that another tool reported (`ccmeter import` of a ccusage report): shown marked, beside the usage that was read.

They never enter `chosen`, so no sum of real calls contains them. A day with a call of the store's own, in the zone asked
for, is never taken from a report; nothing in a report tells projects or sessions apart, so with such a filter there is
none.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.tokens import TokenCounts
from ccmeter.queries.summary import By, Measures, ModelShare, Period
from ccmeter.store import united, views

if TYPE_CHECKING:
    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

_MODEL_LEVEL, _PERIOD_LEVEL, _TOTAL_LEVEL = 0, 1, 2
_KEYS: Final = {
    By.DAY: "local_day",
    By.WEEK: "(local_day - ((isodow(local_day) - $week_starts + 7) % 7)::integer)",
    By.MONTH: "date_trunc('month', local_day)::date",
}
_FILES: Final = (
    "select count(*), coalesce(sum(size_bytes), 0)::bigint from file where starts_with(path, 'imported:')"
)
_ONLY: Final = """
select count(*), coalesce(sum(tokens), 0)::bigint from (
    select
        any_value(c.input_tokens + c.output_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens
            + c.cache_read_tokens) as tokens,
        bool_and(starts_with(f.path, 'imported:')) as is_imported
    from call c join line l using (call_key) join file f using (file_id)
    group by c.call_key
) where is_imported
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Days of reports, by the periods asked for."""

    periods: tuple[Period, ...]
    """Without calls: nobody counted them."""
    total: Measures
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedReport:
    """One report that was imported."""

    source: str
    """Its id, a digest of its content."""
    machine: str
    imported_at: dt.datetime
    first_on: dt.date
    last_on: dt.date
    days: int
    shown_days: int
    """Days for which the store has no call of its own, and no fuller report of the same machine."""
    tokens: int
    cost_pico: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLogs:
    """What was imported line by line."""

    files: int
    size_bytes: int
    calls: int
    """Calls that no file of this machine has shown."""
    tokens: int


def days(connection: Connection, filters: Filters, *, by: By = By.DAY, week_starts: int = 1) -> Imported:
    """Ask for imported days by day, week or month, in order of time. Cheap where nothing was imported."""
    if by not in _KEYS or not connection.execute("select 1 from imported_day limit 1").fetchall():
        return NONE
    rows = connection.execute(
        _sql().replace("/* key */", _KEYS[by]),
        {
            "time_zone": filters.time_zone,
            "since_on": filters.since_on,
            "until_on": filters.until_on,
            "models": list(filters.models),
            "is_whole": not (filters.projects or filters.sessions),
            **({"week_starts": week_starts} if by is By.WEEK else {}),
        },
    ).fetchall()
    shares: dict[Any, list[ModelShare]] = {}
    for row in rows:
        if row[0] == _MODEL_LEVEL:
            shares.setdefault(row[1], []).append(ModelShare(model=row[2], measures=_measures(row)))
    total = next(row for row in rows if row[0] == _TOTAL_LEVEL)
    return Imported(
        periods=tuple(_period(row, shares[row[1]]) for row in rows if row[0] == _PERIOD_LEVEL),
        total=_measures(total),
        days=total[10],
    )


def reports(connection: Connection, *, time_zone: str = "UTC") -> tuple[ImportedReport, ...]:
    """Give the reports that were imported, the oldest first."""
    views.count(
        connection, is_shared=united.in_vault(connection)
    )  # whoever forgets them has no prices in place
    rows = connection.execute(
        """
        with real_day as (
            select distinct (make_timestamptz(logged_us) at time zone $time_zone)::date as used_on from counted
        ),
        told as (
            select source, machine, min(imported_at) as imported_at, used_on, coalesce(sum(cost_pico), 0) as cost_pico,
                sum(input_tokens + output_tokens + cache_creation_tokens + cache_read_tokens)::bigint as tokens
            from imported_day group by source, machine, used_on
        ),
        ranked as (
            select *, row_number() over (partition by machine, used_on order by tokens desc, source desc) = 1
                and used_on not in (select used_on from real_day where used_on is not null) as is_shown
            from told
        )
        select source, machine, min(imported_at), min(used_on), max(used_on), count(*), count(*) filter (is_shown),
            sum(tokens)::bigint, sum(cost_pico)
        from ranked group by source, machine order by 3, 1
        """,
        {"time_zone": time_zone},
    ).fetchall()
    return tuple(
        ImportedReport(
            source=row[0],
            machine=row[1],
            imported_at=row[2].replace(tzinfo=dt.UTC),
            first_on=row[3],
            last_on=row[4],
            days=row[5],
            shown_days=row[6],
            tokens=row[7],
            cost_pico=int(row[8]),
        )
        for row in rows
    )


def logs(connection: Connection) -> ImportedLogs:
    """Give what was imported line by line."""
    ((files, size_bytes),) = connection.execute(_FILES).fetchall()
    ((calls, tokens),) = connection.execute(_ONLY).fetchall()
    return ImportedLogs(files=files, size_bytes=size_bytes, calls=calls, tokens=tokens)


def held(connection: Connection) -> tuple[int, int]:
    """Give how many calls the store holds in all, and how many tokens."""
    ((calls, tokens),) = connection.execute(
        "select count(*), coalesce(sum(input_tokens + output_tokens + cache_creation_5m_tokens "
        "+ cache_creation_1h_tokens + cache_read_tokens), 0)::bigint from call"
    ).fetchall()
    return calls, tokens


def _measures(row: tuple[Any, ...]) -> Measures:
    return Measures(
        counts=TokenCounts(
            input_tokens=row[3],
            output_tokens=row[4],
            cache_creation_5m_tokens=row[5],
            cache_read_tokens=row[6],
        ),
        cost_pico=int(row[7]),
        unpriced_tokens=row[8],
        unpriced_models=tuple(row[9]),
        calls=0,
        nonfinal_calls=0,
    )


def _period(row: tuple[Any, ...], shares: list[ModelShare]) -> Period:
    return Period(
        key=row[1],
        project=None,
        measures=_measures(row),
        models=tuple(shares),
        models_seen=tuple(sorted(share.model for share in shares)),
    )


@cache
def _sql() -> str:
    return Path(__file__).with_suffix(".sql").read_text("utf-8")


NONE: Final = Imported(
    periods=(),
    total=Measures(
        counts=TokenCounts(), cost_pico=0, unpriced_tokens=0, unpriced_models=(), calls=0, nonfinal_calls=0
    ),
    days=0,
)
"""Where nothing was imported."""
