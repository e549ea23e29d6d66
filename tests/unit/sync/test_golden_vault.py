"""Every vault that was ever written opens: by phrase, by device and by pairing code, down to the last fact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.sync import cipher, codec, manifest, pairing, phrase, roster, subkeys
from ccmeter.sync.cipher import Kind
from ccmeter.sync.records import Name, Seal
from ccmeter.wire.v1 import Record, decoded
from support.golden_vault import FOLDER, vault

if TYPE_CHECKING:
    from ccmeter.sync.cipher import Keyed
    from ccmeter.sync.records import Opened

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
    records = Held(held, keyed)
    people = roster.decode(records.take(Kind.ROSTER, keyed.vault).payload)
    assert [each.name for each in people.members] == held["inside"]["members"]
    assert {each.id.hex() for each in people.active} == set(held["devices"])
    assert roster.decode_forget(records.take(Kind.FORGET, keyed.vault).payload).before_slot == 1_900_000
    for device, expected in held["inside"]["facts"].items():
        owner = bytes.fromhex(device)
        said = manifest.decode(records.take(Kind.MANIFEST, owner).payload)
        kept = [records.take(Kind.CHUNK, owner, at) for at in range(said.chunks)]
        facts = sorted(fact for each in kept for fact in codec.decode(each.payload))
        assert [json.dumps(fact) for fact in facts] == expected
        come = [manifest.element(records.keys, each.rid, each.ver, each.digest) for each in kept]
        assert manifest.changed(0, come=come) == said.set_hash
    assert records.unread == set()


class Held:
    """The records of a vault by what they are."""

    def __init__(self, held: dict[str, Any], keyed: Keyed) -> None:
        self.keys = subkeys.of_generation(keyed.generation)
        seal = Seal(vault=keyed.vault, gen=keyed.gen, keys=self.keys)
        opened = [seal.opened(Record(**each, seq=1)) for each in map(as_record, held["records"])]
        self.by_name = {each.name: each for each in opened}
        self.unread = set(self.by_name)

    def take(self, kind: Kind, owner: bytes, number: int = 0) -> Opened:
        name = Name(kind=kind, owner=owner, number=number)
        self.unread.discard(name)
        return self.by_name[name]


def as_record(held: dict[str, Any]) -> dict[str, Any]:
    return {**held, "rid": bytes.fromhex(held["rid"]), "owner": bytes.fromhex(held["owner"])}
