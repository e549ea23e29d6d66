"""The server's contract, on both databases: pushes, their order, pages, cursors, quotas."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ccmeter.server import purge
from ccmeter.server.storage.tables import commit_tick
from ccmeter.wire import v1
from support.rotating import everything
from support.server import Client, Clock, bytes_of, code_of, good, refusal, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.server import Served

WRITERS = 12
COMMITS = 12
"""By each of the writers."""


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


def _push(client: Client, *records: v1.Sealed, gen: int = 0) -> tuple[int, str]:
    return refusal(client.ask("POST", "/v1/sync/push", v1.Push(gen=gen, records=records)))


def test_records_come_back_as_they_were_pushed(one: Client) -> None:
    sent = [one.sealed(number, size=number) for number in range(4)]
    commit = one.push(*sent)
    page = one.changes()
    assert (page.seq, page.tick, page.is_last, page.gen) == (commit.seq, commit.tick, True, 0)
    assert [(each.rid, each.ver, each.ct) for each in page.records] == [
        (each.rid, 1, each.ct) for each in sent
    ]
    assert {each.owner for each in page.records} == {one.device}
    assert one.changes(commit.seq, commit.tick).records == ()


def test_replay_is_done_already(one: Client) -> None:
    """A push whose answer was lost says the same again, also when some of it is new or others went on."""
    first = one.push(one.sealed(1), one.sealed(2))
    assert one.push(one.sealed(1), one.sealed(2)) == first
    second = one.push(one.sealed(2), one.sealed(3))
    assert second.seq == first.seq + 1
    assert one.push(one.sealed(1)) == first
    assert len(one.changes().records) == 3


def test_push_is_all_or_nothing(one: Client) -> None:
    """A record that replaces what is not there refuses all, and names itself."""
    one.push(one.sealed(1))
    before = one.head()
    for stale in (
        one.sealed(1, ver=3),
        one.sealed(2, ver=2),
        one.sealed(1).model_copy(update={"ct": bytes(552)}),
    ):
        pushed = v1.Push(gen=0, records=(one.sealed(9), stale))
        answer = one.ask("POST", "/v1/sync/push", pushed)
        assert refusal(answer) == (409, "version_conflict")
        assert answer.json()["details"] == {"rids": [v1.encoded(stale.rid)]}
    assert one.head() == before
    one.push(one.sealed(1, ver=2))
    assert [each.ver for each in one.changes().records] == [2]


def test_refused_pushes(one: Client) -> None:
    odd = one.sealed(1).model_copy(update={"ct": bytes(553)})
    assert _push(one, odd) == (422, "bad_padding")
    assert _push(one, one.sealed(1), one.sealed(1)) == (422, "invalid")
    assert _push(one, one.sealed(1), gen=1) == (409, "wrong_generation")
    assert one.changes().records == ()


def test_owner_is_who_pushes(one: Client) -> None:
    """Nobody replaces another device's record; what is shared anybody does."""
    with one.enrol("two") as two:
        one.push(one.sealed(1), one.sealed(5, is_shared=True))
        theirs = one.sealed(1, ver=2)
        assert _push(two, theirs) == (404, "not_found")
        two.push(one.sealed(5, ver=2, is_shared=True))
        owners = {each.rid: each.owner for each in one.changes().records}
        assert owners == {one.sealed(1).rid: one.device, one.sealed(5, is_shared=True).rid: one.vault}


