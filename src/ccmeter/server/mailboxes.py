"""Mailboxes: what one device leaves for another that only has a code. Each is emptied once, and gone after ten minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select, update

from ccmeter.server.refusals import Refusal, not_found
from ccmeter.server.seats import seated
from ccmeter.server.storage.tables import mailbox
from ccmeter.wire import v1

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_OPEN: Final = 5


def leave(connection: Connection, token_hash: bytes, which: bytes, mail: v1.Mail, *, now: float) -> None:
    """Leave something; the same again changes nothing."""
    seat = seated(connection, token_hash, lock=True)
    mine = mailbox.c.account == seat.account
    connection.execute(delete(mailbox).where(mine, mailbox.c.expires_at <= now))
    known = connection.execute(select(mailbox).where(mailbox.c.id == which)).first()
    if known is not None:
        if known.account != seat.account:
            raise not_found()
        if known.sealed != mail.sealed:
            raise Refusal("mailbox_gone", "That mailbox was used before.")
        return
    count = connection.scalar(select(func.count()).select_from(mailbox).where(mine)) or 0
    if count >= MAX_OPEN:
        raise Refusal("rate_limited", "Too many mailboxes are open.", retry_after_s=float(v1.MAILBOX_S))
    connection.execute(
        insert(mailbox).values(
            id=which, account=seat.account, expires_at=now + v1.MAILBOX_S, sealed=mail.sealed
        )
    )


def claim(connection: Connection, which: bytes, *, now: float) -> v1.Claimed | Refusal:
    """Take out what was left. What it says no to is given back, not raised, so that a wrong try can be counted."""
    mine = (mailbox.c.id == which) & (mailbox.c.expires_at > now)
    found = connection.execute(select(mailbox.c.sealed).where(mine).with_for_update()).first()
    if found is None:
        return not_found()
    if found.sealed is None:
        return Refusal("mailbox_gone", "It was taken out before.")
    connection.execute(update(mailbox).where(mine).values(sealed=None))
    return v1.Claimed(sealed=found.sealed)


def state(connection: Connection, token_hash: bytes, which: bytes, *, now: float) -> v1.Mailbox:
    """Tell whoever left something whether it was taken out."""
    seat = seated(connection, token_hash)
    mine = (mailbox.c.id == which) & (mailbox.c.account == seat.account) & (mailbox.c.expires_at > now)
    found = connection.execute(select(mailbox.c.sealed).where(mine)).first()
    if found is None:
        raise not_found()
    return v1.Mailbox(is_claimed=found.sealed is None)
