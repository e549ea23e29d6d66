"""Tells with one look whether a machine has anything to say to its vault, and where it stands there.

Most syncs find nothing new on either side. Such a one must cost next to nothing, so nothing here loads what a real one needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.store import lease

if TYPE_CHECKING:
    from pathlib import Path

RIPE_US: Final = 10 * 60 * 1_000_000
"""As in `store.facts`: a call that is not final is told once it is so old."""
_LOOK: Final = """
select
    server, device, vault, gen, seq, tick, coalesce(synced_us, 0),
    exists (
        from pending where waits_us is null or waits_us <= $now_us - $ripe_us or waits_us > $now_us
    )
    or exists (
        from origin left join project_id using (cwd)
        where cwd <> '' and (project is null or (project = '') <> $tells_nothing)
    )
from vault
"""


class Standing(NamedTuple):
    """Where a machine stands in its vault."""

    server: str
    device: str
    vault: str
    gen: int
    seq: int
    tick: str
    synced_us: int
    has_news: bool
    """There is something to tell."""


def look(store: Path, now_us: int, *, tells_nothing: bool) -> Standing | None:
    """Look; None where the machine is in no vault. `tells_nothing`: of projects. Raises StoreError."""
    asked = {"now_us": now_us, "ripe_us": RIPE_US, "tells_nothing": tells_nothing}
    with lease.reading(store) as connection:
        rows = connection.execute(_LOOK, asked).fetchall()
    return Standing(*rows[0]) if rows else None
