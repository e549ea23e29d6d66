"""`ccmeter sync status` and `devices`: the machines of a vault, and what is where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.reports.cells import counted
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from ccmeter.reports.table import Json

_MACHINES: Final = (
    Column(key="machine", title="Machine", kind=Kind.TEXT, is_foreign=True),
    Column(key="id", title="Id", kind=Kind.TEXT, is_secondary=True),
    Column(key="messages", title="Told of", kind=Kind.COUNT),
    Column(key="newest", title="Up to", kind=Kind.TEXT),
    Column(key="joined", title="Joined", kind=Kind.DATE, drop=1, is_secondary=True),
    Column(key="state", title="State", kind=Kind.TEXT),
)
_ALONE: Final = (
    "This machine does not sync. `ccmeter sync init URL` begins a vault, `ccmeter sync join CODE` enters one."
)
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A machine of the vault."""

    device: str
    """Its id, hexadecimal."""
    name: str
    is_this: bool
    joined_at: dt.datetime
    revoked_at: dt.datetime | None
    messages: int
    """That it told of."""
    newest_at: dt.datetime | None
    """Up to when it told."""
    seen_at: dt.datetime | None = None
    """When it last spoke to the server; None where the server was not asked, or does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What would be sent now."""

    messages: int
    records: int
    size_bytes: int
    is_part: bool
    """There is more than one push holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with the vault."""

    server: str
    synced_at: dt.datetime | None
    tried_at: dt.datetime | None
    failed: str
    """Why the last try came to nothing; empty where it did not."""
    members: tuple[Member, ...]
    waiting: Waiting | None
    """None: nothing."""
    keys: str
    """In words, where they lie."""
    timer: str
    """In words."""
    auto: str
    """In words."""
    projects: str
    checked: tuple[str, ...] = ()
    """What the server said when it was asked."""


def alone() -> Report:
    """Give the answer for a machine that is in no vault."""
    table = Table(title="Sync", columns=_MACHINES, rows=(), notes=(Note(text=_ALONE),))
    return Report(table=table, document={"schemaVersion": 1, "syncs": False})


def lay_out(found: Standing, zone: ZoneInfo) -> Report:
    """Give the machines, and in sentences all else."""
    table = _table(found.members, zone, notes=tuple(Note(text=text) for text in _sentences(found, zone)))
    waiting = found.waiting
    return Report(
        table=table,
        document={
            "schemaVersion": 1,
            "syncs": True,
            "server": found.server,
            "lastSync": _iso(found.synced_at, zone),
            "lastTry": _iso(found.tried_at, zone),
            "failed": found.failed or None,
            "waiting": {
                "messages": waiting.messages if waiting else 0,
                "records": waiting.records if waiting else 0,
                "bytes": waiting.size_bytes if waiting else 0,
                "more": bool(waiting and waiting.is_part),
            },
            "keys": found.keys,
            "timer": found.timer,
            "auto": found.auto,
            "projects": found.projects,
            "server_said": list(found.checked),
            "devices": [_document(each, zone) for each in found.members],
        },
    )


def devices(members: Sequence[Member], zone: ZoneInfo) -> Report:
    """Give the machines alone."""
    return Report(
        table=_table(members, zone),
        document={"schemaVersion": 1, "devices": [_document(each, zone) for each in members]},
    )


def _table(members: Sequence[Member], zone: ZoneInfo, notes: tuple[Note, ...] = ()) -> Table:
    rows = tuple(
        Row(
            cells=(
                each.name,
                each.device[:_DIGITS],
                each.messages,
                _minute(each.newest_at, zone) if each.newest_at else "–",
                each.joined_at.astimezone(zone).date(),
                _state(each, zone),
            )
        )
        for each in members
    )
    active = sum(each.revoked_at is None for each in members)
    return Table(
        title="Machines", caption=counted(active, "machine"), columns=_MACHINES, rows=rows, notes=notes
    )


def _state(member: Member, zone: ZoneInfo) -> str:
    if member.revoked_at is not None:
        return f"out since {member.revoked_at.astimezone(zone):%Y-%m-%d}"
    if member.is_this:
        return "this one"
    return f"seen {_minute(member.seen_at, zone)}" if member.seen_at else "in"


def _sentences(found: Standing, zone: ZoneInfo) -> list[str]:
    said = [f"Server: {found.server}. Last sync: {_minute(found.synced_at, zone)}."]
    if found.failed:
        said.append(f"The last try, {_minute(found.tried_at, zone)}, failed: {found.failed}")
    if found.waiting is None:
        said.append("Would be sent: nothing.")
    else:
        more = ", and more after that" if found.waiting.is_part else ""
        said.append(
            f"Would be sent: {counted(found.waiting.messages, 'message')} in "
            f"{counted(found.waiting.records, 'sealed record')}, {found.waiting.size_bytes:,} bytes{more}."
        )
    said += [
        f"Keys: {found.keys}.",
        f"By itself: {found.auto}. Timer: {found.timer}.",
        f"Projects: {found.projects}.",
    ]
    return [*said, *found.checked]


def _document(member: Member, zone: ZoneInfo) -> Json:
    return {
        "device": member.device,
        "name": member.name,
        "isThis": member.is_this,
        "joined": _iso(member.joined_at, zone),
        "revoked": _iso(member.revoked_at, zone),
        "messages": member.messages,
        "newest": _iso(member.newest_at, zone),
        "lastSeen": _iso(member.seen_at, zone),
    }


def _minute(at: dt.datetime | None, zone: ZoneInfo) -> str:
    return "never" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _iso(at: dt.datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")
