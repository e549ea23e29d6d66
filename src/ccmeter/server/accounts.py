"""Accounts, their devices, and the two ways to enrol one more: a ticket from a device, or the recovery phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, select, update

from ccmeter.server import audit
from ccmeter.server.refusals import Refusal, not_found
from ccmeter.server.seats import hash_of, head_of, seated
from ccmeter.server.storage.tables import (
    account,
    device,
    generation_key,
    invite,
    metadata,
    ticket,
    vault,
)
from ccmeter.server.vaults import TICK_BYTES, committed
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

INVITE: Final = "ccm_i_"
INVITE_S: Final = 86_400.0
MAX_DEVICES: Final = 100
MAX_TICKETS: Final = 10


def create(
    connection: Connection,
    wanted: v1.NewAccount,
    *,
    registration: str,
    now: float,
    draw: Callable[[int], bytes],
) -> v1.Head:
    """Make an account with its vault and first device; asked again, say the same."""
    known = connection.execute(
        select(vault.c.account, vault.c.recovery_token_hash).where(vault.c.id == wanted.vault)
    ).first()
    if known is not None:
        return _created_before(connection, known.account, known.recovery_token_hash, wanted, now)
    _admit(connection, wanted.invite, registration, now)
    if {key.device for key in wanted.keys} != {wanted.device, wanted.recovery}:
        raise Refusal("invalid", "There must be a key for the device and one for the recovery phrase.")
    if _is_taken(connection, wanted.token_hash, wanted.recovery_token_hash):
        raise Refusal("device_exists", "A token must be new.")
    made, tick = draw(16), draw(TICK_BYTES)
    connection.execute(insert(account).values(id=made, created_at=now))
    connection.execute(
        insert(device).values(
            account=made, id=wanted.device, token_hash=wanted.token_hash, created_at=now, last_seen_at=now
        )
    )
    connection.execute(
        insert(vault).values(
            id=wanted.vault,
            account=made,
            gen=0,
            seq=0,
            tick=tick,
            origin_tick=tick,
            key_check=wanted.key_check,
            recovery=wanted.recovery,
            recovery_token_hash=wanted.recovery_token_hash,
            records=0,
            bytes=0,
        )
    )
    rows = [{"vault": wanted.vault, "device": key.device, "sealed": key.sealed} for key in wanted.keys]
    connection.execute(insert(generation_key), rows)
    audit.note(connection, "account_created", now=now, subject=audit.subject_of(made))
    return head_of(connection, seated(connection, wanted.token_hash), now)


def _created_before(
    connection: Connection, of: bytes, recovery_hash: bytes, wanted: v1.NewAccount, now: float
) -> v1.Head:
    """Answer a repeated request; anybody else learns nothing of the vault."""
    mine = (device.c.account == of) & (device.c.id == wanted.device)
    token_hash = connection.scalar(select(device.c.token_hash).where(mine))
    if token_hash != wanted.token_hash or recovery_hash != wanted.recovery_token_hash:
        raise not_found()
    return head_of(connection, seated(connection, wanted.token_hash), now)


def _admit(connection: Connection, code: str, registration: str, now: float) -> None:
    """Let in by the server's rule; an invite is used up."""
    if registration == "open":
        return
    if registration == "invite":
        used = delete(invite).where(invite.c.hash == hash_of(code), invite.c.expires_at > now)
        if connection.execute(used).rowcount:
            return
    raise Refusal("registration_closed", "Ask whoever runs this server for an invite.")


def _is_taken(connection: Connection, *hashes: bytes) -> bool:
    """Tell whether a token is known already, as that of a device or of a recovery phrase."""
    devices = select(device.c.id).where(device.c.token_hash.in_(hashes))
    phrases = select(vault.c.id).where(vault.c.recovery_token_hash.in_(hashes))
    return len(set(hashes)) < len(hashes) or any(
        connection.execute(asked.limit(1)).first() for asked in (devices, phrases)
    )


