"""Puts the server together: routes over a service, refusals as answers, and the loop that tidies up."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ccmeter import __version__
from ccmeter.server import purge
from ccmeter.server.answers import refused
from ccmeter.server.frame import Frame
from ccmeter.server.measures import Measures
from ccmeter.server.rates import Rates
from ccmeter.server.refusals import Refusal, not_found
from ccmeter.server.routes import about, accounts, generations, mailboxes, records
from ccmeter.server.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from ccmeter.server.options import Options
    from ccmeter.server.storage.database import Database

_TIDY_S: Final = 1.0
_EXPIRE_S: Final = 3_600.0
OPENAPI: Final = "/v1/openapi.json"


def make(
    database: Database,
    options: Options,
    *,
    clock: Callable[[], float] = time.time,
    draw: Callable[[int], bytes] = secrets.token_bytes,
) -> ASGIApp:
    """Make the application that uvicorn runs."""
    service = Service(
        database=database,
        options=options,
        rates=Rates(options.rates),
        measures=Measures(),
        clock=clock,
        draw=draw,
    )
    framed: ASGIApp = Frame(api(service), options, service.measures)
    if options.trusted_proxies:
        framed = ProxyHeadersMiddleware(framed, trusted_hosts=list(options.trusted_proxies))  # type: ignore[arg-type,assignment]  # uvicorn and starlette write the same type apart
    return framed


def api(service: Service) -> FastAPI:
    """Make the routes, with their description at `/v1/openapi.json`."""

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        await service.write(lambda connection: service.rates.load(connection, service.clock()))
        tidying = asyncio.create_task(_tidied(service))
        yield
        tidying.cancel()
        with suppress(asyncio.CancelledError):
            await tidying
        await _tidy(service)

    made = FastAPI(
        title="ccmeter",
        version=__version__,
        description="Sealed usage records of a person's machines. The server can read none of them.",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=running,
    )
    for part in (about, accounts, records, generations, mailboxes):
        made.include_router(part.router(service))
    made.add_exception_handler(Refusal, _refused)
    made.add_exception_handler(RequestValidationError, _invalid)
    made.add_exception_handler(HTTPException, _by_status)
    return made


async def _tidied(service: Service) -> None:
    """Write what is counted in memory once a second, while there is something; take out what expired every hour."""
    expired_at = 0.0
    while True:
        with suppress(Refusal):  # the database is away: it is done the next time
            if not service.rates.is_idle:
                await _tidy(service)
            if (now := service.clock()) - expired_at >= _EXPIRE_S:
                await service.write(partial(purge.expire, now=now))
                expired_at = now
        await asyncio.sleep(_TIDY_S)


async def _tidy(service: Service) -> None:
    await service.write(lambda connection: service.rates.save(connection, service.clock()))


async def _refused(_: Request, refusal: Any) -> Response:
    return refused(refusal)


async def _invalid(_: Request, error: Any) -> Response:
    """Say which fields are wrong and why, never what they held."""
    found = {".".join(map(str, each["loc"])) or "body": [str(each["msg"])] for each in error.errors()}
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return refused(Refusal("bad_json", "The body is no JSON."))
    return refused(Refusal("invalid", "The request is not as it must be.", details=found))


async def _by_status(_: Request, error: Any) -> Response:
    """Say in the protocol's words what the framework refuses by itself: no such route, method, or body."""
    if error.status_code == 405:  # noqa: PLR2004 - method not allowed
        answer = refused(Refusal("method_not_allowed", "That cannot be done here."))
        answer.headers.update(error.headers or {})
        return answer
    if error.status_code == 404:  # noqa: PLR2004 - not found
        return refused(not_found())
    return refused(Refusal("bad_json", "The body cannot be read."))
