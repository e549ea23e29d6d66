"""What was done, as a chain: each row hashes the one before, so that nothing can be changed or taken out unseen.

A row names an account only by a hash of a random id that goes with the account: once that is erased, nobody can tell
whose rows they were.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, text

from ccmeter.server.storage.tables import audit, setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

OPERATOR: Final = "operator"
"""Subject of what was done by a command on the machine itself."""
ANCHOR: Final = "audit_anchor"
"""Setting: number and hash of the last row that was purged."""
_LOCK: Final = 0x63636E
_START: Final = bytes(32)
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What looking at the whole chain came to."""

    rows: int
    last: bytes
    """Hash of the last row: note it, to know later that nothing was cut off the end."""
    broken_at: int | None
    """Number of the first row that does not follow from the one before."""


def subject_of(account: bytes) -> str:
    """Give the name by which rows speak of an account."""
    return hashlib.sha256(b"ccmeter audit " + account).hexdigest()[:16]


def note(connection: Connection, event: str, *, now: float, subject: str, **detail: str | int) -> None:
    """Add a row."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = connection.execute(select(audit.c.n, audit.c.hash).order_by(audit.c.n.desc()).limit(1)).first()
    number, before = (last.n, last.hash) if last else _anchor(connection)
    said = json.dumps(detail, sort_keys=True)
    row = {"n": number + 1, "at": now, "event": event, "subject": subject, "detail": said}
    connection.execute(insert(audit).values(**row, hash=_hash(before, number + 1, now, event, subject, said)))


def verify(connection: Connection) -> Checked:
    """Look at every row: does each follow from the one before, with no number left out."""
    number, before = _anchor(connection)
    seen = 0
    for row in rows(connection, number):
        wanted = _hash(before, number + 1, row.at, row.event, row.subject, row.detail)
        if row.n != number + 1 or row.hash != wanted:
            return Checked(rows=seen, last=before, broken_at=number + 1)
        number, before, seen = row.n, row.hash, seen + 1
    return Checked(rows=seen, last=before, broken_at=None)


def holds(connection: Connection, noted: str) -> bool:
    """Tell whether a row, or the last one that was purged, has a hash that was noted down."""
    try:
        wanted = bytes.fromhex(noted)
    except ValueError:
        return False
    kept = connection.scalar(select(audit.c.n).where(audit.c.hash == wanted))
    return kept is not None or _anchor(connection)[1] == wanted


def rows(connection: Connection, after: int = 0) -> Iterator[Any]:
    """Give all rows after a number, in order."""
    while found := connection.execute(
        select(audit.c.n, audit.c.at, audit.c.event, audit.c.subject, audit.c.detail, audit.c.hash)
        .where(audit.c.n > after)
        .order_by(audit.c.n)
        .limit(_PAGE)
    ).all():
        yield from found
        after = found[-1].n


def _anchor(connection: Connection) -> tuple[int, bytes]:
    kept = connection.scalar(select(setting.c.value).where(setting.c.name == ANCHOR))
    if kept is None:
        return 0, _START
    number, _, digest = kept.partition(":")
    return int(number), bytes.fromhex(digest)


def _hash(before: bytes, number: int, at: float, event: str, subject: str, detail: str) -> bytes:
    said = json.dumps([number, at.hex(), event, subject, detail]).encode()
    return hashlib.sha256(before + said).digest()
