"""What `ccmeter serve` does with the server's room: opens the database, does one thing, closes it."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccmeter.cli import output as out
from ccmeter.config import paths
from ccmeter.domain.errors import UsageError
from ccmeter.server import extra
from ccmeter.server.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.server.copying import Proof
    from ccmeter.server.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How the server is to run."""

    url: str
    host: str
    port: int
    registration: Any
    name: str
    notice: str
    trusted_proxies: tuple[str, ...]
    admins: tuple[str, ...] | None


def url_of(given: str | None, data_dir: Path | None) -> str:
    """Give the address of the database. Raises ServerError where the extra is not installed."""
    extra.require()
    from ccmeter.server import running

    return running.url_of(given, paths.data_dir(data_dir, os.environ))


@contextmanager
def _opened(url: str, *, is_new: bool = False) -> Iterator[Database]:
    from ccmeter.server import running

    database = running.opened(url, is_new=is_new)
    try:
        yield database
    finally:
        database.close()


def run(wanted: Wanted) -> None:
    """Run the server."""
    from ccmeter.server import running
    from ccmeter.server.options import LOOPBACK, Options
    from ccmeter.server.storage import claim

    options = Options(
        registration=wanted.registration,
        name=wanted.name,
        notice=wanted.notice,
        trusted_proxies=_networks("--trusted-proxy", wanted.trusted_proxies),
        admins=LOOPBACK if wanted.admins is None else _networks("--admin", wanted.admins),
    )
    with (
        _opened(wanted.url, is_new=True) as database,
        claim.serving(database),
        running.listen(wanted.host, wanted.port) as listening,
    ):
        host, port = listening.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        out.say(f"ccmeter serves at {address}")
        if wanted.registration == "invite" and (code := running.first_invite(database, secrets.token_bytes)):
            out.say(f"Nobody is here yet. Your invite, for one account within 24 hours: {code}")
            out.say(f"On your machine: ccmeter sync init {address} --invite {code}")
        if not options.is_admin(host) and not wanted.trusted_proxies:
            out.say("Other machines only sync over HTTPS: put a proxy in front, see docs/server/README.md.")
        running.run(database, options, listening)


def _networks(option: str, given: tuple[str, ...]) -> tuple[str, ...]:
    """Check addresses and networks. Raises UsageError."""
    import ipaddress

    for each in given:
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError:
            raise UsageError(
                f"{option} takes an address or a network, not {each}.", hint="Like 10.0.0.0/8."
            ) from None
    return given


def invited(url: str, hours: int) -> str:
    """Give a new invite."""
    from ccmeter.server import accounts

    with _opened(url) as database, database.writing() as connection:
        return accounts.new_invite(
            connection, now=time.time(), draw=secrets.token_bytes, seconds=hours * 3600.0
        )


def copied(source: str, target: str) -> list[str]:
    """Copy one database into another; give the proof."""
    from ccmeter.server import copying
    from ccmeter.server.storage import claim

    with _opened(source) as old, claim.alone(old), _opened(target, is_new=True) as new, claim.alone(new):
        return _told(copying.copy(old, new))


def backed_up(url: str, file: Path) -> list[str]:
    """Write a backup, beside its place first; give the proof."""
    from ccmeter.server import copying

    target = paths.expanded(file)
    with (
        _opened(url) as database,
        out.replacing(target, force=False) as temporary,
        _opened(f"sqlite:///{temporary}", is_new=True) as new,
    ):
        told = _told(copying.copy(database, new))
        new.make_one_file()
    target.chmod(0o600)
    return told


def restored(file: Path, url: str) -> list[str]:
    """Put a backup in the place of what a database holds; give the proof."""
    from ccmeter.server import audit, copying
    from ccmeter.server.storage import claim

    with (
        _opened(f"sqlite:///{paths.expanded(file)}") as source,
        _opened(url, is_new=True) as target,
        claim.alone(target),
    ):
        told = _told(copying.copy(source, target, replace=True))
        with target.writing() as connection:
            audit.note(connection, "restored", now=time.time(), subject=audit.OPERATOR)
        return told


def _told(proofs: tuple[Proof, ...]) -> list[str]:
    return [f"{each.table:<15} {each.rows:>9,} rows  {each.digest:064x}" for each in proofs]


def purged(url: str, *, yes: bool) -> list[str]:
    """Take out what has had its time, or say what that would be."""
    from ccmeter.server import audit, purge

    now = time.time()
    with _opened(url) as database:
        with database.writing() as connection:
            if yes:
                found = (*purge.expire(connection, now), purge.forget_audit(connection, now))
                audit.note(connection, "purged", now=now, subject=audit.OPERATOR)
            else:
                found = purge.counted(connection, now)
        if yes:
            database.vacuum()
    return [f"{each.name:<20} {each.rows:>9,}" for each in found]


def examined(url: str) -> list[tuple[bool, str]]:
    """Give what was looked at, and whether it is good."""
    from ccmeter.server import doctor

    with _opened(url) as database:
        return [(each.is_good, each.text) for each in doctor.examine(database)]


def verified(url: str, expect: str | None) -> str:
    """Say that the audit log is whole. Raises ServerError."""
    from ccmeter.server import audit

    with _opened(url) as database, database.reading() as connection:
        found = audit.verify(connection)
        if found.broken_at is not None:
            raise ServerError(f"The audit log is broken: row {found.broken_at} was changed or taken out.")
        if expect is not None and not audit.holds(connection, expect):
            raise ServerError("No row has that hash: the end of the audit log was cut off.")
    return f"{found.rows:,} rows follow from one another; the last has {found.last.hex()}"


def audit_lines(url: str) -> Iterator[str]:
    """Give the audit log as lines of JSON."""
    import json

    from ccmeter.server import audit

    with _opened(url) as database, database.reading() as connection:
        for row in audit.rows(connection):
            said = {"n": row.n, "at": row.at, "event": row.event, "subject": row.subject}
            yield json.dumps({**said, "detail": json.loads(row.detail), "hash": row.hash.hex()}) + "\n"
