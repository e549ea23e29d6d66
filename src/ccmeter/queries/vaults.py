"""What the store knows of what each machine of the vault told: how much, up to when, and what only one of them knows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.facts import NO_SLOT, SLOT_US

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.store.lease import Connection

_TOLD: Final = f"""
select device, count(distinct fingerprint), max(slot) filter (slot <> {NO_SLOT}) from fact group by device
"""  # noqa: S608 - a number of ours
_THROUGH: Final = """
with going as (select distinct fingerprint from fact where device = $device and slot < $slot)
select
    (select count(*) from going),
    (
        select count(*)
        from going g
        where not exists (from fact f where f.fingerprint = g.fingerprint and f.device <> $device)
            and not exists (
                from fingerprint k, vault v where k.fingerprint = g.fingerprint and v.device <> $device
            )
    )
"""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a machine told of."""

    messages: int
    newest_at: dt.datetime | None
    """The end of the quarter of an hour of its newest message; None where it told of none with a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """What is known through one machine."""

    calls: int
    alone: int
    """Of these, what nobody else knows."""


def told(connection: Connection) -> Mapping[str, Told]:
    """Give what each machine told of, by its id."""
    return {
        device: Told(
            messages=messages,
            newest_at=None if slot is None else _EPOCH + dt.timedelta(microseconds=(slot + 1) * SLOT_US),
        )
        for device, messages, slot in connection.execute(_TOLD).fetchall()
    }


def known_through(connection: Connection, device: str, before_slot: int) -> Through:
    """Give what is known through a machine from before a slot."""
    calls, alone = connection.execute(_THROUGH, {"device": device, "slot": before_slot}).fetchall()[0]
    return Through(calls=calls, alone=alone)
