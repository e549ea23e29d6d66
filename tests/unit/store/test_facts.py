"""The ledger of a vault in the store: what is due, what is known, what is hidden, and what goes along when a store is replaced."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.facts import NO_SLOT, SLOT_US, Counts, fingerprint
from ccmeter.domain.vaults import EVERYTHING, Note, Taken
from ccmeter.store import carrying, forget, lease, united
from ccmeter.store.facts import Ledger
from ccmeter.store.forget import Rule
from support import stores
from support.vaults import KEY, NOON_US, NOW, STATE, Own, Vault, chunk, counted, log, project_of, session_of

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.domain.facts import Fact

OTHER = "bb" * 16
SLOT = NOON_US // SLOT_US


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A store with two calls, in a vault."""
    made = Vault(tmp_path / "ccmeter.duckdb")
    log(made.store, [Own(key="a"), Own(key="b", session="s2", cwd="/y")])
    made.ledger.begin(STATE)
    made.place()
    return made


def _remote(fact: Fact, **by: object) -> Fact:
    """Give a fact of a call that this store does not have."""
    return fact._replace(fingerprint=fact.fingerprint ^ 1, by=fact.by._replace(**by))  # type: ignore[arg-type]


def _calls(store: Path) -> list[tuple[str, str, int]]:
    with stores.asking(store) as connection:
        return connection.execute(
            "select session_id, cwd, c.output_tokens from counted c join counted_origin using (origin_id) order by all"
        ).fetchall()


def test_a_store_is_in_no_vault_at_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ccmeter.duckdb")
    log(tmp_path / "ccmeter.duckdb", [Own(key="a")])
    assert ledger.state() is None
    assert ledger.unpublished(10) == ()
    assert ledger.notes() == {}
    assert ledger.chunks(OTHER) == ()


def test_the_state_is_kept(vault: Vault) -> None:
    state = replace(
        STATE,
        gen=2,
        seq=7,
        tick="t",
        witness="w",
        witness_seq=9,
        counters={OTHER: 4},
        projects="ids",
        synced_at=NOW,
    )
    vault.ledger.take(Taken(state=state))
    assert vault.ledger.state() == state


def test_leaving_drops_what_others_told(vault: Vault) -> None:
    (first, *_) = vault.ledger.unpublished(10)
    vault.take(chunk(OTHER, 0, [_remote(first)]))
    assert len(_calls(vault.store)) == 3
    vault.ledger.end()
    assert len(_calls(vault.store)) == 2
    with lease.reading(vault.store) as connection:
        left = [t for t in united.TABLES if connection.execute(f"select 1 from {t} limit 1").fetchall()]
    assert not left


def test_folders_are_asked_for_once(vault: Vault) -> None:
    assert vault.ledger.unplaced() == ()
    log(vault.store, [Own(key="c", cwd="/new"), Own(key="d", cwd="")])
    assert vault.ledger.unplaced() == ("/new",)
    vault.ledger.place({"/new": ""})
    assert vault.ledger.unplaced() == ()
    found = {fact.by.project for fact in vault.ledger.unpublished(10)}
    assert found == {"", project_of("/x"), project_of("/y")}


def test_a_call_that_may_grow_waits_ten_minutes(vault: Vault) -> None:
    now_us = int(NOW.timestamp()) * 1_000_000
    young = Own(key="young", at_us=now_us - 60_000_000, is_final=False)
    ahead = Own(key="ahead", at_us=now_us + 86_400_000_000, is_final=False)
    log(vault.store, [young, ahead, Own(key="undated", at_us=None, is_final=False)])
    number = fingerprint(bytes.fromhex(KEY), "young")
    due = {fact.fingerprint: fact.by.slot for fact in vault.ledger.unpublished(10)}
    assert number not in due
    assert len(due) == 4
    assert NO_SLOT in due.values()
    later = Ledger(vault.store, now=lambda: NOW + dt.timedelta(minutes=9))
    assert number in {fact.fingerprint for fact in later.unpublished(10)}


def test_what_is_due_comes_in_portions(vault: Vault) -> None:
    every = vault.ledger.unpublished(10)
    assert vault.ledger.unpublished(1) == every[:1]
    vault.take(chunk(STATE.device, 0, every[:1]))
    assert vault.ledger.unpublished(1) == every[1:]