def test_vault_has_room_for_so_much(one: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    one.push(one.sealed(1))
    monkeypatch.setattr(v1, "MAX_VAULT_RECORDS", 2)
    assert _push(one, one.sealed(2), one.sealed(3)) == (507, "quota_exceeded")
    one.push(one.sealed(2))
    monkeypatch.setattr(v1, "MAX_VAULT_RECORDS", 9)
    monkeypatch.setattr(v1, "MAX_VAULT_BYTES", 2 * 552 + 1_063)
    assert _push(one, one.sealed(3, size=1)) == (507, "quota_exceeded")
    one.push(one.sealed(3))
    one.push(one.sealed(3, ver=2))


def test_pages_end_where_commits_end(served: Served, one: Client) -> None:
    """Whatever the limit, a walk gives every record once, and each page ends with a commit that was made."""
    made = {}
    for number, size in enumerate((3, 1, 7, 2, 2, 5, 1)):
        commit = one.push(*(one.sealed(100 * number + each) for each in range(size)))
        made[commit.seq] = commit.tick
    one.enrol("two").http.close()  # a commit without a record
    head = one.head()
    made[head.seq] = head.tick
    for limit in (1, 2, 3, 4, 6, 8, 20, 21, 500):
        seen, seq, tick = [], 0, b""
        while True:
            page = one.changes(seq, tick, limit=limit)
            seen += [each.rid for each in page.records]
            assert made[page.seq] == page.tick
            assert all(seq < each.seq <= page.seq for each in page.records)
            seq, tick = page.seq, page.tick
            if page.is_last:
                break
        assert len(seen) == len(set(seen)) == 21
        assert (seq, tick) == (head.seq, head.tick)


def test_cursor_and_witness_tell_a_restored_server(one: Client) -> None:
    """A commit that the server does not know was made before it went back: begin at the start."""
    origin = one.head()
    commit = one.push(one.sealed(1))
    good(one.ask("GET", "/v1/sync/changes", gen=0, witness=v1.encoded(commit.tick)))
    good(
        one.ask(
            "GET", "/v1/sync/changes", gen=0, tick=v1.encoded(origin.tick), witness=v1.encoded(origin.tick)
        )
    )
    other = v1.encoded(bytes_of("another"))
    for cursor in (
        {"seq": commit.seq, "tick": other},
        {"seq": commit.seq},
        {"seq": commit.seq + 1, "tick": v1.encoded(commit.tick)},
        {"seq": 0, "tick": v1.encoded(commit.tick)},
        {"witness": other},
        {"seq": commit.seq, "tick": v1.encoded(commit.tick), "witness": other},
    ):
        answer = one.ask("GET", "/v1/sync/changes", gen=0, **cursor)
        assert refusal(answer) == (410, "cursor_unknown"), cursor
    assert refusal(one.ask("GET", "/v1/sync/changes", gen=1)) == (409, "wrong_generation")


def test_head_is_told_once(one: Client) -> None:
    answer = one.ask("GET", "/v1/sync/head")
    headers = {"Authorization": f"Bearer {one.token}", "If-None-Match": answer.headers["ETag"]}
    same = one.http.get("/v1/sync/head", headers=headers)
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    one.push(one.sealed(1))
    assert one.http.get("/v1/sync/head", headers=headers).status_code == 200


def test_old_marks_are_purged_but_for_borders(database_url: str) -> None:
    """After 90 days a mark goes, unless a record that is left ends with its commit, so that pages stay small."""
    clock = Clock()
    with serving(database_url, clock=clock) as served, Client(served.url) as one:
        one.register()
        for ver in range(1, 6):
            one.push(one.sealed(1, ver=ver))
        kept = one.push(one.sealed(2), one.sealed(3))
        one.push(one.sealed(4))
        last = one.push(one.sealed(4, ver=2))
        with served.database.writing() as connection:
            assert not any(each.rows for each in purge.expire(connection, clock.now + 89 * purge.DAY_S))
            purge.expire(connection, clock.now + 91 * purge.DAY_S)
            left = connection.scalars(select(commit_tick.c.seq).order_by(commit_tick.c.seq)).all()
        assert list(left) == [5, kept.seq, last.seq]
        assert len(everything(one)) == 4
        assert refusal(one.ask("GET", "/v1/sync/changes", gen=0, seq=1, tick="x" * 22)) == (422, "invalid")


def test_cursor_misses_nothing_under_twelve_writers(served: Served, one: Client) -> None:
    """A reader that follows the cursor while twelve devices write has seen every version's successor: none is missed."""
    ended, failed = threading.Event(), []
    with ExitStack() as stack:
        writers = [one, *(stack.enter_context(one.enrol(f"d{number}")) for number in range(1, WRITERS))]

        def write(client: Client) -> None:
            try:
                for number in range(COMMITS):
                    client.push(client.sealed(number), client.sealed(1_000, ver=number + 1))
            except AssertionError as error:
                failed.append(error)

        threads = [threading.Thread(target=write, args=(client,)) for client in writers]
        seen: dict[bytes, v1.Record] = {}

        def follow() -> None:
            seq, tick = 0, b""
            while True:
                was_ended = ended.is_set()
                page = reader.changes(seq, tick, limit=7)
                seen.update((each.rid, each) for each in page.records)
                seq, tick = page.seq, page.tick
                if page.is_last and was_ended:
                    return

        reader = stack.enter_context(one.enrol("reader"))
        reading = threading.Thread(target=follow)
        for thread in (reading, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        ended.set()
        reading.join()
    assert failed == []
    assert len(seen) == WRITERS * (COMMITS + 1)
    assert {each.rid: each for each in everything(one)} == seen
    tails = [each for each in seen.values() if each.ver > 1]
    assert [each.ver for each in tails] == [COMMITS] * WRITERS


def test_two_pushes_at_once_do_not_both_replace(served: Served, one: Client) -> None:
    """Of many who replace the same version at the same moment one is first; the others hear of it."""
    one.push(one.sealed(1, is_shared=True))
    outcomes: list[str] = []
    with ExitStack() as stack:
        clients = [one, *(stack.enter_context(one.enrol(f"d{number}")) for number in range(1, 8))]

        def race(number: int, client: Client) -> None:
            wanted = one.sealed(1, ver=2, is_shared=True).model_copy(
                update={"ct": bytes_of(number, size=552)}
            )
            answer = client.ask("POST", "/v1/sync/push", v1.Push(gen=0, records=(wanted,)))
            outcomes.append("ok" if answer.is_success else code_of(answer))

        threads = [threading.Thread(target=race, args=pair) for pair in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["ok"] + ["version_conflict"] * 7
