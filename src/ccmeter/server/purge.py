"""Takes out what has had its time: what expired, attempts that were given up, marks of old commits, old audit rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, and_, delete, func, select

from ccmeter.server import audit
from ccmeter.server.storage.rows import upsert
from ccmeter.server.storage.tables import audit as audit_table
from ccmeter.server.storage.tables import (
    commit_tick,
    invite,
    mailbox,
    rate,
    record,
    setting,
    stage,
    stage_key,
    stage_record,
    ticket,
    vault,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

DAY_S: Final = 86_400.0
STAGE_S: Final = DAY_S
"""An attempt at rotation that is older was given up."""
TICK_S: Final = 90 * DAY_S
"""A client that was away for longer begins at the start; so does one whose page border went."""
AUDIT_S: Final = 730 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What was taken out, or would be: a name for people, and rows."""

    name: str
    rows: int


def expire(connection: Connection, now: float) -> tuple[Purged, ...]:
    """Take out all that has had its time, but for audit rows. The server does so by itself every hour."""
    _give_up(connection, now)
    return tuple(
        Purged(name=name, rows=connection.execute(delete(table).where(where)).rowcount)
        for name, table, where in _expired(now)
    )


def counted(connection: Connection, now: float) -> tuple[Purged, ...]:
    """Say what `expire` and `forget_audit` would take out."""
    found = [
        Purged(name=name, rows=connection.scalar(select(func.count()).select_from(table).where(where)) or 0)
        for name, table, where in _expired(now)
    ]
    old = audit_table.c.at < now - AUDIT_S
    rows = connection.scalar(select(func.count()).select_from(audit_table).where(old)) or 0
    return (*found, Purged(name="audit rows", rows=rows))


def forget_audit(connection: Connection, now: float) -> Purged:
    """Take out the oldest audit rows; the chain goes on from a note of the last of them."""
    old = select(audit_table.c.n, audit_table.c.hash).where(audit_table.c.at < now - AUDIT_S)
    last = connection.execute(old.order_by(audit_table.c.n.desc()).limit(1)).first()
    if last is None:
        return Purged(name="audit rows", rows=0)
    rows = connection.execute(delete(audit_table).where(audit_table.c.n <= last.n)).rowcount
    upsert(connection, setting, [{"name": audit.ANCHOR, "value": f"{last.n}:{last.hash.hex()}"}])
    return Purged(name="audit rows", rows=rows)


def _give_up(connection: Connection, now: float) -> None:
    """Take out what belongs to attempts at rotation that were given up; the attempts themselves go after."""
    old = select(stage.c.vault).where(stage.c.began_at < now - STAGE_S)
    for table in (stage_key, stage_record):
        connection.execute(delete(table).where(table.c.vault.in_(old)))


def _expired(now: float) -> tuple[tuple[str, Table, ColumnElement[bool]], ...]:
    return (
        ("invites", invite, invite.c.expires_at <= now),
        ("tickets", ticket, ticket.c.expires_at <= now),
        ("mailboxes", mailbox, mailbox.c.expires_at <= now),
        ("rotations given up", stage, stage.c.began_at < now - STAGE_S),
        ("counters of rates", rate, rate.c.until_us <= int(now * 1_000_000)),
        ("marks of commits", commit_tick, _is_no_border(now - TICK_S)),
    )


def _is_no_border(before: float) -> ColumnElement[bool]:
    """Tell of a commit that it is old, is not the head, and none of its records is left: then no page ends there."""
    earlier = commit_tick.alias()
    start = (
        select(func.coalesce(func.max(earlier.c.seq), 0))
        .where(earlier.c.vault == commit_tick.c.vault, earlier.c.seq < commit_tick.c.seq)
        .correlate(commit_tick)
        .scalar_subquery()
    )
    left = (
        select(record.c.rid)
        .where(record.c.vault == commit_tick.c.vault, record.c.seq <= commit_tick.c.seq, record.c.seq > start)
        .correlate(commit_tick)
        .exists()
    )
    head = (
        select(vault.c.id)
        .where(vault.c.id == commit_tick.c.vault, vault.c.seq == commit_tick.c.seq)
        .correlate(commit_tick)
        .exists()
    )
    return and_(commit_tick.c.at < before, ~left, ~head)
