"""Forgets usage for good: takes it out, and keeps a rule so that no log that is read again brings it back.

A rule names a session, a folder, or neither, and an instant: what was before it goes, what comes after counts again. The
rules are applied whenever lines are counted, whatever they come from (a rewritten log, an import). A call that was taken
out is remembered by its key, because copies of its lines stand in other sessions' logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.store import merge

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

_GOING: Final = """
create or replace temp table going as
select c.call_key, max(f.until_us) as until_us
from call c
semi join touched using (call_key)
join origin o using (origin_id)
join forgotten f on (f.session_id is null or f.session_id = o.session_id) and (f.cwd is null or f.cwd = o.cwd)
where c.logged_us < f.until_us or (c.logged_us is null and f.takes_undated)
group by c.call_key
"""
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
        for rule in rules:
            if rule.session_id is None and rule.cwd is None:
                connection.execute(
                    "delete from imported_day where used_on < make_timestamp($1)::date", [rule.until_us]
                )
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return calls


def forget_import(connection: DuckDBPyConnection, source: str) -> int:
    """Take out the days of imported reports whose digest begins so; give how many rows that were."""
    ((rows,),) = connection.execute(
        "delete from imported_day where starts_with(source, $1)", [source]
    ).fetchall()
    return int(rows)


class Kept(NamedTuple):
    """All that a store has been told to forget."""

    rules: list[tuple[object, ...]]
    keys: list[str]


def kept_rules(connection: DuckDBPyConnection) -> Kept:
    """Give what is not to come back."""
    rules = connection.execute("select * from forgotten").fetchall()
    keys = connection.execute("select call_key from forgotten_call").fetchall()
    return Kept(rules, [key for (key,) in keys])


def keep_rules(connection: DuckDBPyConnection, kept: Kept) -> None:
    """Let another store forget the same; it has nothing yet."""
    for rule in kept.rules:
        connection.execute("insert into forgotten values ($1, $2, $3, $4, $5)", list(rule))
    connection.execute("insert into forgotten_call select unnest($1::varchar[])", [kept.keys])


def settle(connection: DuckDBPyConnection, *, has_lines: bool, now: dt.datetime) -> None:
    """Count the touched calls, within the caller's transaction, and leave out what is forgotten."""
    if not connection.execute("select 1 from forgotten limit 1").fetchall():
        if has_lines:
            merge.merge(connection)
        return
    if has_lines:
        connection.execute(
            "delete from line where call_key in (select call_key from forgotten_call semi join touched using (call_key))"
        )
        merge.merge(connection)
        _take_out(connection, now)
    _sweep(connection)


def _keep(connection: DuckDBPyConnection, rules: Sequence[Rule], now: dt.datetime) -> None:
    for rule in rules:
        connection.execute(
            "delete from forgotten where session_id is not distinct from $1 and cwd is not distinct from $2 "
            "and until_us <= $3 and takes_undated <= $4",
            [*rule],
        )
        connection.execute("insert into forgotten values ($1, $2, $3, $4, $5)", [_naive(now), *rule])


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
    connection.execute("delete from part where call_key in (select call_key from forgotten_call)")
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


def _naive(at: dt.datetime) -> dt.datetime:
    import datetime as dt

    return at.astimezone(dt.UTC).replace(tzinfo=None)
