"""Which machines of the vault know what: the names that `--device` takes, and each machine's share.

A machine knows what its chunks say, and this one what its logs say. What several know counts once in every sum; where
shares of machines are told, it counts for the one of them that joined the vault first.
"""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import UsageError
from ccmeter.domain.filters import EVERY, THIS
from ccmeter.queries.chosen import ask
from ccmeter.store import united, views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

WORDS: Final[Mapping[str, str]] = {"of_device": "_of_device"}
"""What questions say besides, where they are about one machine."""

_DEVICES: Final = """
select k.device, coalesce(nullif(d.name, ''), if(k.device = v.device, nullif(v.name, ''), null), left(k.device, 8)), k.device = v.device, k.calls, v.synced_us
from (
    select device, count(distinct fingerprint) as calls from fact group by device
    union
    select device, 0 from device anti join fact using (device)
    union
    select device, 0 from vault anti join fact using (device) anti join device using (device)
) k
left join device d using (device)
cross join vault v
order by d.place nulls last, k.device
"""
ALONE: Final = "this machine"
"""What this machine is called where there is no vault."""
_SHORTEST: Final = 4
"""Fewer digits of an id name nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A machine of the vault."""

    device: str
    """Its id, hexadecimal."""
    name: str
    is_this: bool
    calls: int
    """Calls that its chunks tell of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knows:
    """What a machine knows, whoever else does."""

    messages: int
    tokens: int


def devices(connection: Connection) -> tuple[Device, ...]:
    """Give the machines that are known, in the order in which they joined; none where there is no vault."""
    rows = connection.execute(_DEVICES).fetchall()
    return tuple(Device(device=row[0], name=row[1], is_this=row[2], calls=row[3]) for row in rows)


def synced_at(connection: Connection) -> dt.datetime | None:
    """Give when a sync last went through."""
    rows = connection.execute("select make_timestamp(synced_us) from vault").fetchall()
    return rows[0][0].replace(tzinfo=dt.UTC) if rows and rows[0][0] else None


def hand_over(connection: Connection, named: str) -> Mapping[str, str]:
    """Make the views of one machine's calls, and give what questions say to ask them. Raises UsageError."""
    if not united.in_vault(connection):
        if named == THIS:
            return {}
        raise UsageError(
            f"There is no machine '{named}': this one is in no vault.",
            hint="`--device this` is this machine. `ccmeter sync init` begins a vault.",
        )
    found = None if named == THIS else find(devices(connection), named)
    asked = None if found is None or found.is_this else found.device
    if connection.execute("select device from asked_device").fetchall() != [(asked or THIS,)]:
        views.narrow(connection, asked)
        connection.execute("delete from asked_device")
        connection.execute("insert into asked_device values ($1)", [asked or THIS])
    return WORDS


def hand_over_known(connection: Connection) -> None:
    """Make the table `call_known` on this connection: which machines know each call."""
    known = devices(connection)
    if not known:
        connection.execute(
            "create or replace temp table call_known as select call_key, $1 as machine, true as is_first from call",
            [ALONE],
        )
        return
    names = [each.name for each in known]
    labels = [f"{each.name} {each.device[:8]}" if names.count(each.name) > 1 else each.name for each in known]
    connection.execute(
        _sql("devices_known"),
        {
            "devices": [each.device for each in known],
            "names": labels,
            "places": list(range(len(known))),
        },
    )


def known(connection: Connection, filters: Filters) -> Mapping[str, Knows]:
    """Ask what each machine knows, by its name, after `hand_over_known`."""
    rows = ask(connection, "device", filters)
    return {name: Knows(messages=messages, tokens=tokens) for name, messages, tokens in rows}


def find(known: tuple[Device, ...], named: str) -> Device:
    """Give the machine of a name, or of an id that begins so. Raises UsageError."""
    wanted = named.casefold()
    found = [each for each in known if each.name.casefold() == wanted]
    if not found and len(wanted) >= _SHORTEST:
        found = [each for each in known if each.device.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.device[:8] for each in found)
        raise UsageError(f"Several machines are called '{named}'.", hint=f"Name one by its id: {ids}.")
    names = [each.name for each in known]
    near = difflib.get_close_matches(wanted, [name.casefold() for name in names], 1)
    hint = f"Did you mean {next(n for n in names if n.casefold() == near[0])}?" if near else ""
    there = f"There are {', '.join(names)}; or {EVERY}, {THIS}."
    raise UsageError(f"There is no machine '{named}' in the vault.", hint=hint or there)


@cache
def _sql(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
