"""The server's contract over HTTP: what every route does alike. What the database does not matter for runs on SQLite."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ccmeter.server import frame, purge
from ccmeter.server.app import OPENAPI
from ccmeter.server.options import Options
from ccmeter.server.rates import RATES, Rate, address_of
from ccmeter.server.refusals import STATUS
from ccmeter.wire import v1
from support.rotating import begin, staged
from support.server import OPEN, Client, Clock, bytes_of, code_of, good, hashed, refusal, serving, wrapped
from support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.server import Served

HEADERS = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "ccmeter-protocol": "1",
}
OPS = ("/healthz", "/readyz", "/metrics", OPENAPI, "/nothing")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'server.db'}"


@pytest.fixture
def served(sqlite_url: str) -> Iterator[Served]:
    with serving(sqlite_url) as made:
        yield made


@pytest.fixture
def one(served: Served) -> Iterator[Client]:
    """Give the first device of an account."""
    with Client(served.url) as made:
        made.register()
        yield made


def _routes(client: Client) -> list[tuple[str, str]]:
    """Give every route of the protocol, by method."""
    paths = client.http.get(OPENAPI).json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def _filled(path: str, **names: str) -> str:
    values = {"device": v1.encoded(bytes(16)), "mailbox": v1.encoded(bytes(16)), "gen": "0", **names}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)


def test_headers_stand_on_every_answer(one: Client) -> None:
    """Good or refused, of the protocol or beside it, found or not: no answer leaves without them."""
    asked = [*(("GET", path) for path in OPS), ("PATCH", "/v1/info"), *_routes(one)]
    assert len(asked) > 25
    for method, path in asked:
        for token in (one.token, None):
            if token and method == "DELETE":
                continue  # it would end the account
            answer = one.ask(method, _filled(path), token=token)
            found = {name: answer.headers.get(name) for name in HEADERS}
            assert found == HEADERS, (method, path)
            assert "strict-transport-security" not in answer.headers
            assert answer.status_code < 500


def test_token_is_needed_but_where_it_is_said(one: Client) -> None:
    """Without a token, and with one that nobody has, every other route says the same."""
    free = {("GET", "/v1/info"), ("POST", "/v1/accounts"), ("GET", "/v1/mailbox/{mailbox}")}
    bodies = _bodies(one)
    for method, path in _routes(one):
        for token in (None, "ccm_d_nobody", "ccm_r_nobody", "ccm_e_nobody", "ü"):
            if (method, path) in free:
                continue
            if token == "ü":
                answer = one.http.request(method, _filled(path), headers={b"Authorization": b"Bearer \xff"})
            else:
                answer = one.ask(method, _filled(path), bodies.get((method, path)), token=token, gen=0)
            if answer.status_code != 422:
                assert refusal(answer) == (401, "bad_token"), (method, path, token)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
            else:
                assert token == "ü"


def _bodies(client: Client) -> dict[tuple[str, str], Any]:
    """Give a good request for every route that takes one."""
    recovery, check = bytes_of("recovery 2"), bytes(8)
    base = v1.Base(seq=0, tick=bytes(16), count=0, digest=bytes(32))
    record = v1.Resealed(rid=bytes_of("resealed"), owner=client.device, ver=1, ct=bytes(552))
    return {
        ("POST", "/v1/accounts"): client.account(),
        ("POST", "/v1/tickets"): v1.NewTicket(ticket_hash=bytes_of("t", size=32)),
        ("POST", "/v1/devices"): client.new_device(),
        ("PUT", "/v1/recovery"): v1.NewRecovery(
            recovery=recovery, recovery_token_hash=bytes_of("u", size=32), gen=0, key=wrapped(recovery)
        ),
        ("POST", "/v1/sync/push"): v1.Push(gen=0, records=(client.sealed(50),)),
        ("POST", "/v1/sync/generations"): v1.NewGeneration(
            gen=1, base=base, key_check=check, keys=(wrapped(client.device),)
        ),
        ("PUT", "/v1/sync/generations/{gen}/records"): v1.Stage(records=(record,)),
        ("POST", "/v1/sync/generations/{gen}/commit"): v1.CommitGeneration(base=base, count=1),
        ("PUT", "/v1/mailbox/{mailbox}"): v1.Mail(sealed=b"sealed"),
    }


def test_nobody_reaches_what_is_anothers(database_url: str) -> None:
    """Every route with every id of another account: 404, or an answer about one's own; nothing of the other changes."""
    with (
        serving(database_url) as served,
        Client(served.url, vault="mine") as mine,
        Client(served.url, vault="theirs") as theirs,
    ):
        for client in (mine, theirs):
            client.register()
            client.push(client.sealed(1), client.sealed(2, is_shared=True))
        box = v1.encoded(bytes_of("their box"))
        good(theirs.ask("PUT", f"/v1/mailbox/{box}", v1.Mail(sealed=b"theirs")))
        good(theirs.ask("POST", "/v1/sync/generations", begin(theirs)))
        good(theirs.ask("PUT", "/v1/sync/generations/1/records", staged(theirs)))
        ticket_hash = hashed("a ticket of theirs")
        good(theirs.ask("POST", "/v1/tickets", v1.NewTicket(ticket_hash=ticket_hash)))
        before = theirs.ask("GET", "/v1/account/export").content
        names = {"device": v1.encoded(theirs.device), "mailbox": box, "gen": "1"}
        tried = 0
        for method, path in _routes(mine):
            if "{" in path and (method, path) != ("GET", "/v1/mailbox/{mailbox}"):
                body = _bodies(theirs).get((method, path))
                answer = mine.ask(method, _filled(path, **names), body)
                assert answer.status_code == 404, (method, path)
                assert refusal(answer) == (404, "not_found"), path
                tried += 1
        assert tried == 6
        _take_their_names(mine, theirs, ticket_hash)
        assert theirs.ask("GET", "/v1/account/export").content == before
        assert theirs.vault not in mine.ask("GET", "/v1/account/export").content


