"""The server's contract, on both databases: rotation of keys, and mailboxes for pairing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccmeter.server import mailboxes, purge
from ccmeter.wire import v1
from support.rotating import base, begin, committed, everything, rotate, staged
from support.server import Client, Clock, bytes_of, good, hashed, refusal, serving, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.server import Served

BEGIN = "/v1/sync/generations"
RECORDS = "/v1/sync/generations/1/records"
COMMIT = "/v1/sync/generations/1/commit"


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


def test_rotation_puts_everything_in_the_place_of_everything(one: Client) -> None:
    """After it only the new records and keys are there, a revoked device has none, and asking again says the same."""
    with one.enrol("two") as two:
        two.push(two.sealed(1), two.sealed(2))
        good(one.ask("DELETE", f"/v1/devices/{v1.encoded(two.device)}"))
    one.push(one.sealed(1, size=3))
    begun = begin(one)
    before, wanted = everything(one), staged(one)
    moved = rotate(one)
    assert committed(one, begun, 3) == moved
    head = one.head()
    assert (head.gen, head.seq, head.tick, head.key_check) == (1, moved.seq, moved.tick, begun.key_check)
    after = everything(one, 1)
    assert {each.rid for each in after} == {each.rid for each in wanted.records}
    assert {each.owner for each in after} == {each.owner for each in before}
    key = v1.Key.model_validate_json(good(one.ask("GET", f"{BEGIN}/current/key")))
    assert (key.gen, key.sealed) == (1, wrapped(one.device, 1).sealed)
    assert refusal(one.ask("GET", f"{BEGIN}/0/key")) == (404, "not_found")
    old = one.ask("POST", "/v1/sync/push", v1.Push(gen=0, records=(one.sealed(9),)))
    assert refusal(old) == (409, "wrong_generation")
    assert refusal(one.ask("GET", "/v1/sync/changes", gen=0)) == (409, "wrong_generation")
    rotate(one, 2)
    assert len(everything(one, 2)) == 3


def test_rotation_of_many_records_has_small_pages(one: Client) -> None:
    """A vault of more than a page is cut into commits, so that a page never ends inside one."""
    for start in range(0, 450, 150):
        one.push(*(one.sealed(start + number) for number in range(150)))
    rotate(one)
    page = one.changes(gen=1, limit=100)
    assert (len(page.records), page.is_last) == (200, False)
    assert len(everything(one, 1)) == 450


def test_empty_vault_rotates(one: Client) -> None:
    moved = rotate(one)
    assert (one.head().gen, one.head().tick) == (1, moved.tick)


def test_generation_begins_from_what_is_there(one: Client) -> None:
    one.push(one.sealed(1))
    begun = begin(one)
    for changed, answer in (
        ({"base": begun.base.model_copy(update={"count": 2})}, (409, "base_moved")),
        ({"base": begun.base.model_copy(update={"digest": bytes(32)})}, (409, "base_moved")),
        ({"keys": (*begun.keys, begun.keys[0])}, (409, "stage_mismatch")),
    ):
        assert refusal(one.ask("POST", BEGIN, begun.model_copy(update=changed))) == answer


def test_generations_may_be_skipped_and_never_go_back(one: Client) -> None:
    """A server restored from a backup has forgotten numbers that its clients have not."""
    begun = begin(one).model_copy(update={"gen": 7})
    good(one.ask("POST", BEGIN, begun))
    assert committed(one, begun, 0).seq == one.head().seq
    assert one.head().gen == 7
    again = begun.model_copy(update={"base": base(one, 7)})
    for gen in (1, 7):
        tried = again.model_copy(update={"gen": gen})
        assert refusal(one.ask("POST", BEGIN, tried)) == (409, "wrong_generation")


def test_devices_say_who_gets_keys(one: Client) -> None:
    """One that they left out gets none, and a key for one that is not there is not kept."""
    with one.enrol("two") as two:
        begun = begin(one)
        keys = (wrapped(one.device, 1), wrapped(bytes_of("stranger"), 1))
        begun = begun.model_copy(update={"keys": keys})
        good(one.ask("POST", BEGIN, begun))
        committed(one, begun, 0)
        assert refusal(two.ask("GET", f"{BEGIN}/current/key")) == (404, "not_found")
    good(one.ask("GET", f"{BEGIN}/current/key"))
    assert one.ask("GET", "/v1/account/export").text.count('"generation_key"') == 1


def test_a_new_phrase_comes_into_force_with_the_keys(one: Client) -> None:
    """In one step: the old one opens nothing any more, and until then the new one does not."""
    pair = v1.RecoveryPair(id=bytes_of("pair"), token_hash=hashed(v1.RECOVERY_TOKEN + "new"))
    keys = (wrapped(one.device, 1), wrapped(pair.id, 1))
    begun = begin(one).model_copy(update={"keys": keys, "recovery": pair})
    key = f"{BEGIN}/current/key"
    good(one.ask("POST", BEGIN, begun))
    assert refusal(one.ask("GET", key, token=v1.RECOVERY_TOKEN + "new")) == (401, "bad_token")
    committed(one, begun, 0)
    found = v1.Key.model_validate_json(good(one.ask("GET", key, token=v1.RECOVERY_TOKEN + "new")))
    assert found.sealed == wrapped(pair.id, 1).sealed
    assert refusal(one.ask("GET", key, token=one.recovery_token)) == (401, "bad_token")


def test_a_phrase_of_another_vault_is_refused(served: Served, one: Client) -> None:
    with Client(served.url, vault="other") as other:
        other.register()
    for token in (other.recovery_token, one.token):
        pair = v1.RecoveryPair(id=bytes_of("pair"), token_hash=hashed(token))
        begun = begin(one).model_copy(update={"recovery": pair})
        assert refusal(one.ask("POST", BEGIN, begun)) == (409, "device_exists")


def test_records_keep_the_owner_that_devices_say(one: Client) -> None:
    """Also of a device that a restored server does not know."""
    one.push(one.sealed(1))
    begun, gone = begin(one), bytes_of("gone")
    good(one.ask("POST", BEGIN, begun))
    good(one.ask("PUT", RECORDS, staged(one, owner=gone)))
    committed(one, begun, 1)
    assert [each.owner for each in everything(one, 1)] == [gone]


@pytest.mark.parametrize("moves", ["push", "enrol", "recovery"])
def test_what_moved_meanwhile_stops_the_commit(one: Client, moves: str) -> None:
    """A commit does not take along what it does not know: neither a record nor a device nor a phrase."""
    one.push(one.sealed(1))
    begun, records = begin(one), staged(one)
    good(one.ask("POST", BEGIN, begun))
    good(one.ask("PUT", RECORDS, records))
    if moves == "push":
        one.push(one.sealed(2))
    elif moves == "enrol":
        one.enrol("two").http.close()
    else:
        recovery = bytes_of("recovery 2")
        wanted = v1.NewRecovery(
            recovery=recovery, recovery_token_hash=bytes_of("t", size=32), gen=0, key=wrapped(recovery)
        )
        good(one.ask("PUT", "/v1/recovery", wanted))
    for tried in (begun.base, base(one)):
        answer = one.ask("POST", COMMIT, v1.CommitGeneration(base=tried, count=1))
        assert refusal(answer) == (409, "base_moved")
    assert one.head().gen == 0


def test_what_is_staged_must_be_what_was_to_be(one: Client) -> None:
    one.push(one.sealed(1), one.sealed(2))
    assert refusal(one.ask("PUT", RECORDS, staged(one))) == (404, "not_found")
    begun = begin(one)
    assert refusal(one.ask("POST", COMMIT, v1.CommitGeneration(base=begun.base, count=2))) == (
        404,
        "not_found",
    )
    good(one.ask("POST", BEGIN, begun))
    assert refusal(one.ask("PUT", RECORDS, staged(one, ct=bytes(9)))) == (422, "bad_padding")
    for _ in range(2):
        good(one.ask("PUT", RECORDS, staged(one)))
    few = one.ask("POST", COMMIT, v1.CommitGeneration(base=begun.base, count=1))
    assert refusal(few) == (409, "stage_mismatch")
    assert committed(one, begun, 2).seq == one.head().seq


def test_attempt_that_was_given_up_is_replaced(one: Client) -> None:
    """A rotation that crashed half-way leaves nothing behind in the next."""
    one.push(one.sealed(1), one.sealed(2))
    good(one.ask("POST", BEGIN, begin(one)))
    good(one.ask("PUT", RECORDS, staged(one)))
    begun = begin(one).model_copy(update={"key_check": bytes(8)})
    good(one.ask("POST", BEGIN, begun))
    assert committed(one, begun, 0).seq == one.head().seq
    assert (everything(one, 1), one.head().key_check) == ([], bytes(8))


def test_device_revoked_meanwhile_gets_no_key(one: Client) -> None:
    with one.enrol("two") as two:
        begun = begin(one)
        good(one.ask("POST", BEGIN, begun))
        good(one.ask("DELETE", f"/v1/devices/{v1.encoded(two.device)}"))
    committed(one, begun, 0)
    exported = one.ask("GET", "/v1/account/export").text
    assert exported.count('"generation_key"') == 2


def test_staging_has_room_for_so_much(one: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    one.push(one.sealed(1), one.sealed(2))
    good(one.ask("POST", BEGIN, begin(one)))
    monkeypatch.setattr(v1, "MAX_VAULT_RECORDS", 1)
    assert refusal(one.ask("PUT", RECORDS, staged(one))) == (507, "quota_exceeded")


def test_stage_is_purged_after_a_day(database_url: str) -> None:
    clock = Clock()
    with serving(database_url, clock=clock) as served, Client(served.url) as one:
        one.register()
        one.push(one.sealed(1))
        good(one.ask("POST", BEGIN, begin(one)))
        good(one.ask("PUT", RECORDS, staged(one)))
        with served.database.writing() as connection:
            found = purge.counted(connection, clock.now + purge.STAGE_S + 1)
            assert {each.name: each.rows for each in found if each.rows} == {"rotations given up": 1}
            purge.expire(connection, clock.now + purge.STAGE_S + 1)
        assert '"stage' not in one.ask("GET", "/v1/account/export").text


def _box(name: str) -> str:
    return f"/v1/mailbox/{v1.encoded(bytes_of('box', name))}"


def test_mailbox_is_emptied_once(one: Client) -> None:
    """Whoever knows its name takes it out once, without a token; whoever left it hears of it."""
    mail = v1.Mail(sealed=b"sealed")
    for _ in range(2):
        good(one.ask("PUT", _box("a"), mail))
    assert good(one.ask("GET", f"{_box('a')}/state")) == b'{"is_claimed":false}'
    claimed = one.ask("GET", _box("a"), token=None)
    assert v1.Claimed.model_validate_json(good(claimed)).sealed == b"sealed"
    assert refusal(one.ask("GET", _box("a"), token=None)) == (410, "mailbox_gone")
    assert good(one.ask("GET", f"{_box('a')}/state")) == b'{"is_claimed":true}'
    assert refusal(one.ask("PUT", _box("a"), mail)) == (410, "mailbox_gone")
    assert refusal(one.ask("GET", _box("b"), token=None)) == (404, "not_found")


def test_mailbox_has_its_time(database_url: str) -> None:
    clock = Clock()
    with serving(database_url, clock=clock) as served, Client(served.url) as one:
        one.register()
        for number in range(mailboxes.MAX_OPEN):
            good(one.ask("PUT", _box(str(number)), v1.Mail(sealed=b"sealed")))
        full = one.ask("PUT", _box("more"), v1.Mail(sealed=b"sealed"))
        assert refusal(full) == (429, "rate_limited")
        clock.now += v1.MAILBOX_S
        assert refusal(one.ask("GET", _box("0"), token=None)) == (404, "not_found")
        assert refusal(one.ask("GET", f"{_box('0')}/state")) == (404, "not_found")
        good(one.ask("PUT", _box("0"), v1.Mail(sealed=b"sealed")))
