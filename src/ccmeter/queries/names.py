"""What there is to be named: the projects, models and sessions in the store, for a shell that completes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from ccmeter.store.lease import Connection

Thing: TypeAlias = Literal["project", "model", "session"]

_COLUMNS: Final = {"project": "cwd", "model": "model", "session": "session_id"}
_MOST: Final = 500


class Name(NamedTuple):
    """One of them."""

    name: str
    last_on: str
    """The UTC day of its last use; empty where the log gives no readable time."""
    project: str
    """A folder in which it was used."""


def latest(connection: Connection, thing: Thing) -> list[Name]:
    """Give the names of all projects, models or sessions, the latest used first."""
    rows = connection.execute(
        f"""
        select o.{_COLUMNS[thing]}, coalesce(make_timestamp(max(c.logged_us))::date::varchar, ''), any_value(o.cwd)
        from call c
        join origin o using (origin_id)
        where o.{_COLUMNS[thing]} <> ''
        group by 1
        order by max(c.logged_us) desc nulls last, 1
        limit {_MOST}
        """  # noqa: S608 - words of our own
    ).fetchall()
    return [Name(*row) for row in rows]