def test_chunks_and_contents_are_given_back(vault: Vault) -> None:
    every = vault.ledger.unpublished(10)
    second = chunk(STATE.device, 1, [], version=3)
    vault.take(chunk(STATE.device, 0, every), second)
    assert vault.ledger.contents(STATE.device, 0) == every
    assert vault.ledger.contents(STATE.device, 1) == ()
    marks = vault.ledger.chunks(STATE.device)
    assert [mark.number for mark in marks] == [0, 1]
    assert marks[1] == second.mark


def test_a_cut_off_is_kept_for_any_device(vault: Vault) -> None:
    """Its number is 64 bits of the device's id, so half of all devices have one behind any signed number."""
    notes = {
        rid: Note(rid=rid, kind="forget", owner="0b", number=number, version=1, digest="", body=b"")
        for rid, number in (("01", 0), ("02", 2**63 - 1), ("03", 2**64 - 1))
    }
    vault.ledger.take(Taken(state=STATE, notes=tuple(notes.values())))
    assert vault.ledger.notes() == notes


def test_notes_are_replaced_by_their_id(vault: Vault) -> None:
    first = Note(rid="01", kind="roster", owner="0b", number=0, version=1, digest="d1", body=b"\x00\xff")
    other = replace(first, rid="02", kind="manifest")
    vault.ledger.take(Taken(state=STATE, notes=(first, other)))
    vault.ledger.take(Taken(state=STATE, notes=(replace(first, version=2),)))
    assert vault.ledger.notes() == {"01": replace(first, version=2), "02": other}
    vault.ledger.take(Taken(state=STATE, is_fresh=True))
    assert vault.ledger.notes() == {}


def test_what_a_chunk_no_longer_says_is_told_by_this_machine(vault: Vault) -> None:
    """The machine that said it may be gone."""
    own = vault.ledger.unpublished(10)
    lost = _remote(own[0])
    vault.take(chunk(STATE.device, 0, own), chunk(OTHER, 0, [lost]))
    assert vault.ledger.unpublished(10) == ()
    vault.take(chunk(OTHER, 0, [], version=2))
    assert vault.ledger.unpublished(10) == (lost,)
    assert len(_calls(vault.store)) == 3
    vault.take(chunk(STATE.device, 1, [lost]))
    assert vault.ledger.unpublished(10) == ()


def test_a_machine_that_is_forgotten_takes_along_what_it_alone_knew(vault: Vault) -> None:
    own = vault.ledger.unpublished(10)
    vault.take(chunk(STATE.device, 0, own[:1]), chunk(OTHER, 0, [_remote(own[0]), own[1]]))
    assert vault.ledger.unpublished(10) == ()
    vault.take(forgotten={OTHER: EVERYTHING})
    assert vault.ledger.contents(OTHER, 0) == ()
    assert len(_calls(vault.store)) == 2
    assert vault.ledger.unpublished(10) == own[1:]
    vault.take(chunk(OTHER, 1, [_remote(own[0])]))
    assert len(_calls(vault.store)) == 2


def test_what_this_machine_is_to_be_forgotten_for_is_not_told_again(vault: Vault) -> None:
    vault.take(chunk(STATE.device, 0, vault.ledger.unpublished(10)))
    vault.take(forgotten={STATE.device: SLOT + 1})
    assert vault.ledger.unpublished(10) == ()
    assert len(_calls(vault.store)) == 2


def test_places_are_said_in_the_words_of_this_store(vault: Vault) -> None:
    first = next(fact for fact in vault.ledger.unpublished(10) if fact.by.session == session_of("s1"))
    told = [
        _remote(first),
        first._replace(fingerprint=3, by=first.by._replace(session="0" * 16, project="12" * 16)),
        first._replace(fingerprint=4, by=first.by._replace(session="", project="34" * 16)),
    ]
    vault.ledger.take(Taken(state=STATE, chunks=(chunk(OTHER, 0, told),), names={"12" * 16: "shop"}))
    found = [each[:2] for each in _calls(vault.store)]
    assert found == [
        ("", "project 34343434"),
        ("s1", "/x"),
        ("s1", "/x"),
        ("s2", "/y"),
        ("~" + "0" * 16, "shop"),
    ]
    # the session turns up here as well
    log(vault.store, [Own(key="late", session="s9")])
    vault.ledger.take(
        Taken(
            state=STATE,
            chunks=(
                chunk(
                    OTHER,
                    1,
                    [told[0]._replace(fingerprint=9, by=told[0].by._replace(session=session_of("s9")))],
                ),
            ),
        )
    )
    assert [each[0] for each in _calls(vault.store)].count("s9") == 2


