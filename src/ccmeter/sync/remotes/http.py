"""The protocol over HTTP: one request a call, JSON both ways, TLS unless the server is this machine.

What answers is not trusted: no redirect is followed, no answer is read beyond what the protocol allows or for longer than a
person would wait, and what is no answer of a ccmeter server counts as none. Every call may be repeated, so a busy server
is asked again after a while that grows and differs.
"""

from __future__ import annotations

import logging
import random
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from ccmeter import __version__
from ccmeter.config import addresses
from ccmeter.domain.errors import SyncError
from ccmeter.sync.remotes.base import RemoteError, UnreachableError
from ccmeter.sync.remotes.watch import Watch
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx
    from pydantic import BaseModel

A = TypeVar("A", bound=v1.Answer)

MAX_ANSWER_BYTES: Final = 8 << 20
"""A page of changes has 700 records at most, each of 4,136 bytes and a third more as text."""
MAX_EXPORT_BYTES: Final = 128 << 20
USER_AGENT: Final = f"ccmeter/{__version__}"
_BUSY: Final = frozenset((429, 500, 502, 503, 504))
_MAX_MESSAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for a server."""

    connect_s: float = 10.0
    silence_s: float = 30.0
    """Between two pieces of an answer."""
    answer_s: float = 120.0
    """For one whole answer."""
    tries: int = 4
    first_wait_s: float = 1.0
    """Before the second try at most; twice that before the next."""
    longest_wait_s: float = 30.0
    """A server that asks for more patience is left alone: it is said how long it wants to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    retry_after: str
    is_ours: bool


