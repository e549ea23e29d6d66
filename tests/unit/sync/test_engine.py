"""Two or more machines and a server agree, whatever happens between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.errors import SyncError, TamperError
from ccmeter.domain.vaults import EVERYTHING
from ccmeter.sync import cipher, membership, pairing, phrase, rotation
from ccmeter.sync.engine import WentBackError
from ccmeter.sync.remotes.base import RemoteError, UnreachableError
from ccmeter.sync.roster import Member, Roster
from support.syncing.world import ADDRESS, World, fact, ledger, told

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.sync.membership import Machine


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_two_machines_come_to_one_total(world: World) -> None:
    """What both know is counted once, and each sees what the other has."""
    first, _ = world.founded()
    ledger(first).log([fact(1), fact(2, 5)])
    membership.now(first)
    second = world.joined(first)
    ledger(second).log([fact(2, 50), fact(3)])
    membership.now(second)
    membership.now(first)
    everything = told([fact(1), fact(2, 50), fact(3)])
    assert ledger(first).union() == ledger(second).union() == everything
    assert not ledger(first).unpublished(1)
    assert [member.name for member in membership.members(first).members] == [
        member.name for member in membership.members(second).members
    ]


def test_an_idle_sync_asks_one_thing(world: World) -> None:
    first, _ = world.founded()
    before = world.network.calls
    outcome = membership.now(first)
    assert world.network.calls == before + 1
    assert not outcome.pushed_records


def test_a_pull_that_was_cut_off_goes_on(world: World) -> None:
    """Also where chunks had come before the list of devices that names who wrote them."""
    first, words = world.founded()
    second = world.joined(first)
    ledger(first).log([fact(number) for number in range(2_000)])
    membership.now(first)
    assert world.server.vault is not None
    shared = [each for each in world.server.vault.records.values() if each.owner == world.server.vault.vault]
    mine = [each for each in world.server.vault.records.values() if each.owner != world.server.vault.vault]
    world.server.vault.ticks.clear()  # as after a rotation: in an order of their own, cut into several commits
    for place, each in enumerate([*mine, *shared], 1):
        each.seq = place
        world.server.vault.tick = world.server.draw(16)
        world.server.vault.ticks[world.server.vault.tick] = place
    world.server.vault.seq = len(mine) + len(shared)
    third = world.machine()
    world.network.fates = ["works", "works", "works", "works", "drop"]
    with pytest.raises(UnreachableError):
        membership.recover(third, ADDRESS, words, "third")
    assert ledger(third).owners()
    membership.now(third)
    assert ledger(third).union() == ledger(first).union()
    assert membership.now(second).went_back


def test_many_facts_fill_chunks_that_never_change_again(world: World) -> None:
    first, _ = world.founded()
    ledger(first).log([fact(number) for number in range(3_000)])
    membership.now(first)
    before = ledger(first).chunks(ledger(first).state().device)  # type: ignore[union-attr]
    assert len(before) > 3
    ledger(first).log([fact(number) for number in range(3_000, 3_100)])
    membership.now(first)
    after = ledger(first).chunks(ledger(first).state().device)  # type: ignore[union-attr]
    assert after[: len(before) - 1] == before[:-1]
    second = world.joined(first)
    assert ledger(second).union() == ledger(first).union()


def test_a_phrase_alone_opens_the_vault(world: World) -> None:
    first, words = world.founded()
    ledger(first).log([fact(1)])
    membership.now(first)
    second = world.machine()
    membership.recover(second, ADDRESS, words, "new")
    assert ledger(second).union() == told([fact(1)])
    with pytest.raises(SyncError):
        membership.recover(world.machine(), ADDRESS, phrase.new(), "thief")


def test_a_revoked_machine_reads_nothing_more(world: World) -> None:
    first, words = world.founded()
    second = world.joined(first)
    third = world.joined(second, "third")
    membership.now(first)
    device = bytes.fromhex(ledger(second).state().device)  # type: ignore[union-attr]
    membership.revoke(first, device)
    with pytest.raises(RemoteError) as refused:
        membership.now(second)
    assert refused.value.answer == "device_revoked"
    ledger(first).log([fact(7)])
    membership.now(first)
    outcome = membership.now(third)
    assert outcome.generation == 1
    assert ledger(third).union() == told([fact(7)])
    fourth = world.machine()
    membership.recover(fourth, ADDRESS, words, "fourth")
    assert ledger(fourth).union() == told([fact(7)])


def test_a_server_restored_from_a_backup_is_given_what_it_lost(world: World) -> None:
    first, _ = world.founded()
    second = world.joined(first)
    ledger(first).log([fact(1)])
    membership.now(first)
    membership.now(second)
    backup = world.server.snapshot()
    ledger(first).log([fact(2)])
    ledger(second).log([fact(3)])
    membership.now(first)
    membership.now(second)
    world.server.restore(backup)
    assert membership.now(second).went_back
    assert membership.now(first).went_back
    membership.now(second)
    everything = told([fact(1), fact(2), fact(3)])
    assert ledger(first).union() == ledger(second).union() == everything
    assert ledger(world.joined(first, "third")).union() == everything


def test_what_a_dead_machine_told_survives_a_restored_server(world: World) -> None:
    """Its facts may live only in what others heard."""
    first, _ = world.founded()
    second = world.joined(first)
    backup = world.server.snapshot()
    ledger(second).log([fact(3)])
    membership.now(second)
    membership.now(first)
    world.server.restore(backup)
    membership.now(first)
    assert ledger(world.joined(first, "third")).union() == told([fact(3)])


def test_a_server_restored_across_a_rotation_is_brought_forward(world: World) -> None:
    first, _ = world.founded()
    second = world.joined(first)
    ledger(first).log([fact(1)])
    membership.now(first)
    backup = world.server.snapshot()
    membership.rotate(first)
    membership.now(second)
    world.server.restore(backup)
    assert membership.now(second).went_back
    membership.now(first)
    assert ledger(first).union() == ledger(second).union() == told([fact(1)])
    assert world.server.vault is not None
    assert world.server.vault.gen == 2


def test_forgotten_usage_is_gone_everywhere(world: World) -> None:
    first, _ = world.founded()
    second = world.joined(first)
    ledger(first).log([fact(1), fact(2)])
    ledger(second).log([fact(2), fact(3)])
    membership.now(first)
    membership.now(second)
    membership.now(first)
    device = bytes.fromhex(ledger(second).state().device)  # type: ignore[union-attr]
    membership.forget(first, device, EVERYTHING)
    membership.now(second)
    assert ledger(first).union() == told([fact(1), fact(2)])
    assert ledger(second).union() == told([fact(1), fact(2), fact(3)])
    assert not ledger(second).unpublished(1)
    assert ledger(world.joined(first, "third")).union() == told([fact(1), fact(2)])


def test_more_may_be_forgotten_of_a_machine_later(world: World) -> None:
    first, _ = world.founded()
    second = world.joined(first)
    ledger(second).log([fact(2), fact(3), fact(4)])
    membership.now(second)
    membership.now(first)
    device = bytes.fromhex(ledger(second).state().device)  # type: ignore[union-attr]
    membership.forget(first, device, fact(3).by.slot)
    assert ledger(first).union() == told([fact(3), fact(4)])
    membership.forget(first, device, fact(4).by.slot)
    assert ledger(first).union() == told([fact(4)])
    membership.forget(second, device, fact(3).by.slot)  # that is gone already
    assert ledger(world.joined(first, "third")).union() == told([fact(4)])


def test_a_phrase_outlives_a_server_that_went_back(world: World) -> None:
    """Restored from before there was that phrase, it is told again; the old one stays dead."""
    first, words = world.founded()
    backup = world.server.snapshot()
    newer = phrase.new()
    membership.replace_phrase(first, newer)
    world.server.restore(backup)
    assert membership.now(first).went_back
    membership.recover(world.machine(), ADDRESS, newer, "mine")
    with pytest.raises(SyncError):
        membership.recover(world.machine(), ADDRESS, words, "thief")


def test_a_machine_that_never_heard_anything_waits_for_another(world: World) -> None:
    """It knows newer keys than the server that went back, and nothing that it could bring it forward with."""
    first, _ = world.founded()
    second = world.machine()
    code = pairing.shown(membership.pair(first).code)
    world.network.fates = ["works", "works", "drop"]
    with pytest.raises(UnreachableError):
        membership.join(second, code, "second")
    backup = world.server.snapshot()
    engine = membership.engine_of(first)
    rotation.rotate(
        engine, ledger(first), world.remote(engine.keys.token), lambda roster: _with(roster, second)
    )
    world.network.fates = ["works", "works", "drop"]
    with pytest.raises(UnreachableError):
        membership.now(second)
    world.server.restore(backup)
    with pytest.raises(WentBackError):
        membership.now(second)
    membership.now(first)


def test_a_machine_that_leaves_keeps_its_own(world: World) -> None:
    first, _ = world.founded()
    second = world.joined(first)
    ledger(first).log([fact(1)])
    ledger(second).log([fact(2)])
    for machine in (first, second, first):
        membership.now(machine)
    membership.leave(second)
    assert ledger(second).union() == told([fact(2)])
    assert ledger(second).state() is None
    membership.now(first)
    assert ledger(first).union() == told([fact(1), fact(2)])
    assert len(membership.members(first).active) == 1


def test_an_erased_vault_answers_nobody(world: World) -> None:
    first, _ = world.founded()
    ledger(first).log([fact(1)])
    membership.now(first)
    membership.delete(first)
    assert world.server.vault is None
    assert ledger(first).union() == told([fact(1)])


def test_a_newer_rule_of_counting_replaces(world: World) -> None:
    """A mended rule may lower a count, which a maximum alone never would."""
    first, _ = world.founded()
    second = world.joined(first)
    ledger(first).log([fact(1, 500)])
    membership.now(first)
    membership.now(second)
    ledger(first).own.clear()
    ledger(first).log([fact(1, 5, revision=2)])
    membership.now(first)
    membership.now(second)
    assert ledger(second).union() == told([fact(1, 5, revision=2)])


def test_a_new_phrase_ends_the_old_one(world: World) -> None:
    first, words = world.founded()
    membership.now(first)
    newer = phrase.new()
    membership.replace_phrase(first, newer)
    with pytest.raises(SyncError):
        membership.recover(world.machine(), ADDRESS, words, "thief")
    membership.recover(world.machine(), ADDRESS, newer, "mine")


def test_a_server_that_swaps_bodies_is_found_out(world: World) -> None:
    first, _ = world.founded()
    ledger(first).log([fact(number) for number in range(800)])
    membership.now(first)
    assert world.server.vault is not None
    one, other = [each for each in world.server.vault.records.values() if len(each.ct) == 4_136][:2]
    one.ct, other.ct = other.ct, one.ct
    with pytest.raises(SyncError):
        world.joined(first)


def test_a_server_that_drops_a_chunk_is_found_out(world: World) -> None:
    first, _ = world.founded()
    ledger(first).log([fact(number) for number in range(800)])
    membership.now(first)
    assert world.server.vault is not None
    rid = next(rid for rid, each in world.server.vault.records.items() if len(each.ct) == 4_136)
    del world.server.vault.records[rid]
    with pytest.raises(TamperError):
        world.joined(first)


def test_a_name_travels(world: World) -> None:
    first, _ = world.founded()
    second = world.joined(first, "laptop")
    membership.rename(second, "desk")
    membership.now(first)
    assert {member.name for member in membership.members(first).members} == {"first", "desk"}
    assert replace(membership.now(first), poll_after_s=0.0) == type(membership.now(first))()


def _with(roster: Roster, machine: Machine) -> Roster:
    """Give the roster with a machine that has not entered itself yet."""
    keys = membership.engine_of(machine).keys
    public = cipher.public_of(keys.private)
    return roster.with_member(
        Member(id=keys.device, name="", public=public, added_by=keys.device, added_us=0)
    )
