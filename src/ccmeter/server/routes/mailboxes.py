"""Mailboxes for pairing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response

from ccmeter.server import mailboxes
from ccmeter.server.answers import documented, done, said
from ccmeter.server.rates import address_of
from ccmeter.server.refusals import Refusal
from ccmeter.server.routes.asking import Address, Token
from ccmeter.server.seats import hash_of
from ccmeter.wire import v1

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ccmeter.server.service import Service

WRONG = "mailbox"
"""The class that wrong tries are counted in."""


def router(service: Service) -> APIRouter:
    """Give the routes over a service."""
    made = APIRouter(tags=["mailboxes"], prefix="/v1/mailbox")

    @made.put(
        "/{mailbox}",
        status_code=204,
        response_class=Response,
        responses=documented("bad_json", "invalid", "bad_token", "not_found", "mailbox_gone"),
    )
    async def leave(mailbox: v1.Id, body: v1.Mail, token: Token) -> Response:
        """Leave something for a device that only has a code, for ten minutes."""
        await service.limit("change", token)
        now = service.clock()
        await service.write(
            lambda connection: mailboxes.leave(connection, hash_of(token), mailbox, body, now=now)
        )
        return done()

    @made.get(
        "/{mailbox}",
        response_model=v1.Claimed,
        responses=documented("invalid", "not_found", "mailbox_gone"),
    )
    async def claim(mailbox: v1.Id, address: Address) -> Response:
        """Take out what was left: it is there once."""
        now, who = service.clock(), address_of(address)

        def asked(connection: Connection) -> v1.Claimed | Refusal:
            service.rates.check_kept(connection, WRONG, who, now)
            found = mailboxes.claim(connection, mailbox, now=now)
            if isinstance(found, Refusal):
                service.rates.take_kept(connection, WRONG, who, now)
            return found

        found = await service.write(asked)
        if isinstance(found, Refusal):
            raise found
        return said(found)

    @made.get(
        "/{mailbox}/state",
        response_model=v1.Mailbox,
        responses=documented("invalid", "bad_token", "not_found"),
    )
    async def state(mailbox: v1.Id, token: Token) -> Response:
        """Tell whether it was taken out."""
        await service.limit("head", token)
        now = service.clock()
        return said(
            await service.read(
                lambda connection: mailboxes.state(connection, hash_of(token), mailbox, now=now)
            )
        )

    return made
