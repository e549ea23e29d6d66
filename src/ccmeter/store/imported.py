"""Takes in what was kept elsewhere: another ccmeter's store, and days that another tool has added up.

Lines of another store become lines here, under their files' names with a mark, unless the same line is here already; so
calls are counted once, and reading the same store twice changes nothing. Days come without lines: they stand apart.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.store import forget, lease, readings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from _duckdb import DuckDBPyConnection

PREFIX: Final = "imported:"
"""Begins the names of files that were imported: no path does, so they clash with no file that is still read."""

_NAMED: Final = f"""
create or replace temp table their_file as
select
    file_id,
    if(
        starts_with(path, '{PREFIX}'), path,
        '{PREFIX}' || coalesce(nullif(regexp_extract(replace(path, '\\', '/'), '.*/(projects/.*)$', 1), ''), path)
    ) as path
from theirs.main.file
"""  # noqa: S608 - names of our own
_TABLES: Final = """
select table_name, list(column_name order by column_index) filter (column_name not in ('file_id', 'offset_bytes'))
from duckdb_columns()
where database_name = 'theirs' and not internal and table_name <> 'file'
group by table_name
having count(*) filter (column_name in ('file_id', 'offset_bytes')) = 2
order by table_name
"""
_FRESH: Final = """
create or replace temp table fresh_{table} as
with ours as (
    select row({content}) as said, row_number() over (partition by row({content})) as copy from main.{table}
),
theirs as (
    select *, row({content}) as said, row_number() over (partition by row({content}) order by file_id, offset_bytes) as copy
    from theirs.main.{table}
)
select file_id, offset_bytes, {content} from theirs anti join ours using (said, copy)
"""
_FILES: Final = """
insert into main.file
select
    (select coalesce(max(file_id), 0) from main.file) + row_number() over (order by n.path), n.path, 0, 0, f.size_bytes, -1,
    f.offset_bytes, '', '', f.read_at, f.tally, f.rest
from (
    select path, max(file_id) as file_id from their_file semi join ({files}) using (file_id) group by path
) n
join theirs.main.file f using (file_id)
anti join main.file o on o.path = n.path
"""


class Day(NamedTuple):
    """What another tool reported for one day and model."""

    used_on: dt.date
    model: str
    """As reported; empty for what is in no model's share."""
    input_tokens: int
    output_tokens: int
    cache_creation_tokens: int
    cache_read_tokens: int
    cost_pico: int | None


class Joined(NamedTuple):
    """What was taken in of another store."""

    lines: int
    """Lines that were not here, those left out among them."""
    forgotten: set[str]
    """Keys of the calls that were left out because they are forgotten here."""
    forgotten_days: int
    """Days of imported reports, likewise."""


def join(connection: DuckDBPyConnection, other: Path, *, now: dt.datetime, is_own: bool = False) -> Joined:
    """Take in what another store holds and this one does not. Raises StoreError.

    The other store has today's schema and is used by nobody. `is_own`: it is the one that this one shall replace.
    """
    connection.execute(f"attach {lease.quoted(other)} as theirs (read_only)")
    try:
        connection.execute("begin")
        try:
            joined = _join(connection, now, is_own=is_own)
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
    finally:
        connection.execute("detach theirs")
    return joined


def _join(connection: DuckDBPyConnection, now: dt.datetime, *, is_own: bool) -> Joined:
    tables = {table: ", ".join(columns) for table, columns in connection.execute(_TABLES).fetchall()}
    connection.execute(_NAMED)
    for table, content in tables.items():
        connection.execute(_FRESH.format(table=table, content=content))
    fresh = " union all ".join(f"select file_id from fresh_{table}" for table in tables)  # noqa: S608
    connection.execute(_FILES.format(files=fresh))
    for table, content in tables.items():
        connection.execute(
            f"insert into main.{table} (file_id, offset_bytes, {content}) "  # noqa: S608
            f"select o.file_id, t.offset_bytes, {content} from fresh_{table} t "
            "join their_file n on n.file_id = t.file_id join main.file o on o.path = n.path"
        )
    connection.execute(
        "insert into main.origin select * from theirs.main.origin anti join main.origin using (origin_id)"
    )
    connection.execute(
        "insert into main.repository select * from theirs.main.repository anti join main.repository using (cwd)"
    )
    connection.execute(
        "insert into main.imported_day select * from theirs.main.imported_day "
        "where (source, machine) not in (select (source, machine) from main.imported_day)"
    )
    if is_own:
        readings.take_over(connection)
    else:
        readings.take_sessions(connection)
    connection.execute(
        "create or replace temp table touched as "
        "select call_key from fresh_line union select call_key from fresh_part"
    )
    ((lines,),) = connection.execute("select count(*) from fresh_line").fetchall()
    forget.settle(connection, has_lines=True, now=now)
    days = forget.leave_out_days(connection)
    forgotten = forget.left_out(connection)
    for table in tables:
        connection.execute(f"drop table temp.fresh_{table}")
    return Joined(lines=int(lines), forgotten=forgotten, forgotten_days=days)


def take_days(
    connection: DuckDBPyConnection, days: Sequence[Day], *, source: str, machine: str, now: dt.datetime
) -> int | None:
    """Take in the days of a report that are not forgotten; give how many those are, None if it was taken before.

    Raises StoreError.
    """
    if _days(connection, source, machine):
        return None
    columns = list(zip(*days, strict=True))
    names = ("used_on", "model", "input", "output", "creation", "read", "pico")
    connection.execute("begin")
    connection.execute(
        """
        insert into imported_day
        select $source, $machine, $now, unnest($used_on::date[]), unnest($model::varchar[]), unnest($input::bigint[]),
            unnest($output::bigint[]), unnest($creation::bigint[]), unnest($read::bigint[]), unnest($pico::bigint[])
        """,
        {
            "source": source,
            "machine": machine,
            "now": now.astimezone(dt.UTC).replace(tzinfo=None),
            **{name: list(values) for name, values in zip(names, columns, strict=True)},
        },
    )
    forget.leave_out_days(connection)
    connection.execute("commit")
    return _days(connection, source, machine)


def _days(connection: DuckDBPyConnection, source: str, machine: str) -> int:
    ((days,),) = connection.execute(
        "select count(distinct used_on) from imported_day where source = $1 and machine = $2",
        [source, machine],
    ).fetchall()
    return int(days)
