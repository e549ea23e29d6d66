"""Ends an exchange over HTTP that takes too long as a whole: a server that sends a byte now and then would never be done."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CONNECTED: Final = frozenset(("connection.connect_tcp.complete", "connection.start_tls.complete"))


class Watch:
    """Shuts the socket of a client when an exchange's time is over; whoever reads from it gets an error."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.is_over = False

    def trace(self, event: str, known: Mapping[str, Any]) -> None:
        """Take note of the connection that is made; httpcore calls it."""
        if event in _CONNECTED:
            self._socket = known["return_value"].get_extra_info("socket")

    @contextmanager
    def over(self, seconds: float) -> Iterator[None]:
        """Watch over one exchange."""
        self.is_over = False
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
