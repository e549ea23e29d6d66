"""Sealed records: where the vault stands, what changed, and what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from ccmeter.server import vaults
from ccmeter.server.answers import documented, done, said
from ccmeter.server.routes.asking import Token
from ccmeter.server.seats import hash_of, head_of, is_stale, seated, touch
from ccmeter.wire import v1

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ccmeter.server.service import Service


def router(service: Service) -> APIRouter:
    """Give the routes over a service."""
    made = APIRouter(tags=["records"])
    _reading(made, service)
    _writing(made, service)
    return made


def _reading(made: APIRouter, service: Service) -> None:
    """Add what is read."""

    @made.get(
        "/v1/sync/head",
        response_model=v1.Head,
        responses={304: {"description": "As before"}, **documented("invalid", "bad_token")},
    )
    async def head(token: Token, if_none_match: Annotated[str, Header()] = "") -> Response:
        """Say where the vault stands."""
        await service.limit("head", token)
        now = service.clock()

        def asked(connection: Connection) -> tuple[v1.Head, bool]:
            seat = seated(connection, hash_of(token))
            return head_of(connection, seat, now), is_stale(seat, now)

        found, stale = await service.read(asked)
        if stale:
            await service.write(lambda connection: touch(connection, seated(connection, hash_of(token)), now))
        tag = f'"{found.gen}.{v1.encoded(found.tick)}.{found.poll_after:g}"'
        if if_none_match == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return said(found, {"ETag": tag})

    @made.get(
        "/v1/sync/changes",
        response_model=v1.Changes,
        responses=documented("invalid", "bad_token", "wrong_generation", "cursor_unknown"),
    )
    async def changes(
        token: Token,
        gen: Annotated[int, Query(ge=0, lt=1 << 53)],
        seq: Annotated[int, Query(ge=0, lt=1 << 53)] = 0,
        tick: Annotated[v1.Bytes, Query(max_length=22)] = b"",
        witness: Annotated[v1.Bytes, Query(max_length=22)] = b"",
        limit: Annotated[int, Query(ge=1, le=v1.MAX_CHANGES)] = v1.MAX_CHANGES,
    ) -> Response:
        """Give what changed after a cursor."""
        await service.limit("changes", token)
        return said(
            await service.read(
                lambda connection: vaults.changes(
                    connection, hash_of(token), gen=gen, seq=seq, tick=tick, witness=witness, limit=limit
                )
            )
        )


def _writing(made: APIRouter, service: Service) -> None:
    """Add what is written."""

    @made.post(
        "/v1/sync/push",
        response_model=v1.Commit,
        responses=documented(
            "bad_json",
            "invalid",
            "bad_padding",
            "bad_token",
            "not_found",
            "version_conflict",
            "wrong_generation",
            "quota_exceeded",
        ),
    )
    async def push(body: v1.Push, token: Token) -> Response:
        """Store records, all or none."""
        await service.limit("push", token)
        now = service.clock()
        return said(
            await service.write(
                lambda connection: vaults.push(connection, hash_of(token), body, now=now, draw=service.draw)
            )
        )

    @made.delete("/v1/sync", status_code=204, response_class=Response, responses=documented("bad_token"))
    async def erase(token: Token) -> Response:
        """Erase all records, keys and commits of the vault; account and devices stay."""
        await service.limit("change", token)
        now = service.clock()
        await service.write(
            lambda connection: vaults.erase(connection, hash_of(token), now=now, draw=service.draw)
        )
        await service.scrub()
        return done()
