"""A store to read made-up logs into, and what stands in it, in shapes that tests compare."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

from ccmeter.domain.filters import Filters, Grouping
from ccmeter.ingest.discover import Found, find
from ccmeter.ingest.update import Updater
from ccmeter.pricing.cards import NONE, Overrides
from ccmeter.pricing.rule import PriceBook
from ccmeter.pricing.table import rate_table
from ccmeter.queries.summary import Measures, Summary, summarize
from ccmeter.store import lease, merge, views
from support.oracle import ZONES, Row, dollars, zulu

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccmeter.store.lease import Connection

_ROW_SQL = """
    count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_creation_5m_tokens), 0), coalesce(sum(cache_creation_1h_tokens), 0),
    coalesce(sum(total_tokens), 0), count(*) filter (not is_final),
    coalesce(sum(output_tokens) filter (not is_final), 0), count(*) filter (list_pico is null),
    coalesce(sum(unpriced_tokens), 0), coalesce(sum(web_searches), 0), coalesce(sum(list_pico), 0)
"""
_GROUPS = {
    "by_utc_month": "strftime(make_timestamp(logged_us), '%Y-%m')",
    "by_model": "model",
    "by_session": "session_id",
    "by_project": "cwd",
    "by_sidechain": "if(is_sidechain, 'sidechain', 'main')",
}


def ingest(store: Path, *folders: Path, shuffle: random.Random | None = None) -> None:
    """Bring a store up to date, in the order of a walk or in any other."""
    found = find(folders)
    if shuffle is not None:
        sources = list(found.sources)
        shuffle.shuffle(sources)
        found = Found(sources=tuple(sources), problems=found.problems)
    with Updater(store, lambda: found).up_to_date():
        pass


@contextlib.contextmanager
def asking(store: Path, overrides: Overrides = NONE) -> Iterator[Connection]:
    """Lend a store with prices and views."""
    with lease.reading(store) as connection:
        table = rate_table(overrides)
        views.hand_over(connection, table, PriceBook(table, overrides).name)
        yield connection


def answers(store: Path) -> dict[str, Any]:
    """Give everything that `expected.json` expects, from the store."""
    with asking(store) as connection:
        found: dict[str, Any] = {
            name: _grouped(connection, key, with_times=name == "by_session") for name, key in _GROUPS.items()
        }
        found["totals"] = _grouped(connection, "''").get("") or _row([0] * 13)
        found["by_utc_day"] = _days(connection, "UTC")
        found["by_local_day"] = {zone: _days(connection, zone) for zone in ZONES}
        _check_summaries(connection, found)
    return found


def calls(store: Path) -> list[tuple[Any, ...]]:
    """Give the table `call`, with the origins written out."""
    with lease.reading(store) as connection:
        return _calls(connection)


def calls_from_scratch(store: Path) -> list[tuple[Any, ...]]:
    """Give what the table `call` would be if every line were merged anew. Changes nothing that is stored."""
    with lease.writing(store) as connection:
        kept = _calls(connection)
        merge.merge_all(connection)
        made = _calls(connection)
        assert sorted(map(repr, kept)) == sorted(map(repr, made)), "merge_all changed what was kept"
    return made


def duplicate_lines(store: Path) -> list[tuple[Any, ...]]:
    """Give the lines that stand twice at the same place of the same file."""
    with lease.reading(store) as connection:
        return connection.execute(
            "select file_id, offset_bytes, call_key, count(*) from line l join origin using (origin_id) "
            "where offset_bytes is not null group by all having count(*) > if(any_value(is_nested), 2, 1)",
        ).fetchall()


def lines(store: Path) -> dict[str, list[str]]:
    """Give every row that was made of a log's line, under its file's path below `projects`, however files are numbered."""
    with lease.reading(store) as connection:
        tables = connection.execute(
            "select table_name from duckdb_columns() where column_name = 'file_id' and table_name <> 'file' "
            "and not internal",
        ).fetchall()
        return {
            table: sorted(
                map(
                    repr,
                    connection.execute(
                        f"select regexp_extract(f.path, 'projects/.*'), t.* exclude (file_id) from {table} t join file f using (file_id)"
                    ).fetchall(),
                )
            )
            for (table,) in tables
        }


def everything(store: Path) -> dict[str, list[str]]:
    """Give every row of every table that holds something of a log, without what depends on when it was read."""
    with lease.reading(store) as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where not temporary and not internal"
            ).fetchall()
        ]
        return {
            table: sorted(map(repr, connection.execute(_content(table)).fetchall()))
            for table in tables
            if table not in {"ingest", "schema_version"}
        }


def _content(table: str) -> str:
    if table == "file":
        return "select * exclude (read_at) from file"
    return f"select * from {table}"


def _calls(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select c.* exclude (origin_id), o.* exclude (origin_id) from call c join origin o using (origin_id) "
        "order by call_key",
    ).fetchall()


def _grouped(connection: Connection, key: str, *, with_times: bool = False) -> dict[str, Row]:
    rows = connection.execute(
        f"select {key} as name, {_ROW_SQL}, min(logged_us), max(logged_us) from priced_call group by all order by 1"
    ).fetchall()
    found = {}
    for name, *measures, first_us, last_us in rows:
        found[name] = _row(measures)
        if with_times:
            found[name] |= {"first": zulu(_at(first_us)), "last": zulu(_at(last_us))}
    return found


def _days(connection: Connection, zone: str) -> dict[str, Row]:
    summary = summarize(connection, Filters(time_zone=zone))
    rows = connection.execute(
        f"select (make_timestamptz(logged_us) at time zone $zone)::date::varchar, {_ROW_SQL} from priced_call group by 1",
        {"zone": zone},
    ).fetchall()
    found = {name: _row(measures) for name, *measures in rows}
    assert {str(period.key) for period in summary.periods} == set(found)
    for period in summary.periods:
        assert _agrees(period.measures, found[str(period.key)])
    assert [period.key for period in summary.periods] == sorted(
        period.key for period in summary.periods if period.key
    )
    return dict(sorted(found.items()))


def _check_summaries(connection: Connection, found: dict[str, Any]) -> None:
    """Hold the question that reports ask against the same figures."""
    for zone in ZONES:
        summary = summarize(connection, Filters(time_zone=zone))
        assert _agrees(summary.total, found["totals"])
    by_project: dict[str, list[Measures]] = {}
    apart = Filters(time_zone="UTC", grouping=Grouping(merges_worktrees=False))
    for period in summarize(connection, apart, by_project=True).periods:
        by_project.setdefault(period.project or "", []).append(period.measures)
    assert set(by_project) == set(found["by_project"])
    for project, measures in by_project.items():
        assert _sum_agrees(measures, found["by_project"][project])
    for session, row in found["by_session"].items():
        total = summarize(connection, Filters(time_zone="UTC", sessions=(session,))).total
        assert _agrees(total, row)
    summary = summarize(connection, Filters(time_zone="UTC"))
    _check_levels(summary)


def _check_levels(summary: Summary) -> None:
    """A row is the sum of its models, and the total is the sum of the rows."""
    assert _summed([period.measures for period in summary.periods]) == _summed([summary.total])
    for period in summary.periods:
        assert _summed([share.measures for share in period.models]) == _summed([period.measures])


def _summed(measures: Sequence[Measures]) -> tuple[int, ...]:
    each = [(*m.counts, m.cost_pico, m.unpriced_tokens, m.calls, m.nonfinal_calls) for m in measures]
    return tuple(map(sum, zip(*each, strict=True))) if each else (0,) * 9


def _agrees(measures: Measures, row: Row) -> bool:
    return _sum_agrees([measures], row)


def _sum_agrees(measures: Sequence[Measures], row: Row) -> bool:
    sent, output, short, long, read, cost_pico, unpriced, calls, nonfinal = _summed(measures)
    return row == row | {
        "ids": calls,
        "input_tokens": sent,
        "output_tokens": output,
        "cache_creation_5m_tokens": short,
        "cache_creation_1h_tokens": long,
        "cache_read_tokens": read,
        "cost_usd": dollars(cost_pico),
        "unpriced_tokens": unpriced,
        "nonfinal_ids": nonfinal,
    }


def _row(values: Sequence[Any]) -> Row:
    ids, sent, output, read, short, long, total, nonfinal, nonfinal_output, unpriced, tokens, web, cost = (
        values
    )
    return {
        "ids": ids,
        "input_tokens": sent,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_creation_tokens": short + long,
        "cache_creation_5m_tokens": short,
        "cache_creation_1h_tokens": long,
        "total_tokens": total,
        "nonfinal_ids": nonfinal,
        "nonfinal_output_tokens": nonfinal_output,
        "unpriced_ids": unpriced,
        "unpriced_tokens": tokens,
        "web_searches": web,
        "cost_usd": dollars(int(cost)),
    }


def _at(at_us: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=at_us)
