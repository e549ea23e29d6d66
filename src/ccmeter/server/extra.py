"""Tells whether what the server is made of is installed: it comes with the extra `server` only."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from ccmeter.server.errors import ServerError

NEEDED: Final = ("alembic", "fastapi", "psycopg", "sqlalchemy", "uvicorn")


def require(needed: tuple[str, ...] = NEEDED) -> None:
    """See that all is there. Raises ServerError, which says what to install."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise ServerError(
            f"The server needs what is not installed: {', '.join(missing)}.",
            hint="pip install 'ccmeter-cli[server]'",
        )
