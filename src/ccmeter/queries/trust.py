"""How fresh the numbers are, and how far they lie from what Claude Code says: what the status line hook lets us compare.

Claude Code's own cost of a session is an estimate made by the client, starts again at `/clear`, and knows calls that no
transcript has. So a difference is a fact to be shown, not an error of either side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.queries.chosen import ask
from ccmeter.queries.live import HOOK

if TYPE_CHECKING:
    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

DAYS: Final = 7
"""How far back sessions are compared."""
_DAY_US: Final = 86_400_000_000
_NEWEST: Final = f"""
select ({HOOK}),
    (select max(read_us) from limit_reading where read_us <= $now_us and source = 'hook')
"""  # noqa: S608 - a piece of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One session by both accounts, at the instant of the hook's last reading."""

    session_id: str
    read_us: int
    told_pico: int
    """By Claude Code."""
    own_pico: int
    """By its logged calls."""
    unpriced_tokens: int
    """Of those calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """An answer. Instants in microseconds since 1970 UTC."""

    hook_us: int | None
    """When the hook last ran, as far as it was taken into the store."""
    limits_us: int | None
    """When it last told of a limit."""
    drifts: tuple[Drift, ...]
    """Sessions of the last days, the newest reading first."""

    @property
    def told_pico(self) -> int:
        """What Claude Code says of all these sessions."""
        return sum(each.told_pico for each in self.drifts)

    @property
    def own_pico(self) -> int:
        """What their calls come to."""
        return sum(each.own_pico for each in self.drifts)


def trust(connection: Connection, filters: Filters, *, now_us: int) -> Trust:
    """Ask what can be compared as of an instant."""
    ((hook_us, limits_us),) = connection.execute(_NEWEST, {"now_us": now_us}).fetchall()
    parameters = {"now_us": now_us, "from_us": now_us - DAYS * _DAY_US}
    rows = ask(connection, "trust", filters, parameters)
    fields = Drift.__dataclass_fields__
    return Trust(
        hook_us=hook_us,
        limits_us=limits_us,
        drifts=tuple(Drift(**dict(zip(fields, row, strict=True))) for row in rows),
    )
