"""What the commands of `ccmeter sync` share: this machine with all it works with, its turn, and the server's greeting."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.cli import opening, quiet, turns
from ccmeter.cli import output as out
from ccmeter.domain.errors import CcmeterError, SyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from ccmeter.cli import options as o
    from ccmeter.cli.opening import Places
    from ccmeter.config.settings import SyncSettings
    from ccmeter.domain.vaults import State
    from ccmeter.ingest.git_remotes import Home
    from ccmeter.sync.engine import Outcome
    from ccmeter.sync.membership import Machine
    from ccmeter.sync.plan import Plan
    from ccmeter.sync.remotes.base import Remote
    from ccmeter.wire.v1 import Info

WRONG_CLOCK_S: Final = 86_400
"""Who is further from the server's time than a day has a wrong clock."""
CUT_OFF: Final = "It was cut off."
"""Noted while something is under way, so that whoever comes after a crash looks closely."""
MAX_NAME: Final = 40
"""Of a machine, as in `sync.roster`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """This machine, where it keeps its things, and what its owner set."""

    where: Places
    chosen: SyncSettings
    machine: Machine
    fresh: Callable[[], None]
    """Forgets what was known of the vault before: another process may have synced."""

    @property
    def folder(self) -> str:
        """The folder of the store."""
        return str(self.where.store.parent)

    def state(self) -> State:
        """Give where this machine stands. Raises SyncError where it is in no vault."""
        from ccmeter.sync.membership import member

        return member(self.machine.ledger)


@contextlib.contextmanager
def site(kept: o.Kept, *, ingest: bool) -> Iterator[Site]:
    """Give this machine, its logs read first if so asked. Raises CcmeterError."""
    with opening.found(kept.claude_dirs, kept.data_dir) as where:
        if ingest and not kept.no_ingest:
            read_logs(where)
        else:
            opening.refuse_missing(where)
        yield at(where)


def at(where: Places) -> Site:
    """Give this machine with its things, wherever these are. Raises ConfigError."""
    from ccmeter.config import settings
    from ccmeter.config.secrets import Secrets
    from ccmeter.store.facts import Ledger
    from ccmeter.sync import keystore, subkeys
    from ccmeter.sync.membership import Machine, member
    from ccmeter.sync.remembered import Remembered
    from ccmeter.sync.telling import Teller

    assert where.settings is not None
    chosen = settings.load(where.settings).sync
    ledger = Remembered(Ledger(where.store))
    secrets = Secrets(folder=where.settings.parent, place=chosen.keystore)

    def identity() -> subkeys.IdentityKeys:
        return subkeys.of_identity(keystore.load(secrets, bytes.fromhex(member(ledger).device)).identity)

    told = Teller(ledger=ledger, identity=identity, told=chosen.projects, look=_looking(where))
    machine = Machine(ledger=ledger, secrets=secrets, remote=reach, now=clock, projects=told)
    return Site(where=where, chosen=chosen, machine=machine, fresh=ledger.fresh)


def clock() -> dt.datetime:
    """Give now."""
    return dt.datetime.now(dt.UTC)


def reach(server: str, token: str) -> Remote:
    """Give the vault on a server. Raises SyncError for an address without TLS."""
    from ccmeter.sync.remotes.http import HttpRemote

    return HttpRemote(server, token)


def read_logs(where: Places) -> None:
    """Bring the store up to date. Raises StoreError and IngestError."""
    from ccmeter.cli import progress
    from ccmeter.ingest.discover import find
    from ccmeter.ingest.update import Updater

    with (
        progress.shown() as (narration, _),
        Updater(where.store, lambda: find(where.existing_claude_dirs), narration).up_to_date(),
    ):
        pass


@contextlib.contextmanager
def turn(there: Site) -> Iterator[None]:
    """Keep every other sync of this machine waiting, and note how this went. Raises SyncError where one does not end."""
    with turns.taken(there.folder) as mine:
        if mine is None:
            raise SyncError("Another `ccmeter sync` is at work.", hint="Wait until it has ended.")
        there.fresh()
        quiet.note(there.chosen, mine, CUT_OFF)
        try:
            yield
        except CcmeterError as error:
            quiet.note(there.chosen, mine, str(error))
            raise
        quiet.note(there.chosen, mine)


@contextlib.contextmanager
def entering(there: Site) -> Iterator[None]:
    """Keep the turn while this machine enters a vault; the file that says so goes again where it does not."""
    try:
        with turn(there):
            yield
    except BaseException:
        if there.where.store.exists() and there.machine.ledger.state() is None:
            turns.end(there.folder)
        raise


def synced(there: Site, mine: int) -> Outcome:
    """Sync in one's turn, and note how that went. Raises CcmeterError."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import membership

    quiet.note(there.chosen, mine, CUT_OFF)
    try:
        with plainly():
            done = membership.now(there.machine)
    except CcmeterError as error:
        quiet.note(there.chosen, mine, str(error))
        raise
    quiet.note(there.chosen, mine)
    return done


