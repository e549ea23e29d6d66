"""Sealed records and the order of their commits.

Order is a counter per vault, taken under the vault's lock in the transaction that writes: a cursor that has passed a
number has seen everything before it. Each commit draws a random tick, so that a client can tell a server that went back.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from ccmeter.server import audit
from ccmeter.server.refusals import Refusal, not_found
from ccmeter.server.seats import is_stale, seated, touch
from ccmeter.server.storage.rows import upsert
from ccmeter.server.storage.tables import (
    commit_tick,
    generation_key,
    mailbox,
    record,
    stage,
    stage_key,
    stage_record,
    ticket,
    vault,
)
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ccmeter.server.seats import Seat

TICK_BYTES: Final = 16

# statements of the hot path, made once: making one takes longer than running it
_STORED: Final = select(
    record.c.rid,
    record.c.owner,
    record.c.ver,
    record.c.seq,
    record.c.digest,
    func.length(record.c.ct).label("size"),
).where(record.c.vault == bindparam("of"), record.c.rid.in_(bindparam("rids", expanding=True)))
_MARK: Final = insert(commit_tick)
_MOVE: Final = update(vault).where(vault.c.id == bindparam("of"))


def changes(
    connection: Connection, token_hash: bytes, *, gen: int, seq: int, tick: bytes, witness: bytes, limit: int
) -> v1.Changes:
    """Give what changed after a cursor: whole commits, about `limit` records of them."""
    seat = seated(connection, token_hash)
    if gen != seat.gen:
        raise Refusal("wrong_generation", f"The vault is at generation {seat.gen}.")
    _check_cursor(connection, seat, seq, tick, witness)
    found = connection.execute(
        select(record.c.rid, record.c.owner, record.c.ver, record.c.seq, record.c.ct)
        .where(record.c.vault == seat.vault, record.c.seq > seq)
        .order_by(record.c.seq)
        .limit(limit + v1.MAX_RECORDS + 1)
    ).all()
    end_seq, end_tick = seat.seq, seat.tick
    if len(found) > limit:
        end_seq, end_tick = _page_end(connection, seat, found[0].seq, found[limit].seq)
    return v1.Changes(
        gen=seat.gen,
        records=tuple(_record(row) for row in found if row.seq <= end_seq),
        seq=end_seq,
        tick=end_tick,
        is_last=end_seq == seat.seq,
    )


def _record(row: Any) -> v1.Record:
    return v1.Record.model_construct(rid=row.rid, owner=row.owner, ver=row.ver, seq=row.seq, ct=row.ct)


def _check_cursor(connection: Connection, seat: Seat, seq: int, tick: bytes, witness: bytes) -> None:
    """See that this server has made the commits that the client knows of; else it was restored from a copy."""
    ticks = commit_tick.c.tick
    if seq:
        known = connection.scalar(
            select(ticks).where(commit_tick.c.vault == seat.vault, commit_tick.c.seq == seq)
        )
        is_known = known is not None and known == tick
    else:
        is_known = tick in (b"", seat.origin_tick)
    if is_known and witness not in (b"", seat.origin_tick):
        seen = select(func.count()).where(commit_tick.c.vault == seat.vault, ticks == witness)
        is_known = bool(connection.scalar(seen))
    if not is_known:
        raise Refusal("cursor_unknown", "This server does not know that commit: begin at the start.")


def _page_end(connection: Connection, seat: Seat, first: int, beyond: int) -> tuple[int, bytes]:
    """Give the last commit that holds the first record or a later one and ends before `beyond`; else the one that holds that."""
    mine = select(commit_tick.c.seq, commit_tick.c.tick).where(commit_tick.c.vault == seat.vault)
    before = mine.where(commit_tick.c.seq >= first, commit_tick.c.seq < beyond)
    end = connection.execute(before.order_by(commit_tick.c.seq.desc()).limit(1)).first()
    if end is None:
        end = connection.execute(
            mine.where(commit_tick.c.seq >= beyond).order_by(commit_tick.c.seq).limit(1)
        ).one()
    return end.seq, end.tick


def push(
    connection: Connection,
    token_hash: bytes,
    pushed: v1.Push,
    *,
    now: float,
    draw: Callable[[int], bytes],
) -> v1.Commit:
    """Store records, all or none; what is stored already is done already."""
    seat = seated(connection, token_hash, lock=True)
    if pushed.gen != seat.gen:
        raise Refusal("wrong_generation", f"The vault is at generation {seat.gen}.")
    check_bodies(pushed.records)
    stored = {
        row.rid: row
        for row in connection.execute(
            _STORED, {"of": seat.vault, "rids": [each.rid for each in pushed.records]}
        )
    }
    fresh = _fresh(seat, pushed.records, stored)
    if not fresh:
        return _commit_of(connection, seat, max(row.seq for row in stored.values()))
    records = seat.records + sum(row["rid"] not in stored for row in fresh)
    size = seat.bytes + sum(len(row["ct"]) for row in fresh)
    size -= sum(stored[row["rid"]].size for row in fresh if row["rid"] in stored)
    check_quota(records, size)
    for place, row in enumerate(fresh, 1):
        row["seq"] = seat.seq + place
    upsert(connection, record, fresh)
    return committed(connection, seat, (len(fresh),), now=now, draw=draw, records=records, bytes=size)


def check_bodies(records: Sequence[v1.Sealed | v1.Resealed]) -> None:
    """Refuse bodies of any other size than the few, and a record that is there twice."""
    if len({each.rid for each in records}) < len(records):
        raise Refusal("invalid", "A record is there twice.")
    odd = [v1.encoded(each.rid) for each in records if len(each.ct) not in v1.BODY_BYTES]
    if odd:
        raise Refusal("bad_padding", "A body has none of the sizes that bodies have.", details={"rids": odd})


def check_quota(records: int, size: int) -> None:
    """Refuse what would be more than a vault may hold."""
    if records > v1.MAX_VAULT_RECORDS or size > v1.MAX_VAULT_BYTES:
        raise Refusal("quota_exceeded", "The vault is full.")


def _fresh(seat: Seat, pushed: Sequence[v1.Sealed], stored: dict[bytes, Any]) -> list[dict[str, Any]]:
    """Give the rows of the records that are not stored yet; refuse all if one replaces what is not there."""
    fresh, behind = [], []
    for each in pushed:
        known, digest = stored.get(each.rid), hashlib.sha256(each.ct).digest()
        owner = seat.vault if each.is_shared else seat.device
        if known is not None and known.ver == each.ver and known.digest == digest:
            continue
        if each.prev != (known.ver if known else 0) or each.ver != each.prev + 1:
            behind.append(v1.encoded(each.rid))
        elif known is not None and known.owner != owner:
            raise not_found()
        fresh.append(
            {
                "vault": seat.vault,
                "rid": each.rid,
                "owner": owner,
                "ver": each.ver,
                "digest": digest,
                "ct": each.ct,
            }
        )
    if behind:
        raise Refusal("version_conflict", "Another device was faster.", details={"rids": behind})
    return fresh


def _commit_of(connection: Connection, seat: Seat, seq: int) -> v1.Commit:
    """Give the commit that holds a record."""
    mine = select(commit_tick.c.seq, commit_tick.c.tick).where(
        commit_tick.c.vault == seat.vault, commit_tick.c.seq >= seq
    )
    found = connection.execute(mine.order_by(commit_tick.c.seq).limit(1)).one()
    return v1.Commit(seq=found.seq, tick=found.tick)


def committed(
    connection: Connection,
    seat: Seat,
    sizes: Sequence[int],
    *,
    now: float,
    draw: Callable[[int], bytes],
    **changed: Any,
) -> v1.Commit:
    """Move the head by commits of these sizes, and note what else changed in the vault."""
    ticks: list[dict[str, Any]] = []
    seq = seat.seq
    for size in sizes:
        seq += size
        ticks.append({"vault": seat.vault, "seq": seq, "tick": draw(TICK_BYTES), "at": now})
    connection.execute(_MARK, ticks)
    last = ticks[-1]["tick"]
    connection.execute(_MOVE, {"of": seat.vault, "seq": seq, "tick": last, **changed})
    if is_stale(seat, now):
        touch(connection, seat, now)
    return v1.Commit(seq=seq, tick=last)


def erase(connection: Connection, token_hash: bytes, *, now: float, draw: Callable[[int], bytes]) -> None:
    """Erase all records, keys and commits of a vault; account and devices stay."""
    seat = seated(connection, token_hash, lock=True)
    for table in (generation_key, commit_tick, record, stage, stage_key, stage_record):
        connection.execute(delete(table).where(table.c.vault == seat.vault))
    for table in (mailbox, ticket):
        connection.execute(delete(table).where(table.c.account == seat.account))
    tick = draw(TICK_BYTES)
    values = {"seq": 0, "tick": tick, "origin_tick": tick, "records": 0, "bytes": 0}
    values |= dict.fromkeys(("rotated_from", "rotated_to", "rotated_seq"))
    connection.execute(update(vault).where(vault.c.id == seat.vault).values(values))
    audit.note(connection, "vault_erased", now=now, subject=audit.subject_of(seat.account))
