import pytest

from ccmeter.sync import subkeys

RFC_5869 = [
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        (
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da32"
            "75600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
    ),
    (
        "0b" * 22,
        "",
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("key", "salt", "label", "expected"), RFC_5869)
def test_hkdf_gives_the_answers_of_rfc_5869(key: str, salt: str, label: str, expected: str) -> None:
    found = subkeys.hkdf(
        bytes.fromhex(key), bytes.fromhex(label), n=len(expected) // 2, salt=bytes.fromhex(salt)
    )
    assert found.hex() == expected


@pytest.mark.parametrize("n", [0, -1, 8161])
def test_hkdf_gives_no_other_length(n: int) -> None:
    with pytest.raises(ValueError, match="1 to 8160"):
        subkeys.hkdf(bytes(32), b"", n)


def test_no_two_uses_share_a_key() -> None:
    identity, generation = subkeys.of_identity(bytes(32)), subkeys.of_generation(bytes(32))
    keys = (identity.fp, identity.proj, identity.mac, generation.enc, generation.id, generation.set)
    assert len({*keys, generation.check.ljust(32)}) == 7
    assert len(generation.check) == 8
    assert not any(key.startswith(generation.check) for key in keys)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        subkeys.of_identity(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        subkeys.of_generation(bytes(size))


def test_no_key_is_shown() -> None:
    identity, generation = subkeys.of_identity(bytes(32)), subkeys.of_generation(bytes(32))
    shown = repr((identity, generation))
    for key in (identity.fp, identity.proj, identity.mac, generation.enc, generation.id, generation.set):
        assert repr(key) not in shown


def test_projects_and_sessions_are_named_the_same_everywhere_and_never_alike() -> None:
    keys, other = subkeys.of_identity(bytes(32)), subkeys.of_identity(bytes([1] * 32))
    name = "example.org/team/webapp"
    assert subkeys.project_id(keys, name) == subkeys.project_id(keys, name)
    assert len(subkeys.project_id(keys, name)) == 32
    assert len(subkeys.session_hash(keys, name)) == 16
    assert subkeys.project_id(other, name) != subkeys.project_id(keys, name)
    assert subkeys.session_hash(other, name) != subkeys.session_hash(keys, name)
    assert not subkeys.project_id(keys, name).startswith(subkeys.session_hash(keys, name))
    assert subkeys.project_id(keys, "\ud800")


def test_fresh_keys_differ() -> None:
    assert len({subkeys.fresh() for _ in range(20)}) == 20
