import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.errors import CodecError, SyncError
from ccmeter.sync import roster
from ccmeter.sync.records import MAX_PAYLOAD
from ccmeter.sync.roster import Forget, Member, Recovery, Roster

ids = st.binary(min_size=16, max_size=16)
keys = st.binary(min_size=32, max_size=32)
times = st.integers(-(2**62), 2**62)
members = st.builds(
    Member,
    id=ids,
    name=st.text(max_size=roster.MAX_NAME),
    public=keys,
    added_by=ids,
    added_us=times,
    revoked_us=st.none() | times,
)
recoveries = st.builds(Recovery, id=ids, public=keys, locked=st.binary(max_size=72))
RECOVERY = Recovery(id=b"r" * 16, public=b"R" * 32, locked=b"L" * 72, token_hash=b"H" * 32)


def member(number: int, *, revoked_us: int | None = None, name: str = "laptop") -> Member:
    return Member(
        id=bytes([number] * 16),
        name=name,
        public=bytes([number] * 32),
        added_by=bytes([0] * 16),
        added_us=number,
        revoked_us=revoked_us,
    )


@given(recoveries, st.lists(members, max_size=4).map(tuple))
def test_a_roster_comes_back(recovery: Recovery, some: tuple[Member, ...]) -> None:
    said = Roster(recovery=recovery, members=some)
    assert roster.decode(roster.encode(said)) == said


@given(ids, st.integers(0, 2**32), times)
def test_a_forget_record_comes_back(device: bytes, before_slot: int, at_us: int) -> None:
    said = Forget(device=device, before_slot=before_slot, at_us=at_us)
    assert roster.decode_forget(roster.encode_forget(said)) == said


def test_what_a_newer_version_says_is_kept() -> None:
    people = newer(roster.encode(Roster(recovery=RECOVERY, members=(member(1),))))
    assert roster.encode(roster.decode(people)) == people
    forget = newer(roster.encode_forget(Forget(device=b"d" * 16, before_slot=1, at_us=2)))
    assert roster.encode_forget(roster.decode_forget(forget)) == forget


def newer(body: bytes) -> bytes:
    return msgspec.msgpack.encode({**msgspec.msgpack.decode(body), "zz": {"more": [1]}})


@given(st.binary(max_size=120))
def test_any_bytes_give_a_document_or_an_error(body: bytes) -> None:
    for decode in (roster.decode, roster.decode_forget):
        try:
            decode(body)
        except CodecError:
            continue


@pytest.mark.parametrize(
    "rows",
    [
        [[1]],
        [[b"i" * 16, "n" * 41, b"k" * 32, b"a" * 16, 1, None]],
        [[b"i" * 15, "n", b"k" * 32, b"a" * 16, 1, None]],
    ],
)
def test_another_form_is_refused(rows: list[object]) -> None:
    fields = msgspec.msgpack.decode(roster.encode(Roster(recovery=RECOVERY)))
    with pytest.raises(CodecError):
        roster.decode(msgspec.msgpack.encode({**fields, "m": rows}))


def test_members_are_added_and_replaced_in_one_order() -> None:
    both = Roster(recovery=RECOVERY).with_member(member(2)).with_member(member(1))
    assert both == Roster(recovery=RECOVERY).with_member(member(1)).with_member(member(2))
    revoked = both.with_member(member(1, revoked_us=5))
    assert revoked.active == (member(2),)
    assert revoked.member(bytes([1] * 16)) == member(1, revoked_us=5)
    assert revoked.member(bytes(16)) is None


def test_the_phrase_is_replaced_and_nothing_else() -> None:
    people = Roster(recovery=RECOVERY, members=(member(1),))
    other = Recovery(id=b"s" * 16, public=b"S" * 32, locked=b"M" * 72, token_hash=b"I" * 32)
    assert roster.with_recovery(people, other) == Roster(recovery=other, members=(member(1),))


def test_there_is_one_forget_record_per_device() -> None:
    forgets = [Forget(device=bytes([n] * 16), before_slot=n, at_us=n) for n in (1, 2)]
    names = {roster.forget_name(b"v" * 16, each) for each in forgets}
    assert len(names) == 2
    assert {(name.kind, name.owner) for name in names} == {("forget", b"v" * 16)}


def test_thirty_devices_fit_and_too_many_are_refused_in_words() -> None:
    full = Roster(
        recovery=RECOVERY, members=tuple(member(n, name="n" * 20, revoked_us=2**50) for n in range(30))
    )
    assert len(roster.encode(full)) <= MAX_PAYLOAD
    with pytest.raises(SyncError, match="no more devices"):
        roster.encode(Roster(recovery=RECOVERY, members=tuple(member(n) for n in range(60))))
