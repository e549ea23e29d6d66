from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.errors import SealError
from ccmeter.sync import cipher, subkeys
from ccmeter.sync.cipher import MAX_BODY, Keyed, Kind, Place
from ccmeter.wire.v1 import BODY_BYTES, MAX_WRAPPED_BYTES

KEYS = subkeys.of_generation(bytes(range(32)))
PLACE = Place(vault=b"v" * 16, gen=3, owner=b"o" * 16, rid=b"r" * 16, ver=7)
KEYED = Keyed(vault=b"v" * 16, gen=3, identity=b"I" * 32, generation=b"G" * 32)
LOCK_KEY = b"L" * 32


def test_the_cipher_is_that_of_the_draft() -> None:
    """draft-irtf-cfrg-xchacha-03, A.3.1."""
    nonce = bytes(range(0x40, 0x58))
    sealed = bytes.fromhex(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64"
        "c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c"
        "97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
    )
    plain = cipher.open_with(
        bytes(range(0x80, 0xA0)), bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), nonce + sealed
    )
    assert plain.startswith(b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip")
    assert plain.endswith(b"sunscreen would be it.")


@given(st.integers(0, MAX_BODY).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_what_is_sealed_opens_and_has_one_of_four_sizes(body: bytes) -> None:
    sealed = cipher.seal(KEYS, PLACE, body)
    assert cipher.open_(KEYS, PLACE, sealed) == body
    assert len(sealed) == next(size for size in BODY_BYTES if size >= len(body) + 44)


@pytest.mark.parametrize("at", range(len(BODY_BYTES)))
def test_sizes_change_exactly_where_a_class_is_full(at: int) -> None:
    full = BODY_BYTES[at] - 44
    assert len(cipher.seal(KEYS, PLACE, bytes(full))) == BODY_BYTES[at]
    if at + 1 < len(BODY_BYTES):
        assert len(cipher.seal(KEYS, PLACE, bytes(full + 1))) == BODY_BYTES[at + 1]


def test_a_body_larger_than_a_record_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than a record"):
        cipher.seal(KEYS, PLACE, bytes(MAX_BODY + 1))


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, vault=b"w" * 16),
        replace(PLACE, gen=2),
        replace(PLACE, owner=b"p" * 16),
        replace(PLACE, rid=b"s" * 16),
        replace(PLACE, ver=6),
    ],
)
def test_a_record_opens_nowhere_else(place: Place) -> None:
    with pytest.raises(SealError):
        cipher.open_(KEYS, place, cipher.seal(KEYS, PLACE, b"body"))


def test_a_record_opens_under_no_other_key() -> None:
    with pytest.raises(SealError):
        cipher.open_(subkeys.of_generation(bytes(32)), PLACE, cipher.seal(KEYS, PLACE, b"body"))