class HttpRemote:
    """A vault on a server, as the holder of one token sees it."""

    def __init__(
        self,
        server: str,
        token: str,
        *,
        patience: Patience = Patience(),
        page: int = v1.MAX_CHANGES,
        sleep: Callable[[float], object] = time.sleep,
        draw: Callable[[], float] = random.random,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take an address; nothing is sent before the first call. Raises SyncError for one without TLS."""
        self._server = checked(server)
        self._token = token
        self._patience, self._page = patience, page
        self._sleep, self._draw = sleep, draw
        self._transport = transport
        self._watch = Watch()
        self._opened: httpx.Client | None = None

    def info(self) -> v1.Info:
        """Say what the server is."""
        return self._told(v1.Info, "GET", "/v1/info")

    def register(self, account: v1.NewAccount) -> v1.Head:
        """Make an account with its vault and first device."""
        return self._told(v1.Head, "POST", "/v1/accounts", account)

    def allow(self, ticket: v1.NewTicket) -> None:
        """Let whoever has a ticket enrol one device."""
        self._done("POST", "/v1/tickets", ticket)

    def enrol(self, device: v1.NewDevice) -> v1.Head:
        """Enrol a device, with the ticket or the recovery token that this remote was made with."""
        return self._told(v1.Head, "POST", "/v1/devices", device)

    def devices(self) -> v1.Devices:
        """List the devices."""
        return self._told(v1.Devices, "GET", "/v1/devices")

    def revoke(self, device: bytes) -> None:
        """Take a device's right to ask, at once."""
        self._done("DELETE", f"/v1/devices/{v1.encoded(device)}")

    def replace_recovery(self, recovery: v1.NewRecovery) -> None:
        """Put a new recovery phrase in the place of the old one."""
        self._done("PUT", "/v1/recovery", recovery)

    def head(self) -> v1.Head:
        """Say where the vault stands."""
        return self._told(v1.Head, "GET", "/v1/sync/head")

    def changes(self, gen: int, seq: int, tick: bytes, witness: bytes) -> v1.Changes:
        """Give what changed after a cursor; one page."""
        asked = {
            "gen": str(gen),
            "seq": str(seq),
            "tick": v1.encoded(tick),
            "witness": v1.encoded(witness),
            "limit": str(self._page),
        }
        return self._told(v1.Changes, "GET", "/v1/sync/changes", asked=asked)

    def push(self, push: v1.Push) -> v1.Commit:
        """Store records, all or none."""
        return self._told(v1.Commit, "POST", "/v1/sync/push", push)

    def begin(self, generation: v1.NewGeneration) -> None:
        """Begin a new generation."""
        self._done("POST", "/v1/sync/generations", generation)

    def stage(self, gen: int, stage: v1.Stage) -> None:
        """Add records to it."""
        self._done("PUT", f"/v1/sync/generations/{gen}/records", stage)

    def commit(self, gen: int, commit: v1.CommitGeneration) -> v1.Commit:
        """Put it in the place of the old one."""
        return self._told(v1.Commit, "POST", f"/v1/sync/generations/{gen}/commit", commit)

    def key(self) -> v1.Key:
        """Give the current keys, sealed for whoever asks."""
        return self._told(v1.Key, "GET", "/v1/sync/generations/current/key")

    def leave_mail(self, mailbox: bytes, mail: v1.Mail) -> None:
        """Leave something for a device that only has a code."""
        self._done("PUT", f"/v1/mailbox/{v1.encoded(mailbox)}", mail)

    def claim_mail(self, mailbox: bytes) -> v1.Claimed:
        """Take it out; it is there once."""
        return self._told(v1.Claimed, "GET", f"/v1/mailbox/{v1.encoded(mailbox)}")

    def mail_state(self, mailbox: bytes) -> v1.Mailbox:
        """Tell whether it was taken out."""
        return self._told(v1.Mailbox, "GET", f"/v1/mailbox/{v1.encoded(mailbox)}/state")

    def delete_vault(self) -> None:
        """Erase all records and keys of the vault."""
        self._done("DELETE", "/v1/sync")

    def delete_account(self) -> None:
        """Erase the account with everything."""
        self._done("DELETE", "/v1/account")

    def export(self) -> bytes:
        """Give all that the server holds of the account, as lines of JSON."""
        return self._answered("GET", "/v1/account/export", most=MAX_EXPORT_BYTES)

    def _told(
        self,
        kind: type[A],
        method: str,
        path: str,
        body: BaseModel | None = None,
        *,
        asked: Mapping[str, str] | None = None,
    ) -> A:
        """Ask, and give what the answer says."""
        found = self._answered(method, path, body, asked=asked)
        try:
            return kind.model_validate_json(found)
        except ValueError:  # its words would quote the answer
            raise _no_server("its answer is not as the protocol has it") from None

    def _done(self, method: str, path: str, body: BaseModel | None = None) -> None:
        self._answered(method, path, body)

    def _answered(
        self,
        method: str,
        path: str,
        body: BaseModel | None = None,
        *,
        asked: Mapping[str, str] | None = None,
        most: int = MAX_ANSWER_BYTES,
    ) -> bytes:
        """Ask until there is an answer or patience ends; give its body. Raises RemoteError and UnreachableError."""
        content = None if body is None else body.model_dump_json().encode()
        for tried in range(1, self._patience.tries + 1):
            failed, after_s = self._tried(method, path, content, asked, most)
            if isinstance(failed, bytes):
                return failed
            wait_s = self._wait_s(tried, after_s)
            if wait_s is None or tried == self._patience.tries:
                raise failed
            self._sleep(wait_s)
        raise AssertionError("a try gives an answer or an error")

    def _wait_s(self, tried: int, after_s: float | None) -> float | None:
        """Give how long to wait before the next try: what was asked for and a random part more; None for too long."""
        if after_s is None or after_s > self._patience.longest_wait_s:
            return None
        most = min(self._patience.first_wait_s * 2.0 ** (tried - 1), self._patience.longest_wait_s)
        return after_s + self._draw() * most

    def _tried(
        self, method: str, path: str, content: bytes | None, asked: Mapping[str, str] | None, most: int
    ) -> tuple[bytes | SyncError, float | None]:
        """Ask once: give the body, or what went wrong and after how many seconds to ask again, None for never."""
        import httpx

        try:
            answer = self._sent(method, path, content, asked, most)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            return self._failed(error)
        if answer.is_ours and answer.status in (200, 204):
            return answer.body, None
        return _refusal(answer)

    def _failed(self, error: Exception) -> tuple[SyncError, float | None]:
        """Say what kept an answer from coming, and after how many seconds to ask again, None for never."""
        import httpx

        if isinstance(error, httpx.ConnectError):
            return UnreachableError(f"{self._host} cannot be reached ({_cause(error)})."), None
        if isinstance(error, httpx.TimeoutException):
            return UnreachableError(f"{self._host} did not answer in time."), 0.0
        if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
            return UnreachableError("The address of the server cannot be used."), None
        if self._watch.is_over:
            return UnreachableError(f"{self._host} took too long to answer."), None
        return UnreachableError(f"The answer of {self._host} broke off ({type(error).__name__})."), 0.0

    def _sent(
        self, method: str, path: str, content: bytes | None, asked: Mapping[str, str] | None, most: int
    ) -> _Answer:
        """Send one request, and read the answer within its bounds."""
        headers = {"Content-Type": "application/json"} if content is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        with (
            self._watch.over(self._patience.answer_s),
            self._client.stream(
                method,
                self._server + path,
                content=content,
                params=dict(asked) if asked else None,
                headers=headers,
                extensions={"trace": self._watch.trace},
            ) as answer,
        ):
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise _no_server("it packs an answer that was to be plain")
            parts, size = [], 0
            for part in answer.iter_raw():
                size += len(part)
                if size > most:
                    raise _no_server("its answer is longer than an answer can be")
                parts.append(part)
            return _Answer(
                status=answer.status_code,
                body=b"".join(parts),
                retry_after=answer.headers.get("retry-after", ""),
                is_ours=answer.headers.get(v1.HEADER) == str(v1.PROTOCOL),
            )

    @property
    def _host(self) -> str:
        return urlsplit(self._server).netloc

    @property
    def _client(self) -> httpx.Client:
        """Give the client, which keeps its connection until this remote is gone."""
        if self._opened is None:
            import httpx

            for name in ("httpx", "httpcore"):  # they note every address that they ask
                logging.getLogger(name).setLevel(logging.WARNING)
            is_far = urlsplit(self._server).scheme == "https"
            self._opened = httpx.Client(
                follow_redirects=False,
                timeout=httpx.Timeout(self._patience.silence_s, connect=self._patience.connect_s),
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "User-Agent": USER_AGENT,
                    v1.HEADER: str(v1.PROTOCOL),
                },
                transport=self._transport,
                trust_env=is_far,  # a proxy is for what is far away
                verify=is_far,
            )
            weakref.finalize(self, self._opened.close)
        return self._opened