def test_a_call_that_another_machine_knows_more_of(vault: Vault) -> None:
    (first, *_) = vault.ledger.unpublished(10)
    grown = first._replace(counts=Counts(1, 90, 3, 4, 5, 0, 0, 0))
    vault.take(chunk(OTHER, 0, [grown]))
    with stores.asking(vault.store) as connection:
        found = counted(connection)[first.fingerprint]
        times = connection.execute("select logged_us from united").fetchall()
    assert found.counts == grown.counts
    assert times == [(NOON_US,)], "the own log says the time more exactly"


@pytest.mark.parametrize(
    "rule",
    [
        Rule("s1", None, NOON_US + 1, takes_undated=False),
        Rule(None, "/x", NOON_US + 1, takes_undated=False),
        Rule(None, None, NOON_US + 1, takes_undated=False),
    ],
)
def test_what_is_forgotten_here_is_not_seen_again(vault: Vault, rule: Rule) -> None:
    """It stays told: the store neither shows it, nor tells it once more, nor takes it back from another machine."""
    own = sorted(vault.ledger.unpublished(10), key=lambda fact: fact.by.session != session_of("s1"))
    vault.take(chunk(STATE.device, 0, own), chunk(OTHER, 0, [_remote(fact) for fact in own]))
    with lease.writing(vault.store) as connection:
        forget.forget(connection, [rule], now=NOW)
    is_all = rule.session_id is None and rule.cwd is None
    left = [] if is_all else [("s2", "/y")]
    assert [each[:2] for each in _calls(vault.store)] == left * 2
    assert vault.ledger.unpublished(10) == ()
    later = _remote(own[0])._replace(fingerprint=77)
    vault.take(chunk(OTHER, 1, [own[0], later]))
    assert [each[:2] for each in _calls(vault.store)] == left * 2
    after = later._replace(fingerprint=78, by=later.by._replace(slot=SLOT + 4))
    vault.take(chunk(OTHER, 2, [after]))
    assert len(_calls(vault.store)) == len(left) * 2 + 1
    # a server that went back: what is hidden is not told to it by this machine
    vault.take(is_fresh=True)
    assert later.fingerprint not in {fact.fingerprint for fact in vault.ledger.unpublished(10)}


def test_lines_that_come_after_the_facts(vault: Vault) -> None:
    """Usage counts right as soon as it is read, not only after the next sync."""
    told = vault.ledger.unpublished(10)[0]
    late = told._replace(fingerprint=fingerprint(bytes.fromhex(KEY), "late"))
    vault.take(chunk(OTHER, 0, [late]))
    assert len(_calls(vault.store)) == 3
    log(vault.store, [Own(key="late")])
    assert len(_calls(vault.store)) == 3


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A store made before, in no vault."""
    made = tmp_path / "older.duckdb"
    log(made, [Own(key="a")])
    return made


def test_a_restored_store_is_in_the_vault_of_the_one_it_replaces(vault: Vault, older: Path) -> None:
    own = vault.ledger.unpublished(10)
    vault.take(chunk(OTHER, 0, [_remote(own[0])]), chunk(STATE.device, 0, own))
    carrying.carry_over(vault.store, older, now=NOW)
    assert Ledger(older).state() == vault.state
    # the facts tell what the backup lacks
    assert [each[2] for each in _calls(older)] == [each[2] for each in _calls(vault.store)]


def test_a_backup_of_a_vault_that_was_left(vault: Vault, older: Path) -> None:
    carrying.carry_over(older, vault.store, now=NOW)
    assert vault.ledger.state() is None


def test_what_a_damaged_store_said_of_the_vault_is_left_to_the_backup(vault: Vault, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"no store" * 1000)
    carrying.carry_over(damaged, vault.store, now=NOW)
    assert vault.ledger.state() == STATE
