"""What the server is, and how it fares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import func, select

from ccmeter import __version__
from ccmeter.server import measures
from ccmeter.server.answers import documented, said
from ccmeter.server.refusals import not_found
from ccmeter.server.routes.asking import Address
from ccmeter.server.storage import schema
from ccmeter.server.storage.tables import vault
from ccmeter.wire import v1

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ccmeter.server.service import Service

FEATURES = ("sync", "pairing", "recovery", "rotation", "export")


def router(service: Service) -> APIRouter:
    """Give the routes over a service."""
    made = APIRouter(tags=["about"])

    @made.get("/v1/info", response_model=v1.Info, responses=documented())
    async def info() -> Response:
        """Say what the server is, what it can and what it takes."""
        return said(
            v1.Info(
                name=service.options.name,
                version=__version__,
                features=FEATURES,
                registration=service.options.registration,
                server_time=service.clock(),
                notice=service.options.notice,
            )
        )

    @made.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        """Tell that the process runs."""
        return Response("ok\n", media_type="text/plain")

    @made.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        """Tell whether requests can be served: the database answers, at the tables that this version knows."""
        version = await service.read(schema.version)
        is_ready = version == schema.latest()
        return Response(
            "ready\n" if is_ready else f"the tables stand at {version}\n",
            status_code=200 if is_ready else 503,
            media_type="text/plain",
        )

    @made.get("/metrics", include_in_schema=False)
    async def metrics(address: Address) -> Response:
        """Give the counts, to administrators only."""
        if not service.options.is_admin(address):
            raise not_found()
        return Response(service.measures.text(await service.read(_gauges)), media_type=measures.TYPE)

    return made


def _gauges(connection: Connection) -> dict[str, float]:
    sums = (
        func.count(),
        func.coalesce(func.sum(vault.c.records), 0),
        func.coalesce(func.sum(vault.c.bytes), 0),
    )
    found = connection.execute(select(*sums).select_from(vault)).one()
    return {"vaults": float(found[0]), "records": float(found[1]), "sealed_bytes": float(found[2])}
