"""Finds out how it stands with the vault, for `ccmeter sync status` and `devices`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ccmeter.cli import output as out
from ccmeter.cli import scheduling, syncing, turns
from ccmeter.reports import formats
from ccmeter.reports import sync as report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.cli import options as o
    from ccmeter.cli.syncing import Site
    from ccmeter.config.settings import SyncSettings
    from ccmeter.domain.vaults import State
    from ccmeter.reports.table import Report

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PROJECTS: Final[Mapping[str, str]] = {
    "names": "their names go sealed to your other machines",
    "ids": "other machines see which are the same, but no names",
    "off": "other machines are told nothing of them",
}
_SELDOM: Final[Mapping[str, str]] = {"hourly": "once an hour", "daily": "once a day"}


def show(kept: o.Kept, *, check: bool, as_json: bool, time_zone: str | None) -> None:
    """Write the whole standing."""
    zone = _zone(time_zone)
    with syncing.site(kept, ingest=True) as there:
        state = there.machine.ledger.state()
        if state is None:
            _write(report.alone(), as_json=as_json)
            return
        found = _standing(there, state, check=check)
    _write(report.lay_out(found, zone), as_json=as_json)


def devices(kept: o.Kept, *, as_json: bool, time_zone: str | None) -> None:
    """Write the machines of the vault."""
    zone = _zone(time_zone)
    with syncing.site(kept, ingest=False) as there:
        found = _members(there, there.state(), {})
    _write(report.devices(found, zone), as_json=as_json)


def _standing(there: Site, state: State, *, check: bool) -> report.Standing:
    from ccmeter.sync import keystore

    tried = turns.read(there.folder) or turns.Turn()
    tried_at = _at(tried.tried_s * 1_000_000) if tried.tried_s else None
    seen, said = _asked(there, state) if check else ({}, ())
    plan = syncing.would(there)
    return report.Standing(
        server=state.server,
        synced_at=state.synced_at if tried.failed or tried_at is None else tried_at,
        tried_at=tried_at,
        failed=tried.failed,
        members=_members(there, state, seen),
        waiting=None
        if plan is None
        else report.Waiting(
            messages=plan.facts,
            records=len(plan.push.records),
            size_bytes=syncing.size_of(plan),
            is_part=plan.facts >= syncing.at_once(),
        ),
        keys=keystore.where(there.machine.secrets, bytes.fromhex(state.device)),
        timer=scheduling.told(there),
        auto=_auto(there.chosen),
        projects=_PROJECTS[there.chosen.projects],
        checked=said,
    )


def _members(there: Site, state: State, seen: Mapping[bytes, dt.datetime]) -> tuple[report.Member, ...]:
    from ccmeter.queries import vaults
    from ccmeter.store import lease
    from ccmeter.sync import membership

    roster = membership.members(there.machine)
    with lease.reading(there.where.store) as connection:
        told = vaults.told(connection)
    nothing = vaults.Told(messages=0, newest_at=None)
    return tuple(
        report.Member(
            device=each.id.hex(),
            name=each.name,
            is_this=each.id.hex() == state.device,
            joined_at=_at(each.added_us),
            revoked_at=None if each.revoked_us is None else _at(each.revoked_us),
            messages=told.get(each.id.hex(), nothing).messages,
            newest_at=told.get(each.id.hex(), nothing).newest_at,
            seen_at=seen.get(each.id),
        )
        for each in sorted(roster.members, key=lambda member: (member.added_us, member.id))
    )


def _asked(there: Site, state: State) -> tuple[Mapping[bytes, dt.datetime], tuple[str, ...]]:
    """Ask the server what it is and when it heard of each machine."""
    from ccmeter.cli.refused import plainly
    from ccmeter.sync import keystore

    info = syncing.greeted(state.server)
    token = keystore.load(there.machine.secrets, bytes.fromhex(state.device)).token
    with plainly():
        listed = syncing.reach(state.server, token).devices().devices
    seen = {
        each.device: _at(round(each.last_seen_at * 1_000_000))
        for each in listed
        if each.last_seen_at is not None
    }
    name = syncing.harmless(info.name)
    return seen, (f"The server answers: {name}, ccmeter {syncing.harmless(info.version)}.",)


def _auto(chosen: SyncSettings) -> str:
    if not chosen.auto:
        return "never, the settings say"
    if chosen.cadence in _SELDOM:
        return f"{_SELDOM[chosen.cadence]} at most"
    return f"at most every {chosen.every} minutes by other commands, every 30 seconds by the monitor"


def _zone(named: str | None) -> ZoneInfo:
    from ccmeter.cli import asking

    return ZoneInfo(asking.zone_name(named))


def _at(us: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=us)


def _write(laid_out: Report, *, as_json: bool) -> None:
    out.write(formats.render("json" if as_json else "table", laid_out, out.render_options(None)))
