"""What a person goes through to bring a machine into a vault: `sync init`, `pair`, `join` and `recover`."""

from __future__ import annotations

import random
import sys
import time
from typing import TYPE_CHECKING, Final

from ccmeter.cli import output as out
from ccmeter.cli import syncing
from ccmeter.domain.errors import SyncError, UsageError

if TYPE_CHECKING:
    from ccmeter.cli import options as o
    from ccmeter.cli.syncing import Site
    from ccmeter.sync.engine import Outcome
    from ccmeter.sync.membership import Joined, Offer

_LOOK_S: Final = 3.0
_ASKED_BACK: Final = 3
_IN_A_ROW: Final = 6
_BYTES: Final = 14.2
"""On the wire for one message, padding and seal included, as measured (benchmarks/README.md)."""
WRITE_DOWN: Final = (
    "Write these 24 words down and keep them away from this machine. They are shown once. With them you get your usage "
    "back when all machines are lost; whoever else has them can read it."
)


def begin(kept: o.Kept, server: str, *, invite: str, name: str | None, dry_run: bool, yes: bool) -> None:
    """Make a vault with this machine as its first."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership
    from ccmeter.sync.remotes.http import checked

    address, called = checked(server), syncing.called(name)
    with syncing.site(kept, ingest=True) as there:
        _refuse_member(there)
        if dry_run:
            _say_first(there, f"a vault at {address}, with this machine as '{called}'")
            return
        if not yes and not sys.stdin.isatty():
            raise UsageError(
                "The recovery phrase has to be shown to somebody.",
                hint="Run this in a terminal; or --yes prints the phrase, for a script that keeps it.",
            )
        founding = membership.found(address, called)
        show_phrase(founding.words, yes=yes)
        info = syncing.greeted(address)
        if info.registration == "closed":
            raise SyncError(
                "This server takes nobody new.", hint="Ask whoever runs it, or run your own: docs/server."
            )
        with syncing.entering(there), plainly():
            joined = membership.init(there.machine, founding, invite)
        _welcome(joined, address, called)
        out.say("Now `ccmeter sync pair` here, and `ccmeter sync join` on your next machine.")


def let_in(kept: o.Kept, *, waits: bool, dry_run: bool) -> None:
    """Offer a pairing code, and wait until it is taken."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership, pairing

    with syncing.site(kept, ingest=False) as there:
        state = there.state()
        if dry_run:
            out.write(
                f"To {state.server}: what is new here, one ticket, and one sealed parcel of at most 8 KiB with the keys, "
                "for ten minutes.\nNothing was sent.\n"
            )
            return
        with syncing.turn(there), plainly():
            offer = membership.pair(there.machine)
        out.write(f"{pairing.shown(offer.code)}\n")
        out.say("On the other machine, within ten minutes:  ccmeter sync join CODE")
        if sys.stderr.isatty():
            out.say(pairing.picture(offer.code))
        out.say("Whoever has this code can enter: send it by no channel that others read.")
        if waits:
            _wait(there, offer)


def _wait(there: Site, offer: Offer) -> None:
    """Wait until the code is taken or has had its time; Ctrl-C ends the waiting, not the code."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership
    from ccmeter.wire.v1 import MAILBOX_S

    out.say("Waiting for the other machine. Ctrl-C ends only the waiting.")
    until_s = time.monotonic() + MAILBOX_S
    try:
        while time.monotonic() < until_s:
            with plainly("join"):
                if membership.is_taken(there.machine, offer):
                    out.say(
                        "The code was taken. `ccmeter sync devices` shows the new machine after the next sync."
                    )
                    return
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        out.say("\nThe code holds until its ten minutes are over.")
        return
    out.say("The code has had its ten minutes; nobody took it.")


def join(kept: o.Kept, code: str, *, name: str | None, dry_run: bool) -> None:
    """Enter a vault with a pairing code."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership, pairing

    called = syncing.called(name)
    typed = syncing.asked("Pairing code: ") if code == "-" else code
    server = pairing.read(typed).server
    with syncing.site(kept, ingest=True) as there:
        _refuse_member(there)
        if dry_run:
            _say_first(there, f"the vault at {server}, with this machine as '{called}'")
            return
        syncing.greeted(server)
        with syncing.entering(there), plainly("join"):
            joined = membership.join(there.machine, typed, called)
        _welcome(joined, server, called)


