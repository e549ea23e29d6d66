"""A real server for tests: uvicorn in a thread on a port of its own, on either database.

    with serving("sqlite:////some/file") as served:      # or cluster.migrated()
        httpx.get(served.url + "/v1/info")

Rates are off unless asked for, registration is open. `Client` speaks the protocol as one device would, byte by byte.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import httpx
import uvicorn

from ccmeter.server.app import make
from ccmeter.server.options import Options
from ccmeter.server.running import listen
from ccmeter.server.storage import schema
from ccmeter.server.storage.database import Database
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import BaseModel

OPEN = Options(registration="open", rates={})
TIMEOUT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that runs."""

    url: str
    database: Database
    options: Options


@contextmanager
def serving(
    database_url: str, options: Options = OPEN, *, clock: Callable[[], float] = time.time, port: int = 0
) -> Iterator[Served]:
    """Run a server on a database until the block ends."""
    database = Database(database_url)
    schema.upgrade(database)
    listening = listen("127.0.0.1", port)
    config = uvicorn.Config(
        make(database, options, clock=clock),
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
    thread.start()
    try:
        yield Served(url=f"http://127.0.0.1:{listening.getsockname()[1]}", database=database, options=options)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        database.close()


def bytes_of(*parts: object, size: int = 16) -> bytes:
    """Give bytes that are the same for the same parts, as ids, hashes and bodies."""
    return hashlib.shake_256(repr(parts).encode()).digest(size)


class Client:
    """One device that speaks the protocol: a thin shell around HTTP, with names made from its own."""

    def __init__(self, url: str, name: str = "one", vault: str = "vault") -> None:
        self.url, self.name, self.vault_name = url, name, vault
        self.vault = bytes_of("vault", vault)
        self.device = bytes_of("device", vault, name)
        self.token = v1.DEVICE_TOKEN + v1.encoded(bytes_of("token", vault, name, size=32))
        self.recovery_token = v1.RECOVERY_TOKEN + v1.encoded(bytes_of("phrase", vault, size=32))
        self.http = httpx.Client(base_url=url, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def ask(
        self, method: str, path: str, body: BaseModel | None = None, *, token: str | None = "", **params: Any
    ) -> httpx.Response:
        """Send a request, with this device's token unless another or none is given."""
        token = self.token if token == "" else token
        headers = {v1.HEADER: "1", **({"Authorization": f"Bearer {token}"} if token else {})}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = body.model_dump_json()
        return self.http.request(method, path, content=content, headers=headers, params=params or None)

    def account(self, invite: str = "") -> v1.NewAccount:
        """Give the request for an account of its own."""
        recovery = bytes_of("recovery", self.vault_name)
        return v1.NewAccount(
            invite=invite,
            vault=self.vault,
            device=self.device,
            token_hash=hashed(self.token),
            recovery=recovery,
            recovery_token_hash=hashed(self.recovery_token),
            key_check=bytes_of("check", size=8),
            keys=(wrapped(self.device), wrapped(recovery)),
        )

    def register(self, invite: str = "") -> v1.Head:
        """Make its account."""
        return v1.Head.model_validate_json(
            good(self.ask("POST", "/v1/accounts", self.account(invite), token=None))
        )

    def enrol(self, name: str, *, gen: int = 0) -> Client:
        """Enrol another device of the vault by a ticket."""
        other = Client(self.url, name, self.vault_name)
        ticket = v1.TICKET + v1.encoded(bytes_of("ticket", self.vault_name, name, size=32))
        good(self.ask("POST", "/v1/tickets", v1.NewTicket(ticket_hash=hashed(ticket))))
        good(other.ask("POST", "/v1/devices", other.new_device(gen), token=ticket))
        return other

    def new_device(self, gen: int = 0) -> v1.NewDevice:
        """Give the request to enrol itself."""
        return v1.NewDevice(
            device=self.device, token_hash=hashed(self.token), gen=gen, key=wrapped(self.device, gen)
        )

    def head(self) -> v1.Head:
        """Ask where the vault stands."""
        return v1.Head.model_validate_json(good(self.ask("GET", "/v1/sync/head")))

    def push(self, *records: v1.Sealed, gen: int = 0) -> v1.Commit:
        """Store records."""
        pushed = v1.Push(gen=gen, records=records)
        return v1.Commit.model_validate_json(good(self.ask("POST", "/v1/sync/push", pushed)))

    def changes(self, seq: int = 0, tick: bytes = b"", *, gen: int = 0, **more: Any) -> v1.Changes:
        """Ask for one page of what changed."""
        asked = self.ask("GET", "/v1/sync/changes", gen=gen, seq=seq, tick=v1.encoded(tick), **more)
        return v1.Changes.model_validate_json(good(asked))

    def sealed(self, number: int, ver: int = 1, *, size: int = 0, is_shared: bool = False) -> v1.Sealed:
        """Give a record: what stands in it follows from its names."""
        owner = "" if is_shared else self.name
        return v1.Sealed(
            rid=bytes_of("rid", self.vault_name, owner, number),
            prev=ver - 1,
            ver=ver,
            is_shared=is_shared,
            ct=bytes_of("ct", self.vault_name, owner, number, ver, size=v1.BODY_BYTES[size]),
        )


def hashed(token: str) -> bytes:
    """Give what the server keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def wrapped(device: bytes, gen: int = 0) -> v1.WrappedKey:
    """Give sealed keys for a device."""
    return v1.WrappedKey(device=device, sealed=bytes_of("sealed", device, gen, size=160))


def good(answer: httpx.Response) -> bytes:
    """Give the body of an answer that is no refusal."""
    assert answer.is_success, (answer.status_code, answer.text)
    return answer.content


def code_of(answer: httpx.Response) -> str:
    """Give the code of a refusal, whose status is the one of that code."""
    failure = v1.Failure.model_validate_json(answer.content)
    return failure.code


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Give status and code of a refusal."""
    return answer.status_code, code_of(answer)
