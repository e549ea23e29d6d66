from dataclasses import replace

import pytest

from ccmeter.domain.errors import CodecError, SealError
from ccmeter.sync import cipher, records, subkeys
from ccmeter.sync.cipher import Kind, Place
from ccmeter.sync.records import MAX_PAYLOAD, Name, Seal
from ccmeter.wire.v1 import BODY_BYTES, Record

VAULT, DEVICE = b"v" * 16, b"d" * 16
SEAL = Seal(vault=VAULT, gen=1, keys=subkeys.of_generation(b"G" * 32))
CHUNK = Name(kind=Kind.CHUNK, owner=DEVICE, number=3)


def record(name: Name, payload: bytes = b"payload", *, ver: int = 2, rid: bytes | None = None) -> Record:
    """Give a record as the server gives it; `rid` where it was put in another's place by one who has the key."""
    head = bytes((records._KINDS.index(name.kind),)) + name.number.to_bytes(8, "big")
    place = Place(vault=VAULT, gen=1, owner=name.owner, rid=rid or SEAL.rid(name), ver=ver)
    return Record(
        rid=place.rid,
        owner=name.owner,
        ver=ver,
        seq=9,
        ct=cipher.seal(SEAL.keys, place, head + payload) if rid else SEAL.sealed(name, ver, payload),
    )


@pytest.mark.parametrize("payload", [b"", b"payload", bytes(MAX_PAYLOAD)])
@pytest.mark.parametrize("kind", [Kind.CHUNK, Kind.MANIFEST, Kind.PROJECTS])
def test_a_record_says_what_it_is(kind: Kind, payload: bytes) -> None:
    name = Name(kind=kind, owner=DEVICE, number=2**40)
    sent = record(name, payload)
    opened = SEAL.opened(sent)
    assert (opened.name, opened.ver, opened.payload) == (name, 2, payload)
    assert (opened.rid, opened.digest) == (sent.rid, cipher.digest(sent.ct))
    assert len(sent.ct) in BODY_BYTES


def test_what_is_of_the_vault_belongs_to_no_device() -> None:
    for kind in records.SHARED:
        shared = Name(kind=kind, owner=VAULT)
        assert SEAL.opened(record(shared)).name == shared
        with pytest.raises(SealError, match="place of another"):
            SEAL.opened(record(Name(kind=kind, owner=DEVICE)))
    with pytest.raises(SealError, match="place of another"):
        SEAL.opened(record(Name(kind=Kind.CHUNK, owner=VAULT)))


def test_a_record_cannot_pass_for_another_of_its_owner() -> None:
    """Not even sealed by a device of the vault."""
    with pytest.raises(SealError, match="place of another"):
        SEAL.opened(record(CHUNK, rid=SEAL.rid(replace(CHUNK, number=4))))


def test_a_kind_of_a_newer_version_is_told_from_a_broken_seal() -> None:
    place = Place(vault=VAULT, gen=1, owner=DEVICE, rid=b"r" * 16, ver=1)
    for body in (b"", bytes(8), b"\xff" + bytes(8)):
        sent = Record(rid=b"r" * 16, owner=DEVICE, ver=1, seq=1, ct=cipher.seal(SEAL.keys, place, body))
        with pytest.raises(CodecError, match="does not know"):
            SEAL.opened(sent)
        with pytest.raises(SealError):
            SEAL.opened(sent.model_copy(update={"ver": 2}))
