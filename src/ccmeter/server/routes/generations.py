"""Rotation of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from ccmeter.server import generations
from ccmeter.server.answers import documented, done, said
from ccmeter.server.routes.asking import Address, Token
from ccmeter.server.seats import hash_of
from ccmeter.wire import v1

if TYPE_CHECKING:
    from ccmeter.server.service import Service

Gen = Annotated[int, Path(ge=0, lt=1 << 53)]


def router(service: Service) -> APIRouter:
    """Give the routes over a service."""
    made = APIRouter(tags=["generations"], prefix="/v1/sync/generations")
    _rotating(made, service)
    _keys(made, service)
    return made


def _rotating(made: APIRouter, service: Service) -> None:
    """Add the steps of a rotation."""

    @made.post(
        "",
        status_code=204,
        response_class=Response,
        responses=documented(
            "bad_json", "invalid", "bad_token", "wrong_generation", "base_moved", "stage_mismatch"
        ),
    )
    async def begin(body: v1.NewGeneration, token: Token) -> Response:
        """Begin to seal everything under new keys."""
        await service.limit("change", token)
        now = service.clock()
        await service.write(lambda connection: generations.begin(connection, hash_of(token), body, now=now))
        return done()

    @made.put(
        "/{gen}/records",
        status_code=204,
        response_class=Response,
        responses=documented(
            "bad_json", "invalid", "bad_padding", "bad_token", "not_found", "quota_exceeded"
        ),
    )
    async def add(gen: Gen, body: v1.Stage, token: Token) -> Response:
        """Add records to the generation in the making."""
        await service.limit("stage", token)
        await service.write(lambda connection: generations.add(connection, hash_of(token), gen, body))
        return done()

    @made.post(
        "/{gen}/commit",
        response_model=v1.Commit,
        responses=documented("bad_json", "invalid", "bad_token", "not_found", "base_moved", "stage_mismatch"),
    )
    async def commit(gen: Gen, body: v1.CommitGeneration, token: Token) -> Response:
        """Put the new generation in the place of the old one."""
        await service.limit("change", token)
        now = service.clock()
        return said(
            await service.write(
                lambda connection: generations.commit(
                    connection, hash_of(token), gen, body, now=now, draw=service.draw
                )
            )
        )


def _keys(made: APIRouter, service: Service) -> None:
    """Add how keys are fetched."""

    async def key_of(gen: int | None, token: str, address: str) -> Response:
        if token.startswith(v1.RECOVERY_TOKEN):
            await service.limit_address("enrol", address)
        else:
            await service.limit("head", token)
        return said(await service.read(lambda connection: generations.key(connection, token, gen)))

    documents = documented("invalid", "bad_token", "not_found")

    @made.get("/current/key", response_model=v1.Key, responses=documents)
    async def current_key(token: Token, address: Address) -> Response:
        """Give the keys in force, sealed for the device or the recovery phrase that asks."""
        return await key_of(None, token, address)

    @made.get("/{gen}/key", response_model=v1.Key, responses=documents)
    async def key(gen: Gen, token: Token, address: Address) -> Response:
        """Give the keys of that generation, if it is the one in force."""
        return await key_of(gen, token, address)
