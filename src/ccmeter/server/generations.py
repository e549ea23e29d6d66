"""Rotation: everything sealed under new keys aside, then put in the place of the old at once, if nothing moved meanwhile."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select

from ccmeter.server import audit
from ccmeter.server.refusals import Refusal, not_found
from ccmeter.server.seats import hash_of, is_anothers, seated
from ccmeter.server.storage.rows import upsert
from ccmeter.server.storage.tables import (
    device,
    generation_key,
    record,
    stage,
    stage_key,
    stage_record,
    vault,
)
from ccmeter.server.vaults import check_bodies, check_quota, committed
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from sqlalchemy import Connection, Row

    from ccmeter.server.seats import Seat

_COPIED: Final = (
    stage_record.c.rid,
    stage_record.c.owner,
    stage_record.c.ver,
    stage_record.c.digest,
    stage_record.c.ct,
)


def base_of(connection: Connection, seat: Seat) -> v1.Base:
    """Give what a new generation must have been made from: the digest is over rid, version (64 bits) and body digest."""
    rows = connection.execute(
        select(record.c.rid, record.c.ver, record.c.digest)
        .where(record.c.vault == seat.vault)
        .order_by(record.c.rid)
    )
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(row.rid + row.ver.to_bytes(8, "big") + row.digest)
        count += 1
    return v1.Base(seq=seat.seq, tick=seat.tick, count=count, digest=digest.digest())


def begin(connection: Connection, token_hash: bytes, wanted: v1.NewGeneration, *, now: float) -> None:
    """Begin a generation in the place of an attempt that was given up."""
    seat = seated(connection, token_hash, lock=True)
    if wanted.gen <= seat.gen:  # a client skips numbers that a restored server has forgotten
        raise Refusal("wrong_generation", f"The vault is at generation {seat.gen}.")
    if wanted.base != base_of(connection, seat):
        raise Refusal("base_moved", "The vault changed since.")
    if len({key.device for key in wanted.keys}) < len(wanted.keys):
        raise Refusal("stage_mismatch", "There must be one key for each device.")
    if wanted.recovery is not None and is_anothers(connection, seat.vault, wanted.recovery.token_hash):
        raise Refusal("device_exists", "A token must be new.")
    for table in (stage, stage_key, stage_record):
        connection.execute(delete(table).where(table.c.vault == seat.vault))
    connection.execute(
        insert(stage).values(
            vault=seat.vault,
            gen=wanted.gen,
            base_seq=wanted.base.seq,
            base_tick=wanted.base.tick,
            base_count=wanted.base.count,
            base_digest=wanted.base.digest,
            key_check=wanted.key_check,
            began_at=now,
            recovery=wanted.recovery.id if wanted.recovery else None,
            recovery_token_hash=wanted.recovery.token_hash if wanted.recovery else None,
        )
    )
    rows = [{"vault": seat.vault, "device": key.device, "sealed": key.sealed} for key in wanted.keys]
    connection.execute(insert(stage_key), rows)


def _keyed(connection: Connection, seat: Seat, recovery: bytes) -> set[bytes]:
    """Give who may have a key: each device that is not revoked, and the recovery phrase.

    Who gets one is for the devices to say, in a list that is sealed: one that only the server knows gets none.
    """
    left = select(device.c.id).where(device.c.account == seat.account, device.c.revoked_at.is_(None))
    return {recovery, *connection.scalars(left)}


def add(connection: Connection, token_hash: bytes, gen: int, staged: v1.Stage) -> None:
    """Add records to the generation in the making; those that are there are replaced.

    Their owners may be devices that this server does not know: it may have been restored from before they came.
    """
    seat = seated(connection, token_hash, lock=True)
    _stage_of(connection, seat, gen)
    check_bodies(staged.records)
    rows = [
        {
            "vault": seat.vault,
            "rid": each.rid,
            "owner": each.owner,
            "ver": each.ver,
            "digest": hashlib.sha256(each.ct).digest(),
            "ct": each.ct,
        }
        for each in staged.records
    ]
    upsert(connection, stage_record, rows)
    check_quota(*_staged(connection, seat))


def _staged(connection: Connection, seat: Seat) -> tuple[int, int]:
    """Give how many records are staged, and their bytes."""
    size = func.coalesce(func.sum(func.length(stage_record.c.ct)), 0)
    found = connection.execute(select(func.count(), size).where(stage_record.c.vault == seat.vault)).one()
    return int(found[0]), int(found[1])


def _stage_of(connection: Connection, seat: Seat, gen: int) -> Row[Any]:
    found = connection.execute(select(stage).where(stage.c.vault == seat.vault, stage.c.gen == gen)).first()
    if found is None:
        raise not_found()
    return found


def commit(
    connection: Connection,
    token_hash: bytes,
    gen: int,
    wanted: v1.CommitGeneration,
    *,
    now: float,
    draw: Callable[[int], bytes],
) -> v1.Commit:
    """Put the staged generation in the place of the old one; asked again, say the same."""
    seat = seated(connection, token_hash, lock=True)
    if (done := _done_before(connection, seat, gen, wanted)) is not None:
        return done
    staged = _stage_of(connection, seat, gen)
    begun = v1.Base(
        seq=staged.base_seq, tick=staged.base_tick, count=staged.base_count, digest=staged.base_digest
    )
    if not wanted.base == begun == base_of(connection, seat):
        raise Refusal("base_moved", "The vault changed since.")
    count, size = _staged(connection, seat)
    keys = {
        row.device: row.sealed
        for row in connection.execute(select(stage_key).where(stage_key.c.vault == seat.vault))
    }
    if count != wanted.count:
        raise Refusal("stage_mismatch", "What was staged is not what was to be staged.")
    recovery = {"recovery": seat.recovery}
    if staged.recovery is not None:
        recovery = {"recovery": staged.recovery, "recovery_token_hash": staged.recovery_token_hash}
    left = sorted(_keyed(connection, seat, recovery["recovery"]) & keys.keys())
    _replace(connection, seat)
    rows = [{"vault": seat.vault, "device": each, "sealed": keys[each]} for each in left]
    if rows:
        connection.execute(insert(generation_key), rows)
    for table in (stage, stage_key, stage_record):
        connection.execute(delete(table).where(table.c.vault == seat.vault))
    audit.note(connection, "rotated", now=now, subject=audit.subject_of(seat.account), gen=gen)
    moved = committed(
        connection,
        seat,
        tuple(_sizes(count)),
        now=now,
        draw=draw,
        gen=gen,
        key_check=staged.key_check,
        records=count,
        bytes=size,
        **recovery,
    )
    rotated = {"rotated_from": seat.tick, "rotated_to": moved.tick, "rotated_seq": moved.seq}
    connection.execute(vault.update().where(vault.c.id == seat.vault).values(rotated))
    return moved


def _sizes(count: int) -> Iterable[int]:
    """Cut a whole vault into commits that fit into a page."""
    full, rest = divmod(count, v1.MAX_RECORDS)
    yield from [v1.MAX_RECORDS] * full
    if rest or not full:
        yield max(rest, 1)


def _replace(connection: Connection, seat: Seat) -> None:
    """Erase the old generation, and number the staged records on from the head, by id."""
    connection.execute(delete(record).where(record.c.vault == seat.vault))
    connection.execute(delete(generation_key).where(generation_key.c.vault == seat.vault))
    place = func.row_number().over(order_by=stage_record.c.rid) + seat.seq
    copied = select(stage_record.c.vault, *_COPIED, place).where(stage_record.c.vault == seat.vault)
    names = ["vault", *(column.name for column in _COPIED), "seq"]
    connection.execute(insert(record).from_select(names, copied))


def _done_before(
    connection: Connection, seat: Seat, gen: int, wanted: v1.CommitGeneration
) -> v1.Commit | None:
    """Give the answer of a commit that was carried out before; None where it was not."""
    found = connection.execute(
        select(vault.c.rotated_from, vault.c.rotated_to, vault.c.rotated_seq).where(vault.c.id == seat.vault)
    ).one()
    if gen == seat.gen and found.rotated_from == wanted.base.tick:
        return v1.Commit(seq=found.rotated_seq, tick=found.rotated_to)
    return None


def key(connection: Connection, bearer: str, gen: int | None) -> v1.Key:
    """Give the keys of the generation, sealed for the device or the recovery phrase that asks."""
    if bearer.startswith(v1.RECOVERY_TOKEN):
        asked = select(vault.c.id, vault.c.gen, vault.c.key_check, vault.c.recovery.label("device"))
        found = connection.execute(asked.where(vault.c.recovery_token_hash == hash_of(bearer))).first()
        if found is None:
            raise Refusal("bad_token", "The token is not known here.")
        where, who, at, check = found.id, found.device, found.gen, found.key_check
    else:
        seat = seated(connection, hash_of(bearer))
        where, who, at, check = seat.vault, seat.device, seat.gen, seat.key_check
    mine = (generation_key.c.vault == where) & (generation_key.c.device == who)
    sealed = connection.scalar(select(generation_key.c.sealed).where(mine))
    if sealed is None or gen not in (None, at):
        raise not_found()
    return v1.Key(gen=at, vault=where, sealed=sealed, key_check=check)