@given(st.integers(0, 552 * 8 - 1))
def test_no_bit_can_be_flipped(bit: int) -> None:
    sealed = bytearray(cipher.seal(KEYS, PLACE, b"body"))
    sealed[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(SealError):
        cipher.open_(KEYS, PLACE, bytes(sealed))


@given(st.one_of(st.binary(max_size=80), st.sampled_from(BODY_BYTES).map(bytes)))
def test_whatever_is_no_record_is_refused(sealed: bytes) -> None:
    with pytest.raises(SealError):
        cipher.open_(KEYS, PLACE, sealed)
    with pytest.raises(SealError):
        cipher.open_with(bytes(32), b"", sealed)
    with pytest.raises(SealError):
        cipher.unwrap(b"p" * 32, KEYED.vault, KEYED.identity, sealed)
    with pytest.raises(SealError):
        cipher.unwrap_locked(b"p" * 32, KEYED.vault, LOCK_KEY, sealed)


@pytest.mark.parametrize(
    "plain",
    [
        (509).to_bytes(4, "big") + bytes(508),  # longer than there is
        (3).to_bytes(4, "big") + bytes(507) + b"\x01",  # something behind the body
        b"\xff" * 512,
    ],
)
def test_padding_has_one_form(plain: bytes) -> None:
    aad = b"ccm1" + b"v" * 16 + (3).to_bytes(4, "big") + b"o" * 16 + b"r" * 16 + (7).to_bytes(8, "big")
    assert cipher.open_(KEYS, PLACE, cipher.seal_with(KEYS.enc, aad, bytes(512))) == b""
    with pytest.raises(SealError, match="padded"):
        cipher.open_(KEYS, PLACE, cipher.seal_with(KEYS.enc, aad, plain))


def test_the_same_body_is_never_sealed_alike() -> None:
    assert len({cipher.seal(KEYS, PLACE, b"body") for _ in range(20)}) == 20


def test_an_id_has_16_bytes() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        cipher.seal(KEYS, replace(PLACE, owner=b"short"), b"")


def test_blind_ids_differ_by_all_that_they_name() -> None:
    ids = [
        cipher.rid(keys, kind, owner, number)
        for keys in (KEYS, subkeys.of_generation(bytes(32)))
        for kind in Kind
        for owner in (b"a" * 16, b"b" * 16)
        for number in (0, 1, 256, 2**40)
    ]
    assert len(set(ids)) == len(ids)
    assert {len(each) for each in ids} == {16}


def test_keys_reach_the_device_that_they_were_wrapped_for() -> None:
    public, private = cipher.key_pair()
    assert cipher.public_of(private) == public
    wrapped = cipher.wrap(public, KEYED)
    assert len(wrapped) <= MAX_WRAPPED_BYTES
    assert cipher.unwrap(private, KEYED.vault, KEYED.identity, wrapped) == KEYED
    with pytest.raises(SealError, match="do not open"):
        cipher.unwrap(cipher.key_pair()[1], KEYED.vault, KEYED.identity, wrapped)


def test_keys_reach_whoever_has_nothing_but_the_phrase() -> None:
    public, private = cipher.key_pair()
    locked = cipher.lock(LOCK_KEY, KEYED.vault, KEYED.identity)
    wrapped = cipher.wrap(public, KEYED, locked)
    assert len(wrapped) <= MAX_WRAPPED_BYTES
    assert cipher.unwrap_locked(private, KEYED.vault, LOCK_KEY, wrapped) == KEYED
    with pytest.raises(SealError):
        cipher.unwrap_locked(private, KEYED.vault, b"M" * 32, wrapped)
    with pytest.raises(SealError, match="recovery phrase"):
        cipher.unwrap_locked(private, KEYED.vault, LOCK_KEY, cipher.wrap(public, KEYED))


def test_a_server_cannot_plant_keys_of_its_own() -> None:
    """It knows every public key, and so can seal; but it has neither the identity key nor the phrase."""
    public, private = cipher.key_pair()
    planted = replace(KEYED, identity=b"S" * 32, generation=b"T" * 32)
    with pytest.raises(SealError, match="no device of this vault"):
        cipher.unwrap(private, KEYED.vault, KEYED.identity, cipher.wrap(public, planted))
    forged = cipher.wrap(public, planted, cipher.lock(b"S" * 32, KEYED.vault, planted.identity))
    with pytest.raises(SealError):
        cipher.unwrap_locked(private, KEYED.vault, LOCK_KEY, forged)
    replayed = cipher.wrap(public, planted, cipher.lock(LOCK_KEY, KEYED.vault, KEYED.identity))
    with pytest.raises(SealError, match="no device of this vault"):
        cipher.unwrap_locked(private, KEYED.vault, LOCK_KEY, replayed)


def test_keys_of_one_vault_are_none_of_another() -> None:
    public, private = cipher.key_pair()
    with pytest.raises(SealError, match="no device of this vault"):
        cipher.unwrap(private, b"w" * 16, KEYED.identity, cipher.wrap(public, KEYED))


@pytest.mark.parametrize("size", [0, 8, 40, 100])
def test_a_box_with_something_else_in_it_is_refused(size: int) -> None:
    from nacl import bindings

    public, private = cipher.key_pair()
    for start in (b"ccm1 keys", b"other one"):
        sealed = bindings.crypto_box_seal(start + bytes(size), public)
        with pytest.raises(SealError):
            cipher.unwrap(private, KEYED.vault, KEYED.identity, sealed)


def test_too_much_to_wrap_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        cipher.wrap(cipher.key_pair()[0], KEYED, bytes(MAX_WRAPPED_BYTES))


def test_no_secret_is_shown() -> None:
    assert "GGG" not in repr(KEYED)
    assert "III" not in repr(KEYED)