def _take_their_names(mine: Client, theirs: Client, ticket_hash: bytes) -> None:
    """Use ids of another account inside of bodies and questions."""
    ticket = mine.ask("POST", "/v1/tickets", v1.NewTicket(ticket_hash=ticket_hash))
    assert refusal(ticket) == (404, "not_found")
    owned = staged(mine, owner=theirs.device)
    good(mine.ask("POST", "/v1/sync/generations", begin(mine)))
    # in one's own vault an owner is but a name, which a server restored from a backup may not know any more
    good(mine.ask("PUT", "/v1/sync/generations/1/records", owned))
    head = theirs.head()
    cursor: dict[str, Any] = {"gen": 0, "seq": head.seq, "tick": v1.encoded(head.tick)}
    assert refusal(mine.ask("GET", "/v1/sync/changes", **cursor)) == (410, "cursor_unknown")
    witness: dict[str, Any] = {"gen": 0, "witness": v1.encoded(head.tick)}
    assert refusal(mine.ask("GET", "/v1/sync/changes", **witness)) == (410, "cursor_unknown")
    account = mine.account().model_copy(update={"vault": theirs.vault})
    assert refusal(mine.ask("POST", "/v1/accounts", account, token=None)) == (404, "not_found")
    mine.push(theirs.sealed(1))  # a record of the same id is another one here
    assert {each.ver for each in theirs.changes().records} == {1}


@pytest.mark.parametrize(
    ("content", "headers", "answer"),
    [
        (b"{", {}, (400, "bad_json")),
        (b"\xff", {}, (400, "bad_json")),
        (b"[]", {}, (422, "invalid")),
        (b'{"ticket_hash": "a=="}', {}, (422, "invalid")),
        (b'{"ticket_hash": "%s", "more": 1}' % (b"A" * 43), {}, (422, "invalid")),
        (b'{"ticket_hash": 5}', {}, (422, "invalid")),
        (b"{}", {"Content-Type": "text/plain"}, (415, "not_json")),
        (b"{}", {"Content-Type": ""}, (415, "not_json")),
        (b"x" * (frame.SMALL_BYTES + 1), {}, (413, "too_large")),
        (b"{}", {"Ccmeter-Protocol": "2"}, (426, "upgrade_required")),
    ],
)
def test_odd_requests_are_refused(
    one: Client, content: bytes, headers: dict[str, str], answer: tuple[int, str]
) -> None:
    """Each by its code; what the request held is never said back."""
    sent = {"Authorization": f"Bearer {one.token}", "Content-Type": "application/json", **headers}
    refused = one.http.post("/v1/tickets", content=content, headers=sent)
    assert refusal(refused) == answer
    assert "AAAA" not in refused.text