def recover(kept: o.Kept, server: str, *, name: str | None, dry_run: bool) -> None:
    """Enter a vault with its recovery phrase."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership, phrase
    from ccmeter.sync.remotes.http import checked

    address, called = checked(server), syncing.called(name)
    with syncing.site(kept, ingest=True) as there:
        _refuse_member(there)
        if dry_run:
            _say_first(there, f"the vault at {address}, with this machine as '{called}'")
            return
        words = syncing.asked("Recovery phrase, 24 words (not shown): ", secret=True)
        phrase.secret_of(words)
        syncing.greeted(address)
        with syncing.entering(there), plainly("recover"):
            joined = membership.recover(there.machine, address, words, called)
        _welcome(joined, address, called)
        out.say(
            "If a machine was lost or stolen, `ccmeter sync devices` and `ccmeter sync revoke` shut it out."
        )


def show_phrase(words: str, *, yes: bool) -> None:
    """Show a recovery phrase once and have it confirmed. Raises SyncError where that fails."""
    if yes:
        out.write(f"{words}\n")
        out.say(
            "The recovery phrase was printed to standard output and not confirmed. It is not kept anywhere here."
        )
        return
    listed = words.split()
    rows = [listed[at : at + _IN_A_ROW] for at in range(0, len(listed), _IN_A_ROW)]
    lines = [
        "  ".join(f"{at * _IN_A_ROW + place:2} {word:<9}" for place, word in enumerate(row, 1)).rstrip()
        for at, row in enumerate(rows)
    ]
    out.say("\n".join((WRITE_DOWN, "", *lines, "")))
    for place in sorted(random.SystemRandom().sample(range(len(listed)), _ASKED_BACK)):
        _ask_back(place + 1, listed[place])


def _ask_back(number: int, word: str) -> None:
    for left in (2, 1, 0):
        if syncing.asked(f"Word {number}: ").lower() == word:
            return
        if left:
            out.say("That is not the word. Look again.")
    raise SyncError("The recovery phrase was not confirmed.", hint="Nothing was made or sent. Begin again.")


def _say_first(there: Site, where: str) -> None:
    """Say what entering would send."""
    from ccmeter.reports.cells import counted
    from ccmeter.store import lease

    with lease.reading(there.where.store) as connection:
        (calls,) = connection.execute("select count(*) from call").fetchall()[0]
    size = max(1, round(calls * _BYTES / 1024))
    out.write(
        f"{counted(calls, 'message')} would be sealed and sent to {where}: about {size:,} KiB.\n"
        "Nothing was made or sent.\n"
    )


def _welcome(joined: Joined, server: str, called: str) -> None:
    out.write(f"This machine syncs as '{called}' with {server}. {told(joined.outcome)}\n")
    out.say(f"Its keys are kept {joined.kept}")


def told(done: Outcome) -> str:
    """Say what a sync did."""
    from ccmeter.reports.cells import counted

    heard = f"heard of {counted(done.pulled_facts, 'message')}" if done.pulled_facts else ""
    sent = (
        f"told of {counted(done.pushed_facts, 'message')} ({max(1, done.pushed_bytes // 1024):,} KiB, sealed)"
        if done.pushed_facts
        else ""
    )
    if not (heard or sent):
        return "Everything agrees; there was nothing new."
    both = " and ".join(filter(None, (heard, sent)))
    return f"{both[0].upper()}{both[1:]}."


def _refuse_member(there: Site) -> None:
    if (state := there.machine.ledger.state()) is not None:
        raise SyncError(
            f"This machine syncs already, with {state.server}.", hint="`ccmeter sync leave` ends that."
        )
