"""Forgets usage for good: takes it out, and keeps a rule so that no log that is read again brings it back.

A rule names a session, a folder, or neither, and an instant: what was before it goes, what comes after counts again. One
of an imported report names that in the place of a session, and has no time. The rules are applied whenever lines are counted, whatever they come from (a rewritten log, an import). A call that was taken
out is remembered by its key, because copies of its lines stand in other sessions' logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.store import merge, united

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from _duckdb import DuckDBPyConnection

_FACTS: Final[Mapping[str, str | None]] = {
    "title": None,
    "turn": "logged_at",
    "prompt": "logged_at",
    "notice": "logged_at",
    "pull_request": "logged_at",
    "cost_state": "started_at",
}
"""The tables of what is kept beside calls, and their times."""

_SESSION_READINGS: Final = """
delete from session_reading t where exists (
    select 1 from forgotten f where (f.session_id = t.session_id or f.session_id is null) and f.cwd is null and t.read_us < f.until_us
)
"""
_LIMIT_READINGS: Final = """
delete from limit_reading t where exists (
    select 1 from forgotten f where f.session_id is null and f.cwd is null and t.read_us < f.until_us
)
"""
_NAMELESS: Final = """
update limit_reading t set session_id = '' where exists (
    select 1 from forgotten f where f.session_id = t.session_id and f.cwd is null and t.read_us < f.until_us
)
"""
"""What a limit stood at is no usage of the session that was told of it: it stays, and no longer names the session."""

_GOING: Final = """
create or replace temp table going as
with named as (
    select c.call_key, f.until_us
    from call c
    semi join touched using (call_key)
    join origin o using (origin_id)
    join forgotten f on (f.session_id is null or f.session_id = o.session_id) and (f.cwd is null or f.cwd = o.cwd)
    where c.logged_us < f.until_us or (c.logged_us is null and f.takes_undated)
    union all
    select c.call_key, coalesce(c.logged_us + 1, 0)
    from call c
    semi join touched using (call_key)
    semi join forgotten_call using (call_key)
)
select call_key, max(until_us) as until_us from named group by call_key
"""
_REPORT: Final = "imported:{source} {machine}"
"""Stands for a session in the rule that forgets an imported report."""
_DAYS: Final = """
delete from imported_day
where used_on < (
    select max(make_timestamp(until_us) + interval 13 hours)::date from forgotten where session_id is null and cwd is null
) or 'imported:' || source || ' ' || machine in (select session_id from forgotten)
returning used_on
"""
"""Such a rule ends at a midnight of some zone, which is not kept: 13 hours later it is that day in UTC too, from Hawaii
to New Zealand."""
_SUMMARIES: Final = """
delete from title where leaf_uuid in (
    select uuid from line semi join going using (call_key) where uuid is not null
    union
    select uuid from prompt p semi join emptied using (session_id) where uuid is not null
)
"""
_EMPTIED: Final = """
create or replace temp table emptied as
select o.session_id, max(g.until_us) as until_us
from line l join going g using (call_key) join origin o using (origin_id)
where not exists (
    select 1 from line k anti join going using (call_key) join origin p using (origin_id) where p.session_id = o.session_id
)
group by o.session_id
"""


class Rule(NamedTuple):
    """What is not to come back. None stands for any."""

    session_id: str | None
    cwd: str | None
    until_us: int
    """Exclusive, in microseconds since 1970 UTC."""
    takes_undated: bool


def forget(connection: DuckDBPyConnection, rules: Sequence[Rule], *, now: dt.datetime) -> int:
    """Take out what the rules name, and keep them; give the number of calls, in one transaction. Raises StoreError."""
    connection.execute("begin")
    try:
        connection.execute("create or replace temp table touched as select call_key from call")
        _keep(connection, rules, now)
        calls = _take_out(connection, now)
        _sweep(connection)
        leave_out_days(connection)
        united.count_all(connection)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return calls


def of_report(source: str, machine: str) -> Rule:
    """Give the rule that keeps an imported report of a machine's from coming back."""
    name = _REPORT.format(source=source, machine=machine)
    return Rule(session_id=name, cwd=None, until_us=0, takes_undated=False)


class Kept(NamedTuple):
    """All that a store has been told to forget."""

    rules: list[tuple[dt.datetime, Rule]]
    """With the instant at which each was made, in UTC without a zone."""
    keys: list[str]


class Carried(NamedTuple):
    """What a store has learned to forget from another."""

    rules: int
    """Rules that it did not have."""
    keys: int
    """Forgotten calls that it did not know of."""
    calls: int
    """Calls that were taken out of it."""


def kept_rules(connection: DuckDBPyConnection, database: str = "main") -> Kept:
    """Give what is not to come back, by the connection's store or an attached one (`store.main`)."""
    rules = connection.execute(
        f"select made_at, session_id, cwd, until_us, takes_undated from {database}.forgotten order by all"  # noqa: S608 - names of our own
    ).fetchall()
    keys = connection.execute(f"select call_key from {database}.forgotten_call").fetchall()  # noqa: S608
    return Kept([(made_at, Rule(*rule)) for made_at, *rule in rules], [key for (key,) in keys])