def test_body_without_end_is_cut(one: Client) -> None:
    """A body that says no length is read up to its bound and no further."""

    def endless() -> Iterator[bytes]:
        for _ in range(10_000):
            yield bytes(1 << 16)

    sent = {"Authorization": f"Bearer {one.token}", "Content-Type": "application/json"}
    try:
        answer = one.http.post("/v1/sync/push", content=endless(), headers=sent)
    except httpx.TransportError:
        return  # the server has closed the connection before all was sent
    assert refusal(answer) == (413, "too_large")


def test_slow_body_is_given_up(sqlite_url: str) -> None:
    with serving(sqlite_url, replace(OPEN, body_s=0.2)) as served:
        host, port = httpx.URL(served.url).host, httpx.URL(served.url).port
        assert port is not None
        with socket.create_connection((host, port)) as slow:
            slow.sendall(b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            slow.settimeout(60)
            assert b" 408 " in slow.recv(4096)


def test_method_and_path_are_answered_in_the_protocols_words(one: Client) -> None:
    assert refusal(one.ask("POST", "/v1/info")) == (405, "method_not_allowed")
    assert one.ask("POST", "/v1/info").headers["Allow"] == "GET"
    assert refusal(one.ask("GET", "/v1/sync/head/")) == (404, "not_found")
    assert refusal(one.ask("GET", "/docs")) == (404, "not_found")


def test_routes_say_what_they_refuse_with(one: Client) -> None:
    """Each documented refusal is a code of the protocol; requests are closed sets of fields."""
    document = one.http.get(OPENAPI).json()
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    codes = re.findall(r"`(\w+)`", answer["description"])
                    assert {STATUS[code] for code in codes} == {int(status)}
    requests = [
        schema for schema in document["components"]["schemas"].values() if "additionalProperties" in schema
    ]
    assert len(requests) >= 12
    assert not any(schema["additionalProperties"] for schema in requests if "properties" in schema)


def test_metrics_are_for_administrators(sqlite_url: str) -> None:
    with serving(sqlite_url, replace(OPEN, admins=("10.0.0.0/8",))) as served, Client(served.url) as one:
        assert refusal(one.ask("GET", "/metrics")) == (404, "not_found")
    with serving(sqlite_url) as served, Client(served.url) as one:
        one.register()
        one.push(one.sealed(1))
        text = one.ask("GET", "/metrics").text
        assert 'ccmeter_requests_total{method="POST",route="/v1/sync/push",status="200"} 1' in text
        assert "ccmeter_sealed_bytes 552" in text
        assert v1.encoded(one.vault) not in text
        assert one.ask("GET", "/healthz").text == "ok\n"
        assert one.ask("GET", "/readyz").text == "ready\n"
    assert not Options().is_admin("nowhere")


def test_proxy_is_believed_where_it_is_trusted(sqlite_url: str) -> None:
    """Only a trusted proxy says who asks and over what; else anybody could take another's address."""
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    with serving(sqlite_url, replace(OPEN, trusted_proxies=("127.0.0.0/8",))) as served:
        answer = httpx.get(f"{served.url}/metrics", headers=claimed)
        assert refusal(answer) == (404, "not_found")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    with serving(sqlite_url, replace(OPEN, trusted_proxies=("192.0.2.1",))) as served:
        answer = httpx.get(f"{served.url}/metrics", headers=claimed)
        assert answer.status_code == 200
        assert "strict-transport-security" not in answer.headers


def test_log_has_no_ids_and_no_bodies(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "ccmeter.server")
    with Client(served.url) as one:
        one.register()
        one.push(one.sealed(1))
        one.ask("DELETE", f"/v1/devices/{v1.encoded(bytes(16))}")
    lines = until(lambda: _logged(caplog) if len(_logged(caplog)) == 3 else None)
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/accounts", 200),
        ("POST", "/v1/sync/push", 200),
        ("DELETE", "/v1/devices/{device}", 404),
    ]
    assert {name for line in lines for name in line} == {"at", "method", "route", "status", "ms", "bytes"}


