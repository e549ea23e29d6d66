"""The server's contract, on both databases: accounts, devices, invites, tickets, recovery, erasing."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from ccmeter.server import accounts, audit
from ccmeter.server.options import Options
from ccmeter.server.storage.tables import OF_SERVER, metadata
from ccmeter.wire import v1
from support.rotating import begin, staged
from support.server import Client, Clock, bytes_of, good, hashed, refusal, serving, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.server.storage.database import Database
    from support.server import Served

MAIL = bytes_of("mail", size=64)


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    with serving(database_url) as made:
        yield made


@pytest.fixture
def one(served: Served) -> Iterator[Client]:
    """Give the first device of an account."""
    with Client(served.url) as made:
        made.register()
        yield made


def test_account_is_made_once(served: Served, one: Client) -> None:
    """A request whose answer was lost says the same again; whoever knows less of it learns nothing."""
    first = one.register()
    assert (first.vault, first.gen, first.seq) == (one.vault, 0, 0)
    assert one.head().tick == first.tick
    with Client(served.url, "thief") as thief:
        stolen = thief.account().model_copy(update={"vault": one.vault, "device": one.device})
        assert refusal(thief.ask("POST", "/v1/accounts", stolen, token=None)) == (404, "not_found")


def test_account_needs_its_two_keys(served: Served) -> None:
    with Client(served.url) as one:
        wanted = one.account().model_copy(update={"keys": (wrapped(one.device), wrapped(one.device))})
        assert refusal(one.ask("POST", "/v1/accounts", wanted, token=None)) == (422, "invalid")
        reused = one.account().model_copy(update={"recovery_token_hash": hashed(one.token)})
        assert refusal(one.ask("POST", "/v1/accounts", reused, token=None)) == (409, "device_exists")


def _drawn(number: int, size: int) -> bytes:
    return bytes_of(number, size=size)


def test_invite_admits_once(database_url: str) -> None:
    """An invite is used up by an account, and worthless after its time."""
    clock = Clock()
    with (
        serving(database_url, Options(rates={}), clock=clock) as served,
        Client(served.url, vault="a") as one,
        Client(served.url, vault="b") as other,
    ):
        with served.database.writing() as connection:
            code, late = (
                accounts.new_invite(connection, now=clock.now, draw=partial(_drawn, i), seconds=60)
                for i in (1, 2)
            )
        assert refusal(other.ask("POST", "/v1/accounts", other.account(), token=None)) == (
            403,
            "registration_closed",
        )
        one.register(code)
        one.register(code)
        again = other.ask("POST", "/v1/accounts", other.account(code), token=None)
        assert refusal(again) == (403, "registration_closed")
        clock.now += 61
        again = other.ask("POST", "/v1/accounts", other.account(late), token=None)
        assert refusal(again) == (403, "registration_closed")


def test_closed_server_admits_nobody(database_url: str) -> None:
    with serving(database_url, Options(registration="closed", rates={})) as served, Client(served.url) as one:
        assert one.ask("GET", "/v1/info").json()["registration"] == "closed"
        refused = one.ask("POST", "/v1/accounts", one.account(), token=None)
        assert refusal(refused) == (403, "registration_closed")


def test_ticket_enrols_one_device(one: Client) -> None:
    """Enrolling moves the head, so that a rotation that does not know the device cannot be committed."""
    before = one.head()
    two = one.enrol("two")
    after = one.head()
    assert (after.seq, after.tick != before.tick) == (before.seq + 1, True)
    ticket = v1.TICKET + v1.encoded(bytes_of("ticket", "vault", "two", size=32))
    assert (
        v1.Head.model_validate_json(good(two.ask("POST", "/v1/devices", two.new_device(), token=ticket)))
        == two.head()
    )
    with Client(one.url, "three") as three:
        used = three.ask("POST", "/v1/devices", three.new_device(), token=ticket)
        assert refusal(used) == (401, "bad_token")
    assert [each.device for each in _devices(one)] == [one.device, two.device]
    two.http.close()


def _devices(client: Client) -> tuple[v1.Device, ...]:
    return v1.Devices.model_validate_json(good(client.ask("GET", "/v1/devices"))).devices


def test_ticket_has_its_time(database_url: str) -> None:
    clock = Clock()
    with (
        serving(database_url, clock=clock) as served,
        Client(served.url) as one,
        Client(served.url, "two") as two,
    ):
        one.register()
        ticket = v1.TICKET + "x" * 43
        for _ in range(2):
            good(one.ask("POST", "/v1/tickets", v1.NewTicket(ticket_hash=hashed(ticket))))
        clock.now += v1.MAILBOX_S
        late = two.ask("POST", "/v1/devices", two.new_device(), token=ticket)
        assert refusal(late) == (401, "bad_token")
        for number in range(accounts.MAX_TICKETS):
            good(one.ask("POST", "/v1/tickets", v1.NewTicket(ticket_hash=bytes_of(number, size=32))))
        more = one.ask("POST", "/v1/tickets", v1.NewTicket(ticket_hash=bytes_of("more", size=32)))
        assert refusal(more) == (429, "rate_limited")
        assert more.headers["Retry-After"] == str(v1.MAILBOX_S)


def test_enrolment_is_for_the_generation_in_force(one: Client) -> None:
    with Client(one.url, "two") as two:
        asked = two.ask("POST", "/v1/devices", two.new_device(1), token=one.recovery_token)
        assert refusal(asked) == (409, "wrong_generation")
        other_key = two.new_device().model_copy(update={"key": wrapped(one.device)})
        assert refusal(two.ask("POST", "/v1/devices", other_key, token=one.recovery_token)) == (
            422,
            "invalid",
        )
        same_token = two.new_device().model_copy(update={"token_hash": hashed(one.token)})
        asked = two.ask("POST", "/v1/devices", same_token, token=one.recovery_token)
        assert refusal(asked) == (409, "device_exists")
        same_id = two.new_device().model_copy(update={"device": one.device, "key": wrapped(one.device)})
        asked = two.ask("POST", "/v1/devices", same_id, token=one.recovery_token)
        assert refusal(asked) == (409, "device_exists")


def test_account_has_room_for_so_many_devices(one: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "MAX_DEVICES", 1)
    with Client(one.url, "two") as two:
        asked = two.ask("POST", "/v1/devices", two.new_device(), token=one.recovery_token)
        assert refusal(asked) == (507, "quota_exceeded")


def test_recovery_phrase_enrols_and_opens(one: Client) -> None:
    """With the phrase alone a new machine gets the keys and comes in; another phrase takes its place."""
    with Client(one.url, "new") as new:
        key = v1.Key.model_validate_json(
            good(new.ask("GET", "/v1/sync/generations/current/key", token=one.recovery_token))
        )
        assert (key.gen, key.vault) == (0, one.vault)
        assert key.sealed == wrapped(one.account().recovery).sealed
        good(new.ask("POST", "/v1/devices", new.new_device(), token=one.recovery_token))
        assert new.head() == one.head()
        token = v1.RECOVERY_TOKEN + "y" * 43
        recovery = bytes_of("recovery 2")
        wanted = v1.NewRecovery(
            recovery=recovery, recovery_token_hash=hashed(token), gen=0, key=wrapped(recovery)
        )
        before = one.head().seq
        for _ in range(2):
            good(new.ask("PUT", "/v1/recovery", wanted))
        assert one.head().seq == before + 1
        old = new.ask("GET", "/v1/sync/generations/current/key", token=one.recovery_token)
        assert refusal(old) == (401, "bad_token")
        good(new.ask("GET", "/v1/sync/generations/0/key", token=token))
        assert refusal(new.ask("GET", "/v1/sync/generations/1/key", token=token)) == (404, "not_found")


def test_recovery_phrase_is_its_own(one: Client) -> None:
    token_hash, recovery = bytes_of("t", size=32), bytes_of("r")
    good_one = v1.NewRecovery(recovery=recovery, recovery_token_hash=token_hash, gen=0, key=wrapped(recovery))
    for changed, answer in (
        ({"gen": 3}, (409, "wrong_generation")),
        ({"key": wrapped(one.device)}, (422, "invalid")),
        ({"recovery_token_hash": hashed(one.token)}, (409, "device_exists")),
        ({"recovery": one.device, "key": wrapped(one.device)}, (422, "invalid")),
    ):
        assert refusal(one.ask("PUT", "/v1/recovery", good_one.model_copy(update=changed))) == answer


def test_revoked_device_is_out_at_once(one: Client) -> None:
    with one.enrol("two") as two:
        two.push(two.sealed(1))
        for _ in range(2):
            good(one.ask("DELETE", f"/v1/devices/{v1.encoded(two.device)}"))
        for method, path in (("GET", "/v1/sync/head"), ("GET", "/v1/devices"), ("DELETE", "/v1/account")):
            assert refusal(two.ask(method, path)) == (401, "device_revoked")
        assert refusal(two.ask("GET", "/v1/sync/generations/current/key")) == (401, "device_revoked")
        assert _devices(one)[1].revoked_at is not None
        again = two.ask("POST", "/v1/devices", two.new_device(), token=one.recovery_token)
        assert refusal(again) == (409, "device_exists")
        nobody = one.ask("DELETE", f"/v1/devices/{v1.encoded(bytes_of('nobody'))}")
        assert refusal(nobody) == (404, "not_found")


def test_last_seen_is_coarse(database_url: str) -> None:
    """A device that asks all the time is written down every ten minutes; another one in use makes asking frequent."""
    clock = Clock()
    with serving(database_url, clock=clock) as served, Client(served.url) as one:
        one.register()
        began = clock.now
        clock.now += 599
        assert one.head().poll_after == 900
        assert _devices(one)[0].last_seen_at == began
        clock.now += 1
        one.head()
        assert _devices(one)[0].last_seen_at == began + 600
        with one.enrol("two"):
            assert one.head().poll_after == 30
            clock.now += 1_801
            assert one.head().poll_after == 900


def _rows(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }


def _fill(one: Client) -> None:
    """Put something into every table that holds anything of an account."""
    with one.enrol("two") as two:
        two.push(two.sealed(1), two.sealed(2, is_shared=True))
    one.push(one.sealed(1))
    good(one.ask("PUT", f"/v1/mailbox/{v1.encoded(bytes_of('box', one.vault_name))}", v1.Mail(sealed=MAIL)))
    begun = begin(one)
    good(one.ask("POST", "/v1/sync/generations", begun))
    good(one.ask("PUT", "/v1/sync/generations/1/records", staged(one)))


def test_erasing_an_account_reaches_every_table(served: Served, one: Client) -> None:
    """After it, no table has a row of the account, and the rows of the other account are all there."""
    _fill(one)
    with Client(served.url, vault="other") as other:
        other.register()
        _fill(other)
        before = _rows(served.database)
        assert all(count for name, count in before.items() if name not in OF_SERVER)
        good(one.ask("DELETE", "/v1/account"))
        after = _rows(served.database)
        assert {name: after[name] * 2 for name in after if name not in OF_SERVER} == {
            name: before[name] for name in before if name not in OF_SERVER
        }
        good(other.ask("DELETE", "/v1/account"))
    assert {name: count for name, count in _rows(served.database).items() if count} == {"audit": 6}
    assert refusal(one.ask("GET", "/v1/sync/head")) == (401, "bad_token")


def test_erased_bytes_are_gone_from_the_file(served: Served, one: Client) -> None:
    """On SQLite, neither the database nor its log still holds what was erased."""
    if served.database.path is None:
        pytest.skip("PostgreSQL keeps dead rows until its vacuum")
    _fill(one)
    good(one.ask("DELETE", "/v1/account"))
    left = b"".join(path.read_bytes() for path in served.database.path.parent.glob("server.db*"))
    held = (one.vault, one.device, hashed(one.token), one.sealed(1).ct, one.sealed(1).rid, MAIL)
    assert [value for value in held if value in left] == []


def test_erasing_the_vault_leaves_the_account(served: Served, one: Client) -> None:
    _fill(one)
    good(one.ask("DELETE", "/v1/sync"))
    rows = _rows(served.database)
    kept = {"account": 1, "device": 2, "vault": 1}
    assert {name: count for name, count in rows.items() if count and name != "audit"} == kept
    head = one.head()
    assert (head.seq, head.gen) == (0, 0)
    assert refusal(one.ask("GET", "/v1/sync/generations/current/key")) == (404, "not_found")
    page = one.changes()
    assert (page.records, page.seq, page.tick, page.is_last) == ((), 0, head.tick, True)
    one.push(one.sealed(7))
    assert len(one.changes(0, head.tick).records) == 1


def test_export_is_all_that_is_held(served: Served, one: Client) -> None:
    _fill(one)
    with Client(served.url, vault="other") as other:
        other.register()
    answer = one.ask("GET", "/v1/account/export")
    assert answer.headers["content-type"] == "application/jsonl"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert {line["table"] for line in lines} == {table.name for table in metadata.sorted_tables} - OF_SERVER
    assert sum(line["table"] == "record" for line in lines) == 3
    assert v1.encoded(other.vault) not in answer.text
    assert refusal(one.ask("GET", "/v1/account/export", token="ccm_d_nobody")) == (401, "bad_token")


def test_audit_log_is_a_chain(served: Served, one: Client) -> None:
    """What was done stands there without an id, and a changed or missing row is found."""
    one.enrol("two").http.close()
    good(one.ask("DELETE", "/v1/sync"))
    database = served.database
    with database.reading() as connection:
        rows = list(audit.rows(connection))
        assert [row.event for row in rows] == ["account_created", "device_enrolled", "vault_erased"]
        assert len({row.subject for row in rows}) == 1
        whole = audit.verify(connection)
        assert (whole.rows, whole.broken_at, whole.last) == (3, None, rows[-1].hash)
        assert audit.holds(connection, rows[-1].hash.hex())
        assert not audit.holds(connection, "00")
        assert not audit.holds(connection, "no hash")
    table = metadata.tables["audit"]
    for change in (
        table.update().where(table.c.n == 2).values(event="nothing"),
        table.update().where(table.c.n == 2).values(at=time.time()),
        table.delete().where(table.c.n == 2),
    ):
        with database.writing() as connection, connection.begin_nested() as tried:
            connection.execute(change)
            assert audit.verify(connection).broken_at == 2
            tried.rollback()