def carry(connection: DuckDBPyConnection, kept: Kept, *, now: dt.datetime) -> Carried:
    """Let a store forget what another one has forgotten, in one transaction. Raises StoreError."""
    connection.execute("begin")
    try:
        fresh = [(made_at, rule) for made_at, rule in kept.rules if not _has(connection, rule)]
        ((keys,),) = connection.execute(
            "insert into forgotten_call select distinct call_key from (select unnest($1::varchar[]) as call_key) "
            "anti join forgotten_call using (call_key)",
            [kept.keys],
        ).fetchall()
        calls = 0
        if fresh or keys:
            for made_at, rule in fresh:
                _keep_one(connection, rule, made_at)
            connection.execute("create or replace temp table touched as select call_key from call")
            calls = _take_out(connection, now)
            _sweep(connection)
            leave_out_days(connection)
            united.count_all(connection)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return Carried(rules=len(fresh), keys=int(keys), calls=calls)


def left_out(connection: DuckDBPyConnection) -> set[str]:
    """Give the keys of the calls that were just counted (`touched`) and are forgotten; within the same lease."""
    rows = connection.execute("select call_key from touched anti join call using (call_key)").fetchall()
    return {key for (key,) in rows}


def leave_out_days(connection: DuckDBPyConnection) -> int:
    """Take out the days of imported reports that are forgotten; give how many; within the caller's transaction."""
    return len(set(connection.execute(_DAYS).fetchall()))


def leave_out_readings(connection: DuckDBPyConnection) -> None:
    """Take out what the hook told of forgotten sessions; within the caller's transaction."""
    if connection.execute("select 1 from forgotten limit 1").fetchall():
        _sweep_readings(connection)


def settle(connection: DuckDBPyConnection, *, has_lines: bool, now: dt.datetime) -> None:
    """Count the touched calls, within the caller's transaction, and leave out what is forgotten."""
    if not connection.execute("select 1 from forgotten limit 1").fetchall():
        if has_lines:
            merge.merge(connection)
            united.follow(connection, forgot=False)
        return
    if has_lines:
        connection.execute(
            "delete from line where call_key in (select call_key from forgotten_call semi join touched using (call_key))"
        )
        merge.merge(connection)
        _take_out(connection, now)
    _sweep(connection)
    if has_lines:
        united.follow(connection, forgot=True)


def _keep(connection: DuckDBPyConnection, rules: Sequence[Rule], now: dt.datetime) -> None:
    for rule in rules:
        _keep_one(connection, rule, _naive(now))


def _keep_one(connection: DuckDBPyConnection, rule: Rule, made_at: dt.datetime) -> None:
    """Keep a rule in the place of those that forget no more than it does."""
    connection.execute(
        "delete from forgotten where session_id is not distinct from $1 and cwd is not distinct from $2 "
        "and until_us <= $3 and takes_undated <= $4",
        [*rule],
    )
    connection.execute("insert into forgotten values ($1, $2, $3, $4, $5)", [made_at, *rule])


def _has(connection: DuckDBPyConnection, rule: Rule) -> bool:
    """Tell whether there is a rule that forgets as much."""
    return bool(
        connection.execute(
            "select 1 from forgotten where session_id is not distinct from $1 and cwd is not distinct from $2 "
            "and until_us >= $3 and takes_undated >= $4 limit 1",
            [*rule],
        ).fetchall()
    )


def _take_out(connection: DuckDBPyConnection, now: dt.datetime) -> int:
    """Take out the touched calls that a rule names, and what is left of sessions that have no other."""
    connection.execute(_GOING)
    ((calls,),) = connection.execute("select count(*) from going").fetchall()
    if not calls:
        return 0
    connection.execute(_EMPTIED)
    connection.execute(_SUMMARIES)
    connection.execute(
        "insert into forgotten_call select call_key from going anti join forgotten_call using (call_key)"
    )
    for table in ("line", "call"):
        connection.execute(f"delete from {table} where call_key in (select call_key from going)")  # noqa: S608
    # a session's title bears no time: it goes by a rule of its own
    connection.execute(
        """
        insert into forgotten
        select $now, session_id, null, until_us, true
        from emptied
        where session_id <> '' and not exists (
            select 1 from forgotten f where f.session_id = emptied.session_id and f.cwd is null
        )
        """,
        {"now": _naive(now)},
    )
    return int(calls)


def _sweep(connection: DuckDBPyConnection) -> None:
    """Take out what is kept beside the calls of forgotten sessions."""
    for table in ("part", "tool_call"):
        connection.execute(f"delete from {table} where call_key in (select call_key from forgotten_call)")  # noqa: S608 - names of our own
    for table, at in _FACTS.items():
        of_session = "f.session_id = t.session_id and f.cwd is null"
        if at is None:
            named = f"{of_session} and t.session_id not in (select o.session_id from origin o semi join line using (origin_id))"  # noqa: S608 - names of our own
        else:
            named = (
                f"({of_session} or (f.session_id is null and f.cwd is null)) "
                f"and (epoch_us(t.{at}) < f.until_us or (t.{at} is null and f.takes_undated))"
            )
        connection.execute(f"delete from {table} t where exists (select 1 from forgotten f where {named})")  # noqa: S608
    connection.execute(
        "delete from origin where origin_id not in (select origin_id from line union select origin_id from call)"
    )
    connection.execute("delete from repository where cwd not in (select cwd from origin)")
    _sweep_readings(connection)


def _sweep_readings(connection: DuckDBPyConnection) -> None:
    for sql in (_SESSION_READINGS, _LIMIT_READINGS, _NAMELESS):
        connection.execute(sql)


def _naive(at: dt.datetime) -> dt.datetime:
    import datetime as dt

    return at.astimezone(dt.UTC).replace(tzinfo=None)