def _logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Give what the server has logged; of a request it does so after its answer."""
    return [json.loads(record.message) for record in caplog.records if record.name == "ccmeter.server"]


ASKED = {
    "account": ("POST", "/v1/accounts"),
    "enrol": ("POST", "/v1/devices"),
    "export": ("GET", "/v1/account/export"),
    "change": ("POST", "/v1/tickets"),
    "stage": ("PUT", "/v1/sync/generations/1/records"),
    "push": ("POST", "/v1/sync/push"),
    "changes": ("GET", "/v1/sync/changes"),
    "head": ("GET", "/v1/sync/head"),
    "mailbox": ("GET", f"/v1/mailbox/{v1.encoded(bytes(16))}"),
}


def _passed(one: Client, name: str, most: int) -> tuple[int, httpx.Response]:
    """Ask until it is refused for haste; give how often that went well, and the refusal."""
    method, path = ASKED[name]
    body = _bodies(one).get((method, path.replace("/1/", "/{gen}/")))
    for count in range(most + 1):
        answer = one.ask(method, path, body, gen=0)
        if answer.status_code == 429 and code_of(answer) == "rate_limited":
            return count, answer
    raise AssertionError("never refused")


@pytest.mark.parametrize("name", sorted(RATES))
def test_rates_are_exact_and_outlive_a_restart(name: str, database_url: str) -> None:
    """Exactly so many pass; then the answer says how long to wait, which is true; a new process knows it as well."""
    assert set(ASKED) == set(RATES)
    clock, burst = Clock(), min(RATES[name].burst, 6)
    few = {name: replace(RATES[name], burst=burst)}
    options = replace(OPEN, rates=few)
    with serving(database_url, options, clock=clock) as served, Client(served.url) as one:
        if name == "account":
            good(one.ask("POST", "/v1/accounts", one.account(), token=None))
            count, refused = _passed(one, name, burst)
            assert count == burst - 1
        else:
            one.register()
            count, refused = _passed(one, name, burst)
            assert count == burst
    with serving(database_url, options, clock=clock) as served, Client(served.url) as one:
        assert _passed(one, name, 0)[0] == 0
        wait = refused.json()["retry_after"]
        assert wait == pytest.approx(RATES[name].seconds / RATES[name].count)
        assert int(refused.headers["Retry-After"]) >= wait
        clock.now += wait - 0.001
        assert _passed(one, name, 0)[0] == 0
        clock.now += 0.001
        assert _passed(one, name, 1)[0] == 1


def test_rate_is_a_bucket(sqlite_url: str) -> None:
    """Twenty a minute with forty at once: forty pass, then one each three seconds, and a rest fills it again."""
    rate = RATES["push"]
    assert (rate.count, rate.seconds, rate.burst, rate.step_us) == (20, 60, 40, 3_000_000)
    clock = Clock()
    rates = {"push": Rate(count=20, seconds=60, burst=40)}
    with serving(sqlite_url, replace(OPEN, rates=rates), clock=clock) as served, Client(served.url) as one:
        one.register()
        assert _passed(one, "push", 40)[0] == 40
        clock.now += 30
        assert _passed(one, "push", 40)[0] == 10
        clock.now += 3_600
        assert _passed(one, "push", 40)[0] == 40


def test_counters_of_addresses_are_erased(database_url: str) -> None:
    """Also on a server that nobody asks anything: by what it does every hour."""
    clock = Clock()
    rates = {"account": RATES["account"]}
    with serving(database_url, replace(OPEN, rates=rates), clock=clock) as served, Client(served.url) as one:
        one.register()
        with served.database.writing() as connection:
            found = {each.name: each.rows for each in purge.counted(connection, clock.now)}
            assert found["counters of rates"] == 0
            found = {each.name: each.rows for each in purge.expire(connection, clock.now + 600)}
            assert found["counters of rates"] == 1


def test_addresses_of_one_network_are_one() -> None:
    assert address_of("2001:db8:1:2:3::4") == address_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert address_of("192.0.2.7") == "192.0.2.7"
    assert address_of("") == ""


@pytest.mark.parametrize("signed_in", [False, True])
def test_fuzz(*, signed_in: bool, served: Served, one: Client, tmp_path: Path) -> None:
    """Whatever is sent to whatever is described: no 5xx, no status and no type that is not described."""
    one.push(one.sealed(1))
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}{OPENAPI}", "--checks", checks]
    command += ["--phases", "coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--no-color"]
    if signed_in:
        command += ["--header", f"Authorization: Bearer {one.token}"]
        for path in ("/v1/account", "/v1/sync", "/v1/devices/{device}"):
            command += ["--exclude-path", path]
    done = subprocess.run(
        command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
