"""What a person does with a vault that this machine is in: syncs, renames, shuts out, forgets, leaves, deletes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from ccmeter.cli import confirming, syncing, turns
from ccmeter.cli import output as out
from ccmeter.cli.entering import show_phrase, told
from ccmeter.domain.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.cli import options as o
    from ccmeter.cli.syncing import Site
    from ccmeter.sync.roster import Member

_SELF: Final = "SELF"
NOTHING_SENT: Final = "Nothing was sent."


def now(kept: o.Kept, *, dry_run: bool) -> None:
    """Sync, and say what that did."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership

    with syncing.site(kept, ingest=True) as there:
        state = there.state()
        if dry_run:
            out.write(f"To {state.server}: {_planned(there)}\n{NOTHING_SENT}\n")
            return
        with syncing.turn(there), plainly():
            done = membership.now(there.machine)
        if done.went_back:
            out.say(
                "The server had gone back to an earlier state, as after a restored backup. What it lost was told again."
            )
        if done.generation is not None:
            out.say("Another machine gave the vault new keys; this one has them now.")
        out.write(f"{told(done)}\n")


def rename(kept: o.Kept, name: str, *, dry_run: bool) -> None:
    """Give this machine another name."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership

    called = syncing.called(name)
    with syncing.site(kept, ingest=False) as there:
        state = there.state()
        if dry_run:
            out.write(
                f"To {state.server}: the sealed list of machines, with '{called}' for '{syncing.harmless(state.name)}', "
                f"and what is new here.\n{NOTHING_SENT}\n"
            )
            return
        with syncing.turn(there), plainly():
            membership.rename(there.machine, called)
        out.say(f"This machine is called '{called}' now.")


def revoke(kept: o.Kept, named: str, *, dry_run: bool, yes: bool) -> None:
    """Shut a machine out."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership

    with syncing.site(kept, ingest=False) as there:
        member = _member(there, named)
        name = syncing.harmless(member.name)
        if dry_run:
            out.write(f"'{name}' would be shut out at once. {_resealed(there)}\n{NOTHING_SENT}\n")
            return
        if not confirming.is_confirmed(f"Shut '{name}' out of the vault for good?", yes=yes):
            return
        with syncing.turn(there), plainly():
            membership.revoke(there.machine, member.id)
        out.say(
            f"'{name}' is shut out, and the vault has new keys. What it told stays; `ccmeter sync forget` takes that out. "
            "What it had read before, it still has. Where it knew the recovery phrase, `ccmeter sync phrase` makes a new one."
        )


def replace_phrase(kept: o.Kept, *, dry_run: bool, yes: bool) -> None:
    """Make a new recovery phrase."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership, phrase

    with syncing.site(kept, ingest=False) as there:
        state = there.state()
        if dry_run:
            out.write(f"To {state.server}: a new recovery key. {_resealed(there)}\n{NOTHING_SENT}\n")
            return
        if not yes and not sys.stdin.isatty():
            raise UsageError(
                "The recovery phrase has to be shown to somebody.",
                hint="Run this in a terminal; or --yes prints the phrase, for a script that keeps it.",
            )
        words = phrase.new()
        show_phrase(words, yes=yes)
        with syncing.turn(there), plainly():
            membership.replace_phrase(there.machine, words)
        out.say("The new recovery phrase holds; the old one opens nothing any more.")


def forget(
    kept: o.Kept, named: str, *, before: str | None, time_zone: str | None, dry_run: bool, yes: bool
) -> None:
    """Take what only one machine knows out of the vault."""
    from ccmeter.cli.refused import plainly
    from ccmeter.queries import vaults
    from ccmeter.reports.cells import counted
    from ccmeter.store import lease
    from ccmeter.sync import membership

    slot = _slot(before, time_zone)
    with syncing.site(kept, ingest=False) as there:
        is_self = named == _SELF
        member = _member(there, there.state().device if is_self else named)
        with lease.reading(there.where.store) as connection:
            going = vaults.known_through(connection, member.id.hex(), slot)
        until = f" from before {before}" if before else ""
        out.write(
            f"'{syncing.harmless(member.name)}' has told of {counted(going.calls, 'message')}{until}; "
            f"{counted(going.alone, 'message')} of these no other machine knows: they would be gone everywhere.\n"
        )
        if dry_run:
            out.write(f"{_resealed(there)}\n{NOTHING_SENT}\n")
            return
        if is_self:
            out.say("This machine's own store and logs keep them, but tell nobody of them again.")
        if not confirming.is_confirmed("Forget that for good?", yes=yes):
            return
        with syncing.turn(there), plainly():
            membership.forget(there.machine, member.id, slot)
        out.say("Forgotten here and on the server; the other machines follow with their next sync.")


def leave(kept: o.Kept, *, offline: bool, dry_run: bool, yes: bool) -> None:
    """End syncing on this machine."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership
    from ccmeter.sync.remotes.base import UnreachableError

    with syncing.site(kept, ingest=False) as there:
        server = there.state().server
        if dry_run:
            sent = "" if offline else f"To {server}: {_planned(there)}, and that this machine leaves.\n"
            out.write(f"{sent}{NOTHING_SENT}\n")
            return
        if not confirming.is_confirmed(
            f"Leave the vault at {server}? What other machines told goes from here.", yes=yes
        ):
            return
        with syncing.turn(there), plainly():
            if offline:
                membership.forget_vault(there.machine)
            else:
                try:
                    membership.leave(there.machine)
                except UnreachableError as error:
                    hint = (
                        "Nothing was changed. If the server is gone for good: `ccmeter sync leave --offline`."
                    )
                    raise UnreachableError(str(error), hint=hint) from error
        turns.end(there.folder)
        out.say("This machine syncs no more. What it used is still here, and with the others.")
        if offline:
            out.say(f"{server} was not told: if it is there, it still holds what this machine sent, sealed.")


