"""What can go wrong for the person who runs a server."""

from __future__ import annotations

from ccmeter.domain.errors import CcmeterError


class ServerError(CcmeterError):
    """The server cannot run, or a command on what it holds failed."""

    code = "server"
