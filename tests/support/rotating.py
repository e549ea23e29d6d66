"""Rotation as a client does it, for tests of the server."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ccmeter.wire import v1
from support.server import bytes_of, good, wrapped

if TYPE_CHECKING:
    from support.server import Client


def everything(client: Client, gen: int = 0) -> list[v1.Record]:
    """Pull all records."""
    records: list[v1.Record] = []
    seq, tick, is_last = 0, b"", False
    while not is_last:
        page = client.changes(seq, tick, gen=gen)
        records += page.records
        seq, tick, is_last = page.seq, page.tick, page.is_last
    return records


def base(client: Client, gen: int = 0) -> v1.Base:
    """Give what the vault is now, as a client works it out."""
    head, digest = client.head(), hashlib.sha256()
    records = sorted(everything(client, gen), key=lambda each: each.rid)
    for each in records:
        digest.update(each.rid + each.ver.to_bytes(8, "big") + hashlib.sha256(each.ct).digest())
    return v1.Base(seq=head.seq, tick=head.tick, count=len(records), digest=digest.digest())


def begin(client: Client, gen: int = 1) -> v1.NewGeneration:
    """Give the request to begin a generation, with keys for all devices that are left."""
    devices = v1.Devices.model_validate_json(good(client.ask("GET", "/v1/devices"))).devices
    keyed = [each.device for each in devices if each.revoked_at is None]
    keyed.append(client.account().recovery)
    return v1.NewGeneration(
        gen=gen,
        base=base(client, gen - 1),
        key_check=bytes_of("check", gen, size=8),
        keys=tuple(wrapped(device, gen) for device in keyed),
    )


def resealed(client: Client, gen: int = 1) -> list[v1.Resealed]:
    """Give all records as they are under the new keys."""
    return [
        v1.Resealed(
            rid=bytes_of("resealed", gen, each.rid),
            owner=each.owner,
            ver=each.ver,
            ct=bytes_of("resealed", gen, each.ct, size=len(each.ct)),
        )
        for each in everything(client, gen - 1)
    ]


def staged(client: Client, gen: int = 1, **changed: Any) -> v1.Stage:
    """Give the request that stages all records of a small vault, resealed."""
    return v1.Stage(records=tuple(each.model_copy(update=changed) for each in resealed(client, gen)))


def rotate(client: Client, gen: int = 1) -> v1.Commit:
    """Rotate."""
    begun = begin(client, gen)
    good(client.ask("POST", "/v1/sync/generations", begun))
    records = resealed(client, gen)
    for start in range(0, len(records), v1.MAX_RECORDS):
        part = v1.Stage(records=tuple(records[start : start + v1.MAX_RECORDS]))
        good(client.ask("PUT", f"/v1/sync/generations/{gen}/records", part))
    return committed(client, begun, len(records))


def committed(client: Client, begun: v1.NewGeneration, count: int) -> v1.Commit:
    """Commit what was staged."""
    wanted = v1.CommitGeneration(base=begun.base, count=count)
    return v1.Commit.model_validate_json(
        good(client.ask("POST", f"/v1/sync/generations/{begun.gen}/commit", wanted))
    )
