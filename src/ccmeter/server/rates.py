"""How often who may ask: a bucket per key that leaks at an even rate (GCRA), one number each, so that it fits a row.

What guards a secret or makes rows is counted in the database at once. What only guards against haste (head, changes,
push) is counted in memory and written behind every second and at the end, so that it outlives a restart without making
every read a write. `limits` has windows only, no bucket with a burst, and no storage inside a transaction.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from ccmeter.server.refusals import Refusal
from ccmeter.server.storage.rows import insert_missing, upsert
from ccmeter.server.storage.tables import rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_US: Final = 1_000_000
_IPV6_PREFIX: Final = 64
"""What one household or machine has: addresses inside it are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in a time, and so many at once."""

    count: int
    seconds: float
    burst: int
    is_kept: bool = False
    """Counted in the database at once."""

    @property
    def step_us(self) -> int:
        """Give the microseconds that one takes to leak."""
        return round(self.seconds * _US / self.count)

    @property
    def slack_us(self) -> int:
        """Give how far ahead of the even rate one may be."""
        return self.step_us * (self.burst - 1)


def _rate(count: int, seconds: float, burst: int | None = None, *, is_kept: bool = False) -> Rate:
    return Rate(count=count, seconds=seconds, burst=burst or count, is_kept=is_kept)


RATES: Final[Mapping[str, Rate]] = {
    "account": _rate(10, 60, is_kept=True),
    "enrol": _rate(10, 60, is_kept=True),
    "mailbox": _rate(5, 600, is_kept=True),
    "export": _rate(3, 86_400, is_kept=True),
    "change": _rate(30, 60),
    "stage": _rate(240, 60),
    "push": _rate(20, 60, 40),
    "changes": _rate(60, 60),
    "head": _rate(120, 60),
}
"""By class. `account`, `enrol` and `mailbox` are counted by address, the others by token."""


class Rates:
    """What was asked lately."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._until_us: dict[bytes, int] = {}
        self._unwritten: set[bytes] = set()

    def is_kept(self, name: str) -> bool:
        """Tell whether a class is counted in the database."""
        return name in self._rates and self._rates[name].is_kept

    def take(self, name: str, who: str, now: float) -> None:
        """Count one in memory. Raises Refusal where it is one too many."""
        if (rate_of := self._rates.get(name)) is not None:
            key = _key(name, who)
            self._until_us[key] = _next(rate_of, self._until_us.get(key, 0), now)
            self._unwritten.add(key)

    def take_kept(self, connection: Connection, name: str, who: str, now: float) -> None:
        """Count one in the database. Raises Refusal where it is one too many."""
        if (rate_of := self._rates.get(name)) is None:
            return
        key = _key(name, who)
        insert_missing(connection, rate, {"key": key, "until_us": 0})
        mine = rate.c.key == key
        until = connection.scalar(select(rate.c.until_us).where(mine).with_for_update()) or 0
        connection.execute(update(rate).where(mine).values(until_us=_next(rate_of, until, now)))

    def check_kept(self, connection: Connection, name: str, who: str, now: float) -> None:
        """See that one more would be taken. Raises Refusal."""
        if (rate_of := self._rates.get(name)) is not None:
            until = connection.scalar(select(rate.c.until_us).where(rate.c.key == _key(name, who)))
            _next(rate_of, until or 0, now)

    def load(self, connection: Connection, now: float) -> None:
        """Take up what was counted before a restart."""
        rows = connection.execute(select(rate).where(rate.c.until_us > int(now * _US)))
        self._until_us.update((row.key, row.until_us) for row in rows)

    def save(self, connection: Connection, now: float) -> None:
        """Write what is counted in memory, and forget what has leaked away."""
        now_us = int(now * _US)
        written, self._unwritten = self._unwritten, set()
        rows = [
            {"key": key, "until_us": self._until_us[key]} for key in written if self._until_us[key] > now_us
        ]
        if rows:
            upsert(connection, rate, rows)
        connection.execute(delete(rate).where(rate.c.until_us <= now_us))
        for key in [key for key, until in self._until_us.items() if until <= now_us]:
            del self._until_us[key]
            self._unwritten.discard(key)

    @property
    def is_idle(self) -> bool:
        """Tell whether there is nothing to write or to forget."""
        return not self._until_us


def _next(rate_of: Rate, until_us: int, now: float) -> int:
    """Give when a bucket is empty again after one more."""
    now_us = int(now * _US)
    until_us = max(until_us, now_us)
    wait_us = until_us - now_us - rate_of.slack_us
    if wait_us > 0:
        raise Refusal("rate_limited", "Too many requests.", retry_after_s=wait_us / _US)
    return until_us + rate_of.step_us


def _key(name: str, who: str) -> bytes:
    return hashlib.sha256(f"{name}:{who}".encode()).digest()[:16]


def address_of(host: str) -> str:
    """Give what an address is counted by: IPv6 by its network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:  # noqa: PLR2004 - of the internet protocol
        return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
    return host
