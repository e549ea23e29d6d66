"""Carries over what a store that is about to take the place of a person's own must know: what was forgotten, and the vault.

A backup does not know what was forgotten after it was made. The store that is replaced does, often even when it is
damaged, because the rules fill blocks of their own; else the daily backups do, which `forget` keeps in step.

In which vault a machine is, and what other machines told it, is likewise said by the store that is replaced: a backup may
be of another time, or of another machine. Only where that can no longer be read, what the backup says of it stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import _duckdb

from ccmeter.domain.errors import StoreBusyError, StoreError
from ccmeter.store import backup, forget, lease, salvage, united

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
    if store.exists():
        _carry_vault(store, made, waiting)
    return CarriedOver(carried=carried, rules=len(kept.rules), source=source)


def _carry_vault(store: Path, made: Path, waiting: Callable[[str], object]) -> None:
    """Let the new store be in the vault that the old one is in, or in none, where the old one still says so."""
    try:
        with lease.beside(store, waiting=waiting) as connection:
            connection.execute("select 1 from store.main.vault")
            connection.execute(f"attach {lease.quoted(made)} as made")
            connection.execute("use made")
            connection.execute("begin")
            try:
                united.take_over(connection, "store.main")
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")
            connection.execute("use memory")
            connection.execute("detach made")
    except StoreBusyError:
        raise
    except (StoreError, _duckdb.Error):  # damaged, or older than the first vault
        return


def _found(store: Path, waiting: Callable[[str], object]) -> tuple[Path | None, Kept]:
    """Read the rules where that is possible: in the store, else in the newest daily backup that still tells them."""
    for source in (store, *backup.dailies(store)):
        if source.exists() and (kept := salvage.rules(source, waiting=waiting)) is not None:
            return source, kept
    return None, forget.Kept([], [])
