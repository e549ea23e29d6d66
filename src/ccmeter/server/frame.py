"""What stands around every request: its body within bounds, the protocol it speaks, headers, one line of log, a count.

It is the outermost piece, so that no answer leaves without the headers, whatever failed inside.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers, MutableHeaders

from ccmeter.server.answers import refused
from ccmeter.server.refusals import Refusal
from ccmeter.wire import v1

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ccmeter.server.measures import Measures
    from ccmeter.server.options import Options

SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer. Besides: `Cache-Control: no-store`, and under TLS `Strict-Transport-Security`."""
HSTS: Final = "max-age=31536000"
SMALL_BYTES: Final = 64 << 10
"""Most of a body outside of `/v1/sync/`."""
_BIG: Final = "/v1/sync/"
_LOG: Final = logging.getLogger("ccmeter.server")


class Frame:
    """The application with what stands around it."""

    def __init__(self, app: ASGIApp, options: Options, measures: Measures) -> None:
        self.app, self._options, self._measures = app, options, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, sent = time.perf_counter(), {"status": 500, "bytes": 0}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent["status"] = message["status"]
                _add_headers(MutableHeaders(scope=message), scope["scheme"])
            elif message["type"] == "http.response.body":
                sent["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._served(scope, receive, sending)
        finally:
            self._note(scope, sent, time.perf_counter() - began)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = Headers(scope=scope)
            _check_protocol(headers)
            body = await self._body(scope["path"], headers, receive)
        except Refusal as refusal:
            answer = refused(refusal)
            answer.headers["Connection"] = "close"  # nobody reads what is still to come of it
            await answer(scope, receive, send)
            return
        await self.app(scope, _replayed(body, receive), send)

    async def _body(self, path: str, headers: Headers, receive: Receive) -> bytes:
        """Read the whole body: no more than is allowed, in no more time than is allowed."""
        most = v1.MAX_PUSH_BYTES if path.startswith(_BIG) else SMALL_BYTES
        stated = headers.get("content-length", "0")
        if stated.isdigit() and int(stated) > most:
            raise Refusal("too_large", f"A body may have {most} bytes here.")
        parts, size, more = [], 0, True
        try:
            async with asyncio.timeout(self._options.body_s):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal("too_slow", "The request was cut off.")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise Refusal("too_large", f"A body may have {most} bytes here.")
                    more = message.get("more_body", False)
        except TimeoutError:
            raise Refusal("too_slow", "The request took too long to come in.") from None
        if size and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal("not_json", "A body must be application/json.")
        return b"".join(parts)

    def _note(self, scope: Scope, sent: dict[str, int], seconds: float) -> None:
        """Count the request, and write its line: no ids, no addresses, nothing that was said."""
        route = getattr(scope.get("route"), "path", "-")
        self._measures.note(scope["method"], route, sent["status"], seconds)
        line = {
            "at": round(time.time(), 3),
            "method": scope["method"],
            "route": route,
            "status": sent["status"],
            "ms": round(seconds * 1000, 1),
            "bytes": sent["bytes"],
        }
        _LOG.info(json.dumps(line))


def _add_headers(headers: MutableHeaders, scheme: str) -> None:
    for name, value in SECURITY.items():
        headers[name] = value
    headers["Cache-Control"] = "no-store"
    headers[v1.HEADER] = str(v1.PROTOCOL)
    if scheme == "https":
        headers["Strict-Transport-Security"] = HSTS


def _check_protocol(headers: Headers) -> None:
    if headers.get(v1.HEADER.lower(), str(v1.PROTOCOL)) != str(v1.PROTOCOL):
        known = str(v1.PROTOCOL)
        raise Refusal(
            "upgrade_required",
            f"This server speaks protocol {known}.",
            details={"protocol": [known, known]},
        )


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give the body again to the application; after it, what really comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return waiting.pop() if waiting else await receive()

    return replay