def greeted(server: str) -> Info:
    """Ask a server what it is, and say what a person should know of it. Raises SyncError for one of another protocol."""
    from ccmeter.cli.refused import plainly, too_new, too_old
    from ccmeter.wire.v1 import PROTOCOL

    with plainly():
        info = reach(server, "").info()
    if info.protocol_min > PROTOCOL:
        raise too_new()
    if info.protocol_max < PROTOCOL:
        raise too_old()
    if info.notice:
        out.say(f"The server says: {harmless(info.notice)}")
    if off := clock_off(info):
        out.say(off)
    return info


def clock_off(info: Info) -> str:
    """Say how far this machine's clock is from the server's; nothing where they agree about the day."""
    ahead_s = time.time() - info.server_time
    if abs(ahead_s) < WRONG_CLOCK_S:
        return ""
    way = "ahead of" if ahead_s > 0 else "behind"
    return (
        f"This machine's clock is {round(abs(ahead_s) / 86_400):,} days {way} the server's. Totals stay right, but if it "
        "is this one that is wrong, its usage stands on wrong days."
    )


def called(named: str | None) -> str:
    """Give what a machine is to be called: as a person said, else its host name. Raises UsageError."""
    import platform

    name = (platform.node().partition(".")[0] or "machine")[:MAX_NAME] if named is None else named.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise UsageError("This is no name for a machine.", hint=f"1 to {MAX_NAME} letters, digits and signs.")
    return name


def would(there: Site) -> Plan | None:
    """Give the next push, without making it; None where there is nothing to say. Asks nobody."""
    from ccmeter.sync import membership

    engine = membership.engine_of(there.machine)
    return engine.plan(engine.view(), there.state())


def at_once() -> int:
    """Give how many messages one push holds."""
    from ccmeter.sync.engine import FACTS_AT_ONCE

    return FACTS_AT_ONCE


def size_of(plan: Plan) -> int:
    """Give the bytes of a push."""
    return sum(len(record.ct) for record in plan.push.records)


def asked(question: str, *, secret: bool = False) -> str:
    """Give one line from a person, or from whatever is piped in."""
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    if secret:
        import getpass

        return getpass.getpass(question).strip()
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def harmless(text: str) -> str:
    """Give foreign words without what a terminal would obey."""
    from ccmeter.reports.foreign import harmless as without

    return without(text)


def _looking(where: Places) -> Callable[[Iterable[str]], Mapping[str, Home]]:
    """Give what finds the homes of folders, also of those that are gone."""

    def look(cwds: Iterable[str]) -> Mapping[str, Home]:
        from ccmeter.ingest import git_remotes
        from ccmeter.store import lease, repositories

        wanted = list(cwds)
        if not wanted:
            return {}
        with lease.reading(where.store) as connection:
            roots = {each.cwd: each.root for each in repositories.kept(connection)}
        return git_remotes.look(wanted, roots)

    return look


def settings_file(there: Site) -> Path:
    """Give the settings file, whether or not it is there."""
    assert there.where.settings is not None
    return there.where.settings