def checked(server: str) -> str:
    """Give a server's address without the slash at its end. Raises SyncError unless it is https, or this machine."""
    plain = server.strip().rstrip("/")
    parts = urlsplit(plain)
    if fault := addresses.fault(plain):
        raise SyncError(
            f"The server cannot be used: {fault}.", hint="Only https is, or http on this machine itself."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SyncError("The address of a server has neither a user nor a query.")
    return plain


def _refusal(answer: _Answer) -> tuple[SyncError, float | None]:
    """Give what a refusal says, and when to ask again."""
    is_busy = answer.status in _BUSY
    asked_s = _seconds(answer.retry_after)
    try:
        failure = v1.Failure.model_validate_json(answer.body) if answer.is_ours else None
    except ValueError:
        failure = None
    if failure is None:
        return _no_server(f"it answered with status {answer.status}"), asked_s if is_busy else None
    after_s = max(asked_s, _bounded(failure.retry_after or 0.0))
    refused = RemoteError(
        _plain(failure.message), answer=_plain(failure.code), retry_after_s=after_s if is_busy else None
    )
    return refused, after_s if is_busy else None


def _no_server(reason: str) -> UnreachableError:
    return UnreachableError(f"What answers is no ccmeter server: {reason}.")


def _seconds(text: str) -> float:
    """Give what `Retry-After` asks for; a date, which ccmeter never says, counts as nothing."""
    return _bounded(float(text)) if text.isascii() and text.isdecimal() else 0.0


def _bounded(seconds: float) -> float:
    return seconds if 0.0 <= seconds < float("inf") else 0.0


def _plain(text: str) -> str:
    """Give foreign words without what a terminal would obey."""
    return "".join(char for char in text if char.isprintable())[:_MAX_MESSAGE]


def _cause(error: Any) -> str:
    """Say why there is no connection, in the words of the system."""
    return _plain(str(error)) or type(error).__name__
