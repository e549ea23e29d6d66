"""Runs the server until it is told to end; then it finishes what it has begun."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from sqlalchemy import func, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from ccmeter.server import accounts
from ccmeter.server.app import make
from ccmeter.server.errors import ServerError
from ccmeter.server.storage import schema
from ccmeter.server.storage.database import Database
from ccmeter.server.storage.tables import account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.server.options import Options

FILE: Final = "server.db"
_GRACE_S: Final = 30
_KEEP_ALIVE_S: Final = 65


def url_of(given: str | None, folder: Path) -> str:
    """Give the address of the database: the one that was named, else a file in the data folder."""
    return given or f"sqlite:///{folder / FILE}"


def opened(url: str, *, is_new: bool = True) -> Database:
    """Open a database; bring it to the tables that this version knows. Raises ServerError."""
    try:
        database = Database(url)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise ServerError(
            "That is no address of a database.",
            hint="Like this: postgresql://user:password@host/name, or sqlite:////folder/file.db",
        ) from error
    if database.path is not None:
        if not is_new and not database.path.exists():
            raise ServerError(f"There is no database at {database.path}.", hint="`ccmeter serve` makes one.")
        database.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        database.path.touch(mode=0o600)
    try:
        schema.upgrade(database)
    except OperationalError as error:
        database.close()
        raise ServerError(
            f"The database does not answer: {str(error.orig).strip()}",
            hint="Is it running, and is the address right?",
        ) from error
    return database


def first_invite(database: Database, draw: Callable[[int], bytes]) -> str | None:
    """Give an invite for the owner while there is no account yet."""
    with database.writing() as connection:
        if connection.scalar(select(func.count()).select_from(account)):
            return None
        return accounts.new_invite(connection, now=time.time(), draw=draw, seconds=accounts.INVITE_S)


def listen(host: str, port: int) -> socket.socket:
    """Take the port. Raises ServerError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # unnamed, asyncio would wait 40 ms
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(2048)
    except OSError as error:
        made.close()
        raise ServerError(
            f"Port {port} of {host} cannot be taken: {error.strerror}.", hint="Choose another with --port."
        ) from error
    return made


def run(database: Database, options: Options, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; what was begun is finished first."""
    gc.enable()  # the front door switches it off, for commands that end soon
    _log_to(sys.stdout)
    config = uvicorn.Config(
        make(database, options),
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    signal.signal(signal.SIGTERM, _ended)  # uvicorn hands it on when all is finished
    uvicorn.Server(config).run(sockets=[listening])


def _ended(*_: Any) -> None:
    raise SystemExit(0)


def _log_to(stream: Any) -> None:
    """Write the server's own lines as they are, and of uvicorn only what went wrong."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    own = logging.getLogger("ccmeter.server")
    own.setLevel(logging.INFO)
    own.propagate = False
    own.handlers = [handler]
    errors = logging.StreamHandler(sys.stderr)
    of_uvicorn = logging.getLogger("uvicorn.error")
    of_uvicorn.setLevel(logging.WARNING)
    of_uvicorn.handlers = [errors]
