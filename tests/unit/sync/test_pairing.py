import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.errors import CodecError, PairingError, SealError
from ccmeter.sync import cipher, pairing
from ccmeter.sync.cipher import Keyed
from ccmeter.sync.pairing import Code, Parcel
from ccmeter.sync.subkeys import hkdf
from ccmeter.wire.v1 import MAX_MAILBOX_BYTES

CODE = Code(secret=bytes(range(16)), server="https://sync.example.org")
ids = st.binary(min_size=16, max_size=16)
keys = st.binary(min_size=32, max_size=32)
counters = st.dictionaries(ids, st.integers(0, 2**53 - 1), max_size=4)
parcels = st.builds(
    Parcel,
    keyed=st.builds(Keyed, vault=ids, gen=st.integers(0, 2**32 - 1), identity=keys, generation=keys),
    ticket=st.text(max_size=60),
    added_by=ids,
    seen=counters,
    shared=counters,
)
PARCEL = Parcel(
    keyed=Keyed(vault=b"v" * 16, gen=2, identity=b"I" * 32, generation=b"G" * 32),
    ticket="ccm_e_secret",
    added_by=b"d" * 16,
    seen={b"d" * 16: 7},
)


def test_a_code_is_frozen() -> None:
    assert pairing.shown(CODE) == "0004-1061-050R-3GG2-8A1C-60T3-GFEV@sync.example.org"
    assert CODE.mailbox.hex() == "c669f2bcdc5df85ffd79953b55ed6a2b"


@given(
    st.binary(min_size=16, max_size=16),
    st.sampled_from(("https://a.example", "http://127.0.0.1:8787", "https://h:1/Sub/Way")),
)
def test_a_code_comes_back_however_it_is_typed(secret: bytes, server: str) -> None:
    code = Code(secret=secret, server=server)
    shown = pairing.shown(code)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}@\S+", shown)
    assert pairing.read(shown) == code
    typed, _, host = shown.partition("@")
    sloppy = typed.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert pairing.read(f"\n {sloppy}@{host}/ ") == code
    if "/Sub" not in host:
        assert pairing.read(f"{sloppy}@{host.upper()}") == code


@given(
    st.integers(0, 27),
    st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
    st.binary(min_size=16, max_size=16),
)
def test_a_slip_is_noticed_or_misses_by_its_check_alone(at: int, char: str, secret: bytes) -> None:
    """Two characters let one slip in 1,024 through; such a code names a mailbox that is not there."""
    shown = pairing.shown(Code(secret=secret, server=CODE.server))
    plain = shown.partition("@")[0].replace("-", "")
    slipped = plain[:at] + char + plain[at + 1 :]
    try:
        found = pairing.read(f"{slipped}@sync.example.org")
    except PairingError:
        assert slipped != plain
        return
    assert (found.secret == secret) == (slipped == plain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "sync.example.org",
        pairing.shown(CODE).partition("@")[0],
        "ABCD@host",
        "U" * 28 + "@host",
        "Z" * 28 + "@host",
    ],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(PairingError):
        pairing.read(text)


@pytest.mark.parametrize("host", ["", " ", "a@b", "other.example.org", "http://sync.example.org"])
def test_the_check_covers_the_host(host: str) -> None:
    with pytest.raises(PairingError):
        pairing.read(f"{pairing.shown(CODE).partition('@')[0]}@{host}")


@given(st.text(max_size=60))
def test_any_text_gives_a_code_or_an_error(text: str) -> None:
    for typed in (text, text + "@host"):
        with pytest.raises(PairingError):
            pairing.read(typed)


def test_new_codes_differ_and_name_the_server_in_one_spelling() -> None:
    codes = [pairing.new(" Sync.Example.org/ ") for _ in range(20)]
    assert len({code.secret for code in codes}) == 20
    assert {code.server for code in codes} == {"https://sync.example.org"}
    assert codes[0].mailbox != codes[1].mailbox


def test_a_code_can_be_shown_as_a_picture() -> None:
    lines = pairing.picture(CODE).splitlines()
    assert len(lines) > 10
    assert any("█" in line or "▀" in line or "▄" in line for line in lines)


@given(parcels)
def test_a_parcel_comes_back(parcel: Parcel) -> None:
    sealed = pairing.seal(CODE, parcel)
    assert pairing.open_(CODE, sealed) == parcel
    assert len(sealed) - 40 in (1024, 2048, 4096, MAX_MAILBOX_BYTES - 40)


def test_a_parcel_opens_with_its_code_alone() -> None:
    sealed = pairing.seal(CODE, PARCEL)
    with pytest.raises(SealError):
        pairing.open_(pairing.new(CODE.server), sealed)
    with pytest.raises(SealError):
        pairing.open_(CODE, sealed[:-1] + bytes([sealed[-1] ^ 1]))


@pytest.mark.parametrize(("plain", "error"), [(b"\xff" * 1024, SealError), (bytes(1024), CodecError)])
def test_what_another_program_left_is_refused(plain: bytes, error: type[Exception]) -> None:
    key = hkdf(CODE.secret, b"ccmeter 1 pairing key")
    with pytest.raises(error):
        pairing.open_(CODE, cipher.seal_with(key, CODE.mailbox, plain))


def test_what_a_newer_version_leaves_is_kept() -> None:
    newer = Parcel(
        keyed=PARCEL.keyed,
        ticket="",
        added_by=PARCEL.added_by,
        unknown=(("new", msgspec.msgpack.encode([1])),),
    )
    assert pairing.open_(CODE, pairing.seal(CODE, newer)) == newer


def test_a_vault_of_many_devices_fits_and_too_many_are_refused() -> None:
    many = {number.to_bytes(16, "big"): 2**50 for number in range(270)}
    assert (
        len(pairing.seal(CODE, Parcel(keyed=PARCEL.keyed, ticket="", added_by=b"d" * 16, seen=many)))
        <= MAX_MAILBOX_BYTES
    )
    more = {number.to_bytes(16, "big"): 2**50 for number in range(400)}
    with pytest.raises(ValueError, match="larger than a mailbox"):
        pairing.seal(CODE, Parcel(keyed=PARCEL.keyed, ticket="", added_by=b"d" * 16, seen=more))


def test_no_secret_is_shown() -> None:
    shown = repr((CODE, PARCEL))
    assert "ccm_e_" not in shown
    assert "GGG" not in shown
    assert repr(CODE.secret) not in shown
