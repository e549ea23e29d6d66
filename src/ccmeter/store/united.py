"""Counts every call of a vault once: keeps `united` in step with the calls of this store and the facts of all machines.

`united` has a row for each call that comes to something else with the facts than without them: one that only other
machines know, or one of this store that they know more of. The rule is `domain.facts.join`, in SQL. Like `call` it is
only a kept answer, made anew from calls and facts whenever either changes, in the same transaction.

A store that is in no vault has no row in any of these tables, and nothing of this is done.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _duckdb import DuckDBPyConnection

FINGERPRINT: Final = "('0x' || left(sha256((select fp_key from vault) || call_key), 16))::ubigint"
"""`domain.facts.fingerprint` of the column `call_key`."""
SESSION: Final = "left(sha256((select fp_key from vault) || '|session|' || session_id), 16)"
"""`domain.facts.session_hash` of the column `session_id`, which is not empty."""
TABLES: Final = (
    "vault",
    "device",
    "chunk",
    "fact",
    "fact_origin",
    "note",
    "forgotten_device",
    "fingerprint",
    "project_id",
    "project_name",
    "united",
    "pending",
)
"""All that a vault has put into a store."""

_NEW_FINGERPRINTS: Final = f"""
insert into fingerprint
select call_key, {FINGERPRINT}
from (select distinct call_key from touched) anti join fingerprint using (call_key)
"""  # noqa: S608 - SQL of our own
_BEGUN: Final = f"""
create or replace temp table begun as
select call_key, {FINGERPRINT} as fingerprint, logged_us, is_final, true as is_here from call
union all
select call_key, {FINGERPRINT}, null, true, false from forgotten_call
"""  # noqa: S608
_ALL_DUE: Final = """
insert into pending
select
    fingerprint,
    if(logged_us is null, 4294967295, greatest(logged_us, 0) // 900000000),
    if(is_final, null, logged_us)
from begun
where is_here
"""
_RESOLVED: Final = f"""
update fact_origin o
set session_id = n.session_id, cwd = n.cwd
from (
    select
        f.fact_origin_id,
        if(f.session = '', '', coalesce(min(s.session_id), '~' || f.session)) as session_id,
        if(
            f.project = '', '',
            coalesce(min(p.cwd), nullif(any_value(m.name), ''), 'project ' || left(f.project, 8))
        ) as cwd
    from fact_origin f
    left join (
        select session_id, {SESSION} as session
        from (select distinct session_id from origin where session_id <> '')
    ) s on s.session = f.session
    left join project_id p on p.project = f.project and p.cwd <> ''
    left join project_name m on m.project = f.project
    group by f.fact_origin_id, f.session, f.project
) n
where n.fact_origin_id = o.fact_origin_id and (n.session_id <> o.session_id or n.cwd <> o.cwd)
"""  # noqa: S608
"""Session and folder in the words of this store, which has its own for those that it knows."""
_TOUCHED: Final = """
create or replace temp table touched_fact as
select distinct fingerprint from fingerprint semi join touched using (call_key)
"""
_ALL: Final = """
create or replace temp table touched_fact as
select fingerprint from fingerprint union select fingerprint from fact union select fingerprint from united
"""


def in_vault(connection: DuckDBPyConnection) -> bool:
    """Tell whether this store is in a vault."""
    return bool(connection.execute("select 1 from vault").fetchall())


def follow(connection: DuckDBPyConnection, *, forgot: bool) -> None:
    """Count the calls anew that were just counted (`touched`); within the caller's transaction.

    `forgot` tells that some may have been taken out by a rule of forgetting.
    """
    if not in_vault(connection):
        return
    connection.execute(_NEW_FINGERPRINTS)
    connection.execute(_TOUCHED)
    resolve(connection)
    if forgot:
        hide(connection)
    count(connection)


def begin(connection: DuckDBPyConnection) -> None:
    """Give every call its fingerprint, and let all of them be due: no fact is known yet. Within a transaction."""
    connection.execute(_BEGUN)
    connection.execute("insert into fingerprint select call_key, fingerprint from begun")
    connection.execute(_ALL_DUE)
    connection.execute("drop table begun")


def count_all(connection: DuckDBPyConnection) -> None:
    """Count every call of the vault anew, with what may be seen of it; within the caller's transaction."""
    if in_vault(connection):
        connection.execute("create or replace temp table touched as select call_key from call")
        connection.execute(_NEW_FINGERPRINTS)
        connection.execute(_ALL)
        resolve(connection)
        hide(connection)
        count(connection)


def resolve(connection: DuckDBPyConnection) -> None:
    """Say anew what sessions and folders that facts name are called here."""
    connection.execute(_RESOLVED)


def hide(connection: DuckDBPyConnection) -> None:
    """Hide the facts that a rule of forgetting names, and add their calls to `touched_fact`."""
    if connection.execute("select 1 from forgotten limit 1").fetchall():
        connection.execute(sql("hidden"))


def count(connection: DuckDBPyConnection) -> None:
    """Count the calls anew whose fingerprints stand in the temporary table `touched_fact`."""
    gather(connection)
    connection.execute("update vault set counted = counted + 1")
    connection.execute(sql("united").replace("/* joined */", sql("joined")))


def gather(connection: DuckDBPyConnection) -> None:
    """Make the table `voice`: all that is known of the calls in `touched_fact`."""
    connection.execute(sql("part_once"))
    connection.execute(sql("voices"))


def take_over(connection: DuckDBPyConnection, database: str) -> None:
    """Let the store be in the vault that an attached one is in (`store.main`), or in none; within a transaction."""
    leave(connection)
    for table in TABLES:
        connection.execute(f"insert into {table} select * from {database}.{table}")  # noqa: S608 - names of our own
    count_all(connection)


def leave(connection: DuckDBPyConnection) -> None:
    """Take out all that a vault has put into the store; within the caller's transaction."""
    for table in TABLES:
        connection.execute(f"delete from {table}")  # noqa: S608


@cache
def sql(name: str) -> str:
    """Give a file of SQL beside this one."""
    return Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
