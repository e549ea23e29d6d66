import struct
import tracemalloc

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.errors import CodecError
from ccmeter.domain.facts import NO_SLOT, Counts, Fact
from ccmeter.sync import codec
from support.facts import days, facts

USUAL = days(40)
MIB = 1 << 20


@given(st.lists(facts(), max_size=6))
def test_whatever_is_encoded_comes_back(some: list[Fact]) -> None:
    assert codec.decode(codec.encode(some)) == tuple(some)


def test_counts_at_the_end_of_64_bits_come_back() -> None:
    largest = USUAL[0]._replace(counts=Counts(*[2**63 - 1] * 8))
    none = USUAL[1]._replace(counts=Counts(*[0] * 8))
    some = [largest, none, largest, largest, none]
    assert codec.decode(codec.encode(some)) == tuple(some)


def test_days_come_back() -> None:
    some = days(500)
    body = codec.encode(some)
    assert codec.decode(body) == tuple(some)
    assert len(body) < 18 * len(some)


@given(st.binary(max_size=200))
def test_any_bytes_give_facts_or_an_error(body: bytes) -> None:
    refused_or_read(body)


@given(st.binary(max_size=60), st.integers(0, 5))
def test_any_bytes_behind_a_head_give_facts_or_an_error(packed: bytes, count: int) -> None:
    refused_or_read(struct.pack(">BH", 1, count) + bytes(8 * count) + packed)


@given(st.data())
def test_any_change_gives_facts_or_an_error(data: st.DataObject) -> None:
    body = bytearray(codec.encode(USUAL))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    refused_or_read(bytes(body))


@given(
    st.recursive(
        st.one_of(
            st.integers(-(2**63), 2**64 - 1),
            st.binary(max_size=16),
            st.text(max_size=3),
            st.booleans(),
            st.none(),
        ),
        lambda inner: st.lists(inner, max_size=4),
    ),
    st.integers(0, 3),
    st.integers(0, 18),
)
def test_any_columns_give_facts_or_an_error(value: object, count: int, at: int) -> None:
    columns = usual_columns(codec.encode(USUAL[:count]) if count else codec.encode(USUAL[:1]))
    columns[at] = value
    refused_or_read(body_of(columns, count))


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, [b"short"]),
        (1, [b"short"]),
        (3, [[9, 0, 0, 0, 0, 0, 0, False, False]]),
        (3, [[0, 0, 99, 0, 0, 0, 0, False, False]]),
        (3, [[-1, 0, 0, 0, 0, 0, 0, False, False]]),
        (4, [0]),
        (4, [0, 7]),
        (5, [NO_SLOT, 1]),
        (5, [0, -1]),
        (5, [0]),
        (6, [1]),
        (6, [1, -1]),
        (7, [1, 2, 3]),
        (10, [0, -(2**62)]),
        (10, [2**63 - 1, 1]),
        (11, [[], []]),
        (11, [[1], [1]]),
        (11, [[0, 0], [1, 1]]),
        (11, [[0, 2], [1, 1]]),
        (11, [[0], []]),
        (12, [[2], [1]]),
        (12, [[0], []]),
        (15, [[0], [-1]]),
        (16, [2]),
        (17, [5]),
        (18, [[2, 0, 0, 0, 0, 0, 0, 0, 0]]),
        (18, [[0, 0, 99, 0, 0, 0, 0, 0, 0]]),
        (18, [[0, 1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0, 0]]),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(at: int, value: object) -> None:
    columns = usual_columns(codec.encode(USUAL[:2]))
    assert codec.decode(body_of(columns, 2)) == tuple(USUAL[:2])
    columns[at] = value
    with pytest.raises(CodecError):
        codec.decode(body_of(columns, 2))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x01\x00",
        b"\x02\x00\x00",
        b"\x01\x00\x00more",
        b"\x01\x00\x01short",
        b"\x01\x00\x01" + bytes(8),
        b"\x01\x00\x01" + bytes(8) + zstandard.compress(b""),
        codec.encode(USUAL) + b"more",
        codec.encode(USUAL)[:-1],
    ],
)
def test_what_is_cut_or_longer_or_newer_is_refused(body: bytes) -> None:
    with pytest.raises(CodecError):
        codec.decode(body)


@pytest.mark.parametrize("states_size", [True, False])
def test_a_bomb_does_not_go_off(states_size: bool) -> None:  # noqa: FBT001 - a parameter of the test
    compressor = zstandard.ZstdCompressor(level=19, write_content_size=states_size)
    bomb = compressor.compress(bytes(64 * MIB))
    assert len(bomb) < 8_192
    assert peak_of(struct.pack(">BH", 1, 1) + bytes(8) + bomb) < 4 * MIB


@pytest.mark.parametrize("filling", [0, "", b"", [], [0] * 9])
@pytest.mark.parametrize("at", [2, 4, 5, 11, 16, 18])
def test_a_body_that_unfolds_to_the_most_stays_small(filling: object, at: int) -> None:
    columns = usual_columns(codec.encode(USUAL[:1]))
    columns[at] = [filling] * ((MIB - 400) // len(msgspec.msgpack.encode(filling)))
    assert peak_of(body_of(columns, 1)) < 64 * MIB


@pytest.mark.parametrize(
    "change",
    [
        {"revision": -1},
        {"by": USUAL[0].by._replace(slot=-1)},
        {"by": USUAL[0].by._replace(slot=NO_SLOT + 1)},
        {"by": USUAL[0].by._replace(project="abc")},
        {"by": USUAL[0].by._replace(project="AB" * 16)},
        {"by": USUAL[0].by._replace(session="ab")},
        {"by": USUAL[0].by._replace(model="\ud800")},
        {"counts": USUAL[0].counts._replace(output_tokens=-1)},
    ],
)
def test_a_fact_without_a_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        codec.encode([USUAL[0]._replace(**change)])  # type: ignore[arg-type]


def test_what_is_larger_than_can_be_read_is_not_written() -> None:
    with pytest.raises(codec.TooLargeError):
        codec.encode([USUAL[0]._replace(by=USUAL[0].by._replace(model="m" * MIB))])
    with pytest.raises(codec.TooLargeError):
        codec.encode([USUAL[0]] * (codec.MAX_FACTS + 1))


def usual_columns(body: bytes) -> list[object]:
    count = struct.unpack_from(">H", body, 1)[0]
    columns = msgspec.msgpack.decode(zstandard.decompress(body[3 + 8 * count :]))
    assert isinstance(columns, list)
    assert len(columns) == 19
    return columns


def body_of(columns: list[object], count: int) -> bytes:
    ids = b"".join(fact.fingerprint.to_bytes(8, "big") for fact in USUAL[:count])
    return struct.pack(">BH", 1, count) + ids + zstandard.compress(msgspec.msgpack.encode(columns))


def refused_or_read(body: bytes) -> None:
    try:
        found = codec.decode(body)
    except CodecError:
        return
    assert codec.decode(codec.encode(found)) == found


def peak_of(body: bytes) -> int:
    tracemalloc.start()
    try:
        refused_or_read(body)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
