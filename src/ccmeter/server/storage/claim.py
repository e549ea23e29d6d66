"""Tells whether a server runs on a database, so that nothing is replaced under it.

On SQLite a server holds a lock on a file beside the database, and is the only one; on PostgreSQL it holds a lock of its
session, which several servers share.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from ccmeter.server.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.server.storage.database import Database

_LOCK: Final = 0x63636F
_TAKEN: Final = "A server is running on that database."


@contextmanager
def serving(database: Database) -> Iterator[None]:
    """Hold the database as a server that runs. Raises ServerError where another keeps it to itself."""
    with _of_file(database.path) if database.path else _of_session(database, "_shared"):
        yield


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Hold the database so that no server may run on it. Raises ServerError where one does."""
    with _of_file(database.path) if database.path else _of_session(database, ""):
        yield


@contextmanager
def _of_session(database: Database, kind: str) -> Iterator[None]:
    with database.engine.connect() as connection:
        asked = text(f"SELECT pg_try_advisory_lock{kind}(:lock)")
        is_held = connection.scalar(asked, {"lock": _LOCK})
        connection.commit()
        if not is_held:
            raise ServerError(_TAKEN, hint="Stop it first.")
        try:
            yield
        finally:
            connection.invalidate()  # the lock goes with its session, even where the database went first


@contextmanager
def _of_file(path: Path) -> Iterator[None]:
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise ServerError(_TAKEN, hint="Stop it first.") from error
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
