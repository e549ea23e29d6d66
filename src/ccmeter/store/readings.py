"""Keeps what the status line hook was told: readings go in together with how far the spool has been taken in, or not at all.

A crash therefore repeats work and never loses or doubles a reading. A line that is taken in once more changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.store import forget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _duckdb import DuckDBPyConnection

_SESSIONS: Final = """
create or replace temp table incoming_session as
select unnest($session_id::varchar[]) as session_id, unnest($read_us::bigint[]) as read_us,
    unnest($model::varchar[]) as model, unnest($cost_pico::bigint[]) as cost_pico,
    unnest($context_tokens::bigint[]) as context_tokens, unnest($context_size::bigint[]) as context_size,
    unnest($context_bp::integer[]) as context_bp, unnest($effort::varchar[]) as effort
"""
_LIMITS: Final = """
create or replace temp table incoming_limit as
select unnest($limit_window::varchar[]) as limit_window, unnest($used_bp::integer[]) as used_bp,
    unnest($resets_us::bigint[]) as resets_us, unnest($read_us::bigint[]) as read_us,
    unnest($source::varchar[]) as source, unnest($session_id::varchar[]) as session_id
"""
_KEEP_SESSIONS: Final = """
insert into session_reading
with known as (
    select *, false as is_new from session_reading semi join incoming_session using (session_id)
    union all
    select *, true from incoming_session
),
told as (
    select *, row(model, cost_pico, context_tokens, context_size, context_bp, effort) as said,
        lag(said) over (partition by session_id order by read_us, said, is_new) as before
    from known
)
select * exclude (is_new, said, before) from told where is_new and said is distinct from before
"""
"""What says the same as the session said before is left out; rows of one instant are ordered, so that it never depends on
how the spool was cut."""
_KEEP_LIMITS: Final = """
insert into limit_reading
with known as (
    select *, false as is_new from limit_reading semi join incoming_limit using (session_id, limit_window)
    union all
    select *, true from incoming_limit
),
told as (
    select k.*, row(k.used_bp, k.resets_us, s.cost_pico) as said,
        lag(said) over (partition by k.session_id, k.limit_window order by k.read_us, said, k.is_new) as before
    from known k
    asof left join (
        select session_id, read_us, max(cost_pico) as cost_pico
        from session_reading
        semi join incoming_limit using (session_id)
        group by session_id, read_us
    ) s on k.session_id = s.session_id and k.read_us >= s.read_us
)
select * exclude (is_new, said, before) from told where is_new and said is distinct from before
"""
"""A session that has spent nothing since repeats what it knows: that says nothing of now. One that has spent confirms it."""
_MOVE: Final = """
delete from spool where name = $1
"""


class LimitReading(NamedTuple):
    """A row of `limit_reading`: what one window stood at."""

    limit_window: str
    used_bp: int
    resets_us: int | None
    read_us: int
    source: str
    session_id: str


class SessionReading(NamedTuple):
    """A row of `session_reading`: what a session said of itself."""

    session_id: str
    read_us: int
    model: str
    cost_pico: int | None
    context_tokens: int | None
    context_size: int | None
    context_bp: int | None
    effort: str
    """Empty where it was not told."""


def offsets(connection: DuckDBPyConnection) -> dict[str, int]:
    """Give how many bytes of each file of the spool have been taken in, by its name."""
    return dict(connection.execute("select name, offset_bytes from spool").fetchall())


def append(
    connection: DuckDBPyConnection,
    limits: Sequence[LimitReading],
    sessions: Sequence[SessionReading],
    *,
    name: str,
    offset_bytes: int,
) -> None:
    """Keep readings of a file of the spool, and that it has been taken in up to an offset: one transaction."""
    connection.execute("begin")
    try:
        if sessions:
            connection.execute(_SESSIONS, _columns(SessionReading._fields, sessions))
            connection.execute(_KEEP_SESSIONS)
        if limits:
            connection.execute(_LIMITS, _columns(LimitReading._fields, limits))
            connection.execute(_KEEP_LIMITS)
        connection.execute(_MOVE, [name])
        connection.execute("insert into spool values ($1, $2)", [name, offset_bytes])
        forget.leave_out_readings(connection)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def take_over(connection: DuckDBPyConnection) -> None:
    """Take over the readings of an attached store, `theirs`, an older or damaged form of this one, with all that belongs to them.

    Within the caller's transaction.
    """
    for table in ("limit_reading", "session_reading", "episode"):
        connection.execute(
            f"insert into main.{table} select * from theirs.main.{table} except select * from main.{table}"  # noqa: S608 - names of our own
        )
    connection.execute(
        "create or replace temp table taken_in as select name, max(offset_bytes) as offset_bytes "
        "from (from main.spool union all from theirs.main.spool) group by name"
    )
    connection.execute("delete from main.spool")
    connection.execute("insert into main.spool from taken_in")


def take_sessions(connection: DuckDBPyConnection) -> None:
    """Take in what sessions of an attached store of anyone's, `theirs`, said of themselves; within the caller's transaction.

    Limits belong to an account, and nobody knows whether the other store's is this one's: they stay out.
    """
    connection.execute(
        "insert into main.session_reading select * from theirs.main.session_reading except select * from main.session_reading"
    )


def _columns(
    names: Sequence[str], rows: Sequence[LimitReading] | Sequence[SessionReading]
) -> dict[str, list[object]]:
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