def new_invite(connection: Connection, *, now: float, draw: Callable[[int], bytes], seconds: float) -> str:
    """Give a code that lets one account be made."""
    code = INVITE + v1.encoded(draw(32))
    connection.execute(insert(invite).values(hash=hash_of(code), created_at=now, expires_at=now + seconds))
    audit.note(connection, "invite_created", now=now, subject=audit.OPERATOR, hours=int(seconds // 3600))
    return code


def allow(connection: Connection, token_hash: bytes, wanted: v1.NewTicket, *, now: float) -> None:
    """Keep a ticket; asked again, nothing changes."""
    seat = seated(connection, token_hash, lock=True)
    connection.execute(delete(ticket).where(ticket.c.account == seat.account, ticket.c.expires_at <= now))
    known = connection.scalar(select(ticket.c.account).where(ticket.c.hash == wanted.ticket_hash))
    if known == seat.account:
        return
    if known is not None:
        raise not_found()
    unused = (ticket.c.account == seat.account) & ticket.c.device.is_(None)
    count = connection.scalar(select(func.count()).select_from(ticket).where(unused)) or 0
    if count >= MAX_TICKETS:
        raise Refusal("rate_limited", "Too many tickets are open.", retry_after_s=float(v1.MAILBOX_S))
    connection.execute(
        insert(ticket).values(
            hash=wanted.ticket_hash, account=seat.account, expires_at=now + v1.MAILBOX_S, device=None
        )
    )


def enrol(
    connection: Connection,
    bearer: str,
    wanted: v1.NewDevice,
    *,
    now: float,
    draw: Callable[[int], bytes],
) -> v1.Head:
    """Enrol a device by a ticket or the recovery token, and move the head; asked again, say the same."""
    if wanted.key.device != wanted.device:
        raise Refusal("invalid", "The key must be for the device.")
    of, spent = _allowed_by(connection, hash_of(bearer), bearer, now)
    row = connection.execute(select(vault).where(vault.c.account == of).with_for_update()).one()
    mine = (device.c.account == of) & (device.c.id == wanted.device)
    known = connection.execute(select(device.c.token_hash, device.c.revoked_at).where(mine)).first()
    if known is not None:
        if known.token_hash != wanted.token_hash or known.revoked_at is not None:
            raise Refusal("device_exists", "There is a device of that id.")
        return head_of(connection, seated(connection, wanted.token_hash), now)
    if spent is not None:
        raise Refusal("bad_token", "The ticket is used up.")
    if wanted.gen != row.gen:
        raise Refusal("wrong_generation", f"The vault is at generation {row.gen}.")
    _check_room(connection, of, wanted)
    connection.execute(
        insert(device).values(
            account=of, id=wanted.device, token_hash=wanted.token_hash, created_at=now, last_seen_at=now
        )
    )
    key = {"vault": row.id, "device": wanted.device, "sealed": wanted.key.sealed}
    connection.execute(insert(generation_key).values(key))
    connection.execute(update(ticket).where(ticket.c.hash == hash_of(bearer)).values(device=wanted.device))
    by = "recovery" if bearer.startswith(v1.RECOVERY_TOKEN) else "ticket"
    audit.note(connection, "device_enrolled", now=now, subject=audit.subject_of(of), by=by)
    committed(connection, seated(connection, wanted.token_hash), (1,), now=now, draw=draw)
    return head_of(connection, seated(connection, wanted.token_hash), now)


def _allowed_by(
    connection: Connection, bearer_hash: bytes, bearer: str, now: float
) -> tuple[bytes, bytes | None]:
    """Give the account that a bearer may enrol into, and the device that used the ticket up."""
    if bearer.startswith(v1.RECOVERY_TOKEN):
        found = connection.scalar(select(vault.c.account).where(vault.c.recovery_token_hash == bearer_hash))
        if found is not None:
            return found, None
    else:
        asked = select(ticket.c.account, ticket.c.device).where(
            ticket.c.hash == bearer_hash, ticket.c.expires_at > now
        )
        row = connection.execute(asked.with_for_update()).first()
        if row is not None:
            return row.account, row.device
    raise Refusal("bad_token", "The token is not known here.")


def _check_room(connection: Connection, of: bytes, wanted: v1.NewDevice) -> None:
    count = connection.scalar(select(func.count()).select_from(device).where(device.c.account == of)) or 0
    if count >= MAX_DEVICES:
        raise Refusal("quota_exceeded", "The account has as many devices as it may have.")
    if _is_taken(connection, wanted.token_hash):
        raise Refusal("device_exists", "A token must be new.")


def devices(connection: Connection, token_hash: bytes) -> v1.Devices:
    """List the devices, the oldest first."""
    seat = seated(connection, token_hash)
    rows = connection.execute(
        select(device).where(device.c.account == seat.account).order_by(device.c.created_at, device.c.id)
    )
    return v1.Devices(
        devices=tuple(
            v1.Device(
                device=row.id,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                revoked_at=row.revoked_at,
            )
            for row in rows
        )
    )


def revoke(connection: Connection, token_hash: bytes, which: bytes, *, now: float) -> None:
    """Take a device's right to ask, at once, and its key."""
    seat = seated(connection, token_hash, lock=True)
    mine = (device.c.account == seat.account) & (device.c.id == which)
    known = connection.execute(select(device.c.revoked_at).where(mine)).first()
    if known is None:
        raise not_found()
    if known.revoked_at is not None:
        return
    connection.execute(update(device).where(mine).values(revoked_at=now))
    connection.execute(
        delete(generation_key).where(generation_key.c.vault == seat.vault, generation_key.c.device == which)
    )
    audit.note(connection, "device_revoked", now=now, subject=audit.subject_of(seat.account))


def replace_recovery(
    connection: Connection,
    token_hash: bytes,
    wanted: v1.NewRecovery,
    *,
    now: float,
    draw: Callable[[int], bytes],
) -> None:
    """Put a new recovery phrase in the place of the old one, and move the head; asked again, nothing changes."""
    seat = seated(connection, token_hash, lock=True)
    if wanted.gen != seat.gen:
        raise Refusal("wrong_generation", f"The vault is at generation {seat.gen}.")
    if wanted.key.device != wanted.recovery:
        raise Refusal("invalid", "The key must be for the recovery phrase.")
    mine = vault.c.id == seat.vault
    if connection.scalar(select(vault.c.recovery_token_hash).where(mine)) == wanted.recovery_token_hash:
        return
    if _is_taken(connection, wanted.recovery_token_hash):
        raise Refusal("device_exists", "A token must be new.")
    if connection.scalar(
        select(device.c.id).where(device.c.account == seat.account, device.c.id == wanted.recovery)
    ):
        raise Refusal("invalid", "The id of a device cannot be that of a recovery phrase.")
    keys = generation_key.c.vault == seat.vault
    connection.execute(
        delete(generation_key).where(keys, generation_key.c.device.in_([seat.recovery, wanted.recovery]))
    )
    key = {"vault": seat.vault, "device": wanted.recovery, "sealed": wanted.key.sealed}
    connection.execute(insert(generation_key).values(key))
    values: dict[str, Any] = {
        "recovery": wanted.recovery,
        "recovery_token_hash": wanted.recovery_token_hash,
    }
    audit.note(connection, "recovery_replaced", now=now, subject=audit.subject_of(seat.account))
    committed(connection, seat, (1,), now=now, draw=draw, **values)


def erase(connection: Connection, token_hash: bytes, *, now: float) -> None:
    """Erase an account with everything, in every table that knows accounts or vaults."""
    seat = seated(connection, token_hash, lock=True)
    for table in reversed(metadata.sorted_tables):
        if "vault" in table.c:
            connection.execute(delete(table).where(table.c.vault == seat.vault))
        elif "account" in table.c:
            connection.execute(delete(table).where(table.c.account == seat.account))
    connection.execute(delete(account).where(account.c.id == seat.account))
    audit.note(connection, "account_erased", now=now, subject=audit.subject_of(seat.account))