def export(kept: o.Kept, output: Path | None, *, force: bool) -> None:
    """Fetch all that the server holds."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership

    with syncing.site(kept, ingest=False) as there, plainly():
        out.write(membership.export(there.machine), output, force=force)


def delete(kept: o.Kept, *, dry_run: bool, yes: bool) -> None:
    """Erase the vault on the server."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership

    with syncing.site(kept, ingest=False) as there:
        server = there.state().server
        others = [
            each for each in membership.members(there.machine).active if each.id.hex() != there.state().device
        ]
        words = (
            f"All that {server} holds of this vault is erased, also for its other machines ({len(others)}), and what "
            "they told goes from here. What each machine used itself stays on it."
        )
        if dry_run:
            out.write(f"{words}\n{NOTHING_SENT}\n")
            return
        if not yes and not _typed(words):
            return
        with syncing.turn(there), plainly():
            membership.delete(there.machine)
        turns.end(there.folder)
        out.say(f"Erased. {server} was asked again and does not know this vault any more.")


def _typed(words: str) -> bool:
    """Let a person type what they are about to do."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"{words} Nobody is there to say so.", hint="Add --yes to do it without being asked."
        )
    out.say(words)
    if syncing.asked("Type delete: ") == "delete":
        return True
    out.say("Nothing was changed.")
    return False


def _member(there: Site, named: str) -> Member:
    """Find a machine of the vault by its name, or by the beginning of its id. Raises UsageError."""
    from ccmeter.queries.devices import Device, find
    from ccmeter.sync import membership

    me, roster = there.state().device, membership.members(there.machine)
    known = tuple(
        Device(device=each.id.hex(), name=each.name, is_this=each.id.hex() == me, calls=0)
        for each in roster.members
    )
    found = roster.member(bytes.fromhex(find(known, named).device))
    assert found is not None
    return found


def _slot(before: str | None, time_zone: str | None) -> int:
    """Give the quarter of an hour that a day begins with. Raises UsageError."""
    from ccmeter.cli import asking
    from ccmeter.domain.facts import SLOT_US
    from ccmeter.domain.vaults import EVERYTHING

    if before is None:
        return EVERYTHING
    until_us = asking.filters(now=syncing.clock(), since=before, time_zone=time_zone).since_us
    return max(0, (until_us or 0) // SLOT_US)


def _planned(there: Site) -> str:
    """Say what would be pushed."""
    from ccmeter.reports.cells import counted

    plan = syncing.would(there)
    if plan is None:
        return "nothing new"
    more = " first, then more of these" if plan.facts >= syncing.at_once() else ""
    records = counted(len(plan.push.records), "sealed record")
    return f"{counted(plan.facts, 'message')} in {records}, {syncing.size_of(plan):,} bytes{more}"


def _resealed(there: Site) -> str:
    """Say what new keys make a machine send."""
    from ccmeter.reports.cells import counted
    from ccmeter.sync import membership

    count = len(membership.engine_of(there.machine).view().known)
    return f"The vault would get new keys, and its {counted(count, 'record')} would be sealed anew and sent."
