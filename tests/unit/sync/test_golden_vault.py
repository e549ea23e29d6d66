"""Every vault that was ever written opens: by phrase, by device and by pairing code, down to the last fact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.sync import cipher, codec, manifest, pairing, phrase, roster, subkeys
from ccmeter.sync.cipher import Kind, Place
from ccmeter.wire.v1 import decoded
from support.golden_vault import FOLDER, vault

if TYPE_CHECKING:
    from ccmeter.sync.cipher import Keyed

WRITTEN = sorted(file.parent.name for file in FOLDER.glob("*/vault.json"))
NOW = "made now"


@pytest.fixture(params=[*WRITTEN, NOW], scope="module")
def held(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = (
        json.loads(json.dumps(vault()))
        if request.param == NOW
        else json.loads((FOLDER / request.param / "vault.json").read_text("utf-8"))
    )
    return found


@pytest.fixture(scope="module")
def keyed(held: dict[str, Any]) -> Keyed:
    recovery = phrase.recovery(phrase.secret_of(held["phrase"]))
    assert recovery.id.hex() == held["recovery"]["id"]
    return cipher.unwrap_locked(
        recovery.private,
        bytes.fromhex(held["vault"]),
        recovery.lock_key,
        decoded(held["recovery"]["wrapped"]),
    )


def test_there_is_one_of_each_protocol() -> None:
    assert "1" in WRITTEN


def test_the_phrase_gives_the_keys(held: dict[str, Any], keyed: Keyed) -> None:
    inside = held["inside"]
    assert (keyed.identity.hex(), keyed.generation.hex()) == (inside["identity"], inside["generation"])
    assert keyed.gen == held["gen"]
    assert subkeys.of_generation(keyed.generation).check.hex() == inside["key_check"]


def test_names_of_projects_and_sessions_stay_what_they_were(held: dict[str, Any], keyed: Keyed) -> None:
    keys = subkeys.of_identity(keyed.identity)
    assert subkeys.project_id(keys, "example.org/team/webapp") == held["inside"]["project_id"]
    assert subkeys.session_hash(keys, "a session") == held["inside"]["session_hash"]


def test_every_device_and_the_code_give_the_same_keys(held: dict[str, Any], keyed: Keyed) -> None:
    for device in held["devices"].values():
        private, wrapped = bytes.fromhex(device["private"]), decoded(device["wrapped"])
        assert cipher.unwrap(private, keyed.vault, keyed.identity, wrapped) == keyed
    code = pairing.read(held["mailbox"]["code"])
    assert code.mailbox.hex() == held["mailbox"]["id"]
    parcel = pairing.open_(code, decoded(held["mailbox"]["sealed"]))
    assert parcel.keyed == keyed
    assert set(map(bytes.hex, parcel.seen)) == set(held["devices"])


def test_records_open_to_what_was_sealed(held: dict[str, Any], keyed: Keyed) -> None:
    opened = Opened(held, keyed)
    people = roster.decode(opened.body(Kind.ROSTER, keyed.vault))
    assert [each.name for each in people.members] == held["inside"]["members"]
    assert {each.id.hex() for each in people.active} == set(held["devices"])
    assert roster.decode_forget(opened.body(Kind.FORGET, keyed.vault)).before_slot == 1_900_000
    for device, expected in held["inside"]["facts"].items():
        owner = bytes.fromhex(device)
        said = manifest.decode(opened.body(Kind.MANIFEST, owner))
        numbers = range(said.chunks)
        facts = [fact for at in numbers for fact in codec.decode(opened.body(Kind.CHUNK, owner, at))]
        assert [json.dumps(fact) for fact in sorted(facts)] == expected
        come = [opened.element(cipher.rid(opened.keys, Kind.CHUNK, owner, at)) for at in numbers]
        assert manifest.changed(0, come=come) == said.set_hash
    assert opened.unread == set()


class Opened:
    """The records of a vault by their blind ids."""

    def __init__(self, held: dict[str, Any], keyed: Keyed) -> None:
        self.keyed, self.keys = keyed, subkeys.of_generation(keyed.generation)
        self.records = {bytes.fromhex(each["rid"]): each for each in held["records"]}
        self.unread = set(self.records)

    def body(self, kind: Kind, owner: bytes, number: int = 0) -> bytes:
        rid = cipher.rid(self.keys, kind, owner, number)
        record = self.records[rid]
        assert record["owner"] == owner.hex()
        self.unread.discard(rid)
        place = Place(vault=self.keyed.vault, gen=self.keyed.gen, owner=owner, rid=rid, ver=record["ver"])
        return cipher.open_(self.keys, place, decoded(record["ct"]))

    def element(self, rid: bytes) -> int:
        record = self.records[rid]
        return manifest.element(self.keys, rid, record["ver"], cipher.digest(decoded(record["ct"])))
