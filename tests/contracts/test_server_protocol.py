"""Protocol 1 as bytes: one request and answer per endpoint, which no later version may change.

`CCMETER_UPDATE_GOLDEN=1` writes them anew; a change of an old file is a change of the protocol.
"""

from __future__ import annotations

import json
import os
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccmeter.server import app
from ccmeter.wire import v1
from support.rotating import begin, staged
from support.server import Client, Clock, bytes_of, hashed, serving, wrapped

if TYPE_CHECKING:
    import pytest
    from pydantic import BaseModel

FOLDER = Path(__file__).parents[1] / "golden" / "protocol"


def test_protocol_is_as_it_was(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words of a client get the same words back, byte by byte, on either database."""
    drawn = count()
    monkeypatch.setattr(
        app.make, "__kwdefaults__", {**(app.make.__kwdefaults__ or {}), "draw": partial(_draw, drawn)}
    )
    monkeypatch.setattr("ccmeter.server.routes.about.__version__", "0")
    said: dict[str, Any] = {}
    with serving(database_url, clock=Clock()) as served, Client(served.url) as one:

        def ask(name: str, method: str, path: str, body: BaseModel | None = None, **more: Any) -> None:
            answer = one.ask(method, path, body, **more)
            said[name] = {
                "request": {"method": method, "url": str(answer.request.url).removeprefix(served.url)},
                "answer": {"status": answer.status_code},
            }
            if body is not None:
                said[name]["request"]["body"] = json.loads(body.model_dump_json())
            if answer.content:
                said[name]["answer"]["body"] = [json.loads(line) for line in answer.text.splitlines()]

        _converse(ask, one)
    routes = {(each["request"]["method"], each["request"]["url"].partition("?")[0]) for each in said.values()}
    assert len(routes) == len(said)
    if os.environ.get("CCMETER_UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        for name, pair in said.items():
            (FOLDER / f"{name}.json").write_text(json.dumps(pair, indent=2) + "\n", "utf-8")
    assert {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")} == said


def _draw(drawn: count[int], size: int) -> bytes:
    return bytes_of("drawn", next(drawn), size=size)


def _converse(ask: Any, one: Client) -> None:
    """Use every endpoint once, in an order in which each has something to say."""
    sync, box = "/v1/sync", f"/v1/mailbox/{v1.encoded(bytes_of('box'))}"
    two, ticket, recovery = bytes_of("two"), "ccm_e_ticket", bytes_of("recovery 2")
    ask("info", "GET", "/v1/info", token=None)
    ask("accounts", "POST", "/v1/accounts", one.account(), token=None)
    ask("tickets", "POST", "/v1/tickets", v1.NewTicket(ticket_hash=hashed(ticket)))
    device = v1.NewDevice(device=two, token_hash=hashed("two"), gen=0, key=wrapped(two))
    ask("devices-new", "POST", "/v1/devices", device, token=ticket)
    ask("devices", "GET", "/v1/devices")
    ask("devices-revoke", "DELETE", f"/v1/devices/{v1.encoded(two)}")
    phrase = v1.NewRecovery(
        recovery=recovery, recovery_token_hash=hashed("phrase 2"), gen=0, key=wrapped(recovery)
    )
    ask("mailbox-leave", "PUT", box, v1.Mail(sealed=b"sealed"))
    ask("mailbox-claim", "GET", box, token=None)
    ask("mailbox-state", "GET", f"{box}/state")
    ask(
        "push", "POST", f"{sync}/push", v1.Push(gen=0, records=(one.sealed(1), one.sealed(2, is_shared=True)))
    )
    ask("head", "GET", f"{sync}/head")
    ask("changes", "GET", f"{sync}/changes", gen=0)
    ask("generations-key", "GET", f"{sync}/generations/current/key")
    ask("generations-key-number", "GET", f"{sync}/generations/0/key")
    begun = begin(one)
    ask("generations-begin", "POST", f"{sync}/generations", begun)
    ask("generations-records", "PUT", f"{sync}/generations/1/records", staged(one))
    commit = v1.CommitGeneration(base=begun.base, count=2)
    ask("generations-commit", "POST", f"{sync}/generations/1/commit", commit)
    ask("recovery", "PUT", "/v1/recovery", phrase.model_copy(update={"gen": 1}))
    ask("account-export", "GET", "/v1/account/export")
    ask("sync-erase", "DELETE", sync)
    ask("account-erase", "DELETE", "/v1/account")
