import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.errors import CodecError
from ccmeter.sync import manifest, subkeys
from ccmeter.sync.manifest import Manifest

KEYS = subkeys.of_generation(bytes(32))
ids = st.binary(min_size=16, max_size=16)
counters = st.dictionaries(ids, st.integers(0, 2**53 - 1), max_size=4)
records = st.lists(
    st.tuples(ids, st.integers(1, 2**53), st.binary(min_size=32, max_size=32)), max_size=6, unique=True
)
DIGEST = hashlib.sha256(b"body").digest()


@given(st.integers(0, 2**53 - 1), st.integers(0, 2**256 - 1), counters, counters)
def test_a_manifest_comes_back(
    chunks: int, set_hash: int, seen: dict[bytes, int], shared: dict[bytes, int]
) -> None:
    said = Manifest(chunks=chunks, set_hash=set_hash, seen=seen, shared=shared)
    assert manifest.decode(manifest.encode(said)) == said


def test_what_a_newer_version_says_is_kept() -> None:
    newer = msgspec.msgpack.encode(
        {**msgspec.msgpack.decode(manifest.encode(Manifest(chunks=2))), "new": [1, {"a": 2}]}
    )
    found = manifest.decode(newer)
    assert found.chunks == 2
    assert msgspec.msgpack.decode(manifest.encode(found)) == msgspec.msgpack.decode(newer)


@given(st.binary(max_size=100))
def test_any_bytes_give_a_manifest_or_an_error(body: bytes) -> None:
    try:
        manifest.decode(body)
    except CodecError:
        return


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": "1"},
        {"n": -1},
        {"n": 2**53},
        {"h": bytes(31)},
        {"s": [[bytes(15), 1]]},
        {"r": [[bytes(16), -1]]},
        {"r": 7},
    ],
)
def test_another_form_is_refused(change: dict[str, object]) -> None:
    fields = msgspec.msgpack.decode(manifest.encode(Manifest()))
    with pytest.raises(CodecError):
        manifest.decode(msgspec.msgpack.encode({**fields, **change}))
    for name in fields:
        with pytest.raises(CodecError):
            manifest.decode(
                msgspec.msgpack.encode({key: value for key, value in fields.items() if key != name})
            )


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(CodecError):
        manifest.decode(b"\x81\xa1v" + b"\x91" * 200_000)


@given(records, records)
def test_a_set_hash_does_not_depend_on_the_way(
    one: list[tuple[bytes, int, bytes]], other: list[tuple[bytes, int, bytes]]
) -> None:
    come = [manifest.element(KEYS, *record) for record in one]
    more = [manifest.element(KEYS, *record) for record in other]
    step = manifest.changed(manifest.changed(0, come=come), gone=come, come=more)
    assert step == manifest.changed(0, come=reversed(more))
    assert 0 <= step < 2**256


def test_every_part_of_a_record_counts() -> None:
    elements = {
        manifest.element(keys, rid, ver, digest)
        for keys in (KEYS, subkeys.of_generation(b"1" * 32))
        for rid in (b"a" * 16, b"b" * 16)
        for ver in (1, 2)
        for digest in (DIGEST, bytes(32))
    }
    assert len(elements) == 16
