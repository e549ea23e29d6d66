"""Accounts and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from ccmeter.server import accounts, export
from ccmeter.server.answers import documented, done, said
from ccmeter.server.routes.asking import Address, Token
from ccmeter.server.seats import hash_of, seated
from ccmeter.wire import v1

if TYPE_CHECKING:
    from ccmeter.server.service import Service


def router(service: Service) -> APIRouter:
    """Give the routes over a service."""
    made = APIRouter(tags=["accounts"])
    _coming_in(made, service)
    _devices(made, service)
    _whole(made, service)
    return made


def _coming_in(made: APIRouter, service: Service) -> None:
    """Add how accounts and devices come in."""

    @made.post(
        "/v1/accounts",
        response_model=v1.Head,
        responses=documented("bad_json", "invalid", "registration_closed", "not_found", "device_exists"),
    )
    async def create(body: v1.NewAccount, address: Address) -> Response:
        """Make an account with its vault and first device."""
        await service.limit_address("account", address)
        return said(
            await service.write(
                lambda connection: accounts.create(
                    connection,
                    body,
                    registration=service.options.registration,
                    now=service.clock(),
                    draw=service.draw,
                )
            )
        )

    @made.post(
        "/v1/tickets",
        status_code=204,
        response_class=Response,
        responses=documented("bad_json", "invalid", "bad_token", "not_found"),
    )
    async def allow(body: v1.NewTicket, token: Token) -> Response:
        """Allow one device to enrol, for ten minutes."""
        await service.limit("change", token)
        now = service.clock()
        await service.write(lambda connection: accounts.allow(connection, hash_of(token), body, now=now))
        return done()

    @made.post(
        "/v1/devices",
        response_model=v1.Head,
        responses=documented(
            "bad_json", "invalid", "bad_token", "wrong_generation", "device_exists", "quota_exceeded"
        ),
    )
    async def enrol(body: v1.NewDevice, token: Token, address: Address) -> Response:
        """Enrol a device, by a ticket or the recovery phrase."""
        await service.limit_address("enrol", address)
        now = service.clock()
        return said(
            await service.write(
                lambda connection: accounts.enrol(connection, token, body, now=now, draw=service.draw)
            )
        )


def _devices(made: APIRouter, service: Service) -> None:
    """Add what is done with devices."""

    @made.get("/v1/devices", response_model=v1.Devices, responses=documented("bad_token"))
    async def devices(token: Token) -> Response:
        """List the devices."""
        await service.limit("head", token)
        return said(await service.read(lambda connection: accounts.devices(connection, hash_of(token))))

    @made.delete(
        "/v1/devices/{device}",
        status_code=204,
        response_class=Response,
        responses=documented("invalid", "bad_token", "not_found"),
    )
    async def revoke(device: v1.Id, token: Token) -> Response:
        """Take a device's right to ask, at once."""
        await service.limit("change", token)
        now = service.clock()
        await service.write(lambda connection: accounts.revoke(connection, hash_of(token), device, now=now))
        return done()


def _whole(made: APIRouter, service: Service) -> None:
    """Add what is done with an account as a whole."""

    @made.put(
        "/v1/recovery",
        status_code=204,
        response_class=Response,
        responses=documented("bad_json", "invalid", "bad_token", "wrong_generation", "device_exists"),
    )
    async def replace_recovery(body: v1.NewRecovery, token: Token) -> Response:
        """Put a new recovery phrase in the place of the old one."""
        await service.limit("change", token)
        now = service.clock()
        await service.write(
            lambda connection: accounts.replace_recovery(
                connection, hash_of(token), body, now=now, draw=service.draw
            )
        )
        return done()

    @made.get(
        "/v1/account/export",
        response_class=StreamingResponse,
        responses={
            200: {"content": {export.TYPE: {"schema": {"type": "string"}}}, "description": "JSON lines"},
            **documented("bad_token"),
        },
    )
    async def export_all(token: Token) -> Response:
        """Give all that is held of the account, as lines of JSON."""
        await service.limit("export", token)
        seat = await service.read(lambda connection: seated(connection, hash_of(token)))
        return StreamingResponse(export.lines(service.database, seat), media_type=export.TYPE)

    @made.delete("/v1/account", status_code=204, response_class=Response, responses=documented("bad_token"))
    async def erase(token: Token) -> Response:
        """Erase the account with everything."""
        await service.limit("change", token)
        now = service.clock()
        await service.write(lambda connection: accounts.erase(connection, hash_of(token), now=now))
        await service.scrub()
        return done()
