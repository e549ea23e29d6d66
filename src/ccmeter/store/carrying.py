"""Carries what a person has forgotten over to a store that is about to take the place of theirs.

A backup does not know what was forgotten after it was made. The store that is replaced does, often even when it is
damaged, because the rules fill blocks of their own; else the daily backups do, which `forget` keeps in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.store import backup, forget, lease, salvage

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.store.forget import Carried, Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOver:
    """What was carried over, and from where."""

    carried: Carried
    rules: int
    """All rules that were found, those among them that were known already."""
    source: Path | None
    """The store that is replaced, or the daily backup that was asked in its place; None where neither could be."""


def carry_over(
    store: Path, made: Path, *, now: dt.datetime, waiting: Callable[[str], object] = str
) -> CarriedOver:
    """Let the store `made` aside forget what `store` has forgotten. Raises StoreError."""
    source, kept = _found(store, waiting)
    with lease.writing(made) as connection:
        carried = forget.carry(connection, kept, now=now)
    return CarriedOver(carried=carried, rules=len(kept.rules), source=source)


def _found(store: Path, waiting: Callable[[str], object]) -> tuple[Path | None, Kept]:
    """Read the rules where that is possible: in the store, else in the newest daily backup that still tells them."""
    for source in (store, *backup.dailies(store)):
        if source.exists() and (kept := salvage.rules(source, waiting=waiting)) is not None:
            return source, kept
    return None, forget.Kept([], [])
