"""Builds a new store from all that is left: the logs that still exist, the newest sound backup, and the old store if it is sound.

It is made aside, so the old one stays as it is until the new one is whole.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.domain.errors import StoreBusyError, StoreError, StoreFullError, StoreNewerError
from ccmeter.ingest.update import Updater

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccmeter.ingest.discover import Found
    from ccmeter.ingest.update import Narration
    from ccmeter.store.carrying import CarriedOver
    from ccmeter.store.salvage import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A new store, aside, and where its calls are from."""

    path: Path
    backup: Path | None
    """The backup that it began with."""
    damaged_backups: tuple[Path, ...]
    is_old_sound: bool
    """The old store could be read as a whole, and all it had is in the new one."""
    from_logs: Part
    only_kept: Part
    """Calls that are in no log: from the backup or the old store."""
    lost: Part | None
    """Calls that the old store lists and that are nowhere else; None where it can no longer be read."""
    forgotten: CarriedOver
    """What stays forgotten."""


@contextlib.contextmanager
def rebuild(store: Path, walk: Callable[[], Found], narration: Narration) -> Iterator[Rebuilt]:
    """Lend a store built anew. Raises StoreError and IngestError."""
    from ccmeter.store import carrying, copying, lease, salvage

    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        backup, damaged, made = _begun(stack, store)
        if made is None:
            made = stack.enter_context(copying.aside(store))
        # before anything else is read, so that nothing of it comes back
        forgotten = carrying.carry_over(store, made, now=dt.datetime.now(dt.UTC), waiting=narration.waiting)
        is_sound = _joined(store, made)
        found = walk()
        with Updater(made, lambda: found, narration).up_to_date():
            pass
        with lease.reading(made) as connection:
            from_logs, only_kept = salvage.shares(connection, [source.name for source in found.sources])
        yield Rebuilt(
            path=made,
            backup=backup,
            damaged_backups=damaged,
            is_old_sound=is_sound,
            from_logs=from_logs,
            only_kept=only_kept,
            lost=salvage.lost(store, made) if store.exists() else None,
            forgotten=forgotten,
        )


def _begun(stack: contextlib.ExitStack, store: Path) -> tuple[Path | None, tuple[Path, ...], Path | None]:
    """Begin with the newest sound backup; give it, those passed over, and the store made of it."""
    from ccmeter.store import backup

    damaged: list[Path] = []
    for candidate in backup.dailies(store):
        try:
            ready = stack.enter_context(backup.ready(store, candidate))
        except StoreError:
            damaged.append(candidate)
            continue
        return candidate, tuple(damaged), ready.path
    return None, tuple(damaged), None


def _joined(store: Path, made: Path) -> bool:
    """Take in the old store if it can be read as a whole; tell whether it could. Raises StoreError if it may be sound."""
    from ccmeter.store import backup, imported, lease

    if not store.exists():
        return False
    try:
        with backup.ready(store, store) as old, lease.writing(made) as connection:
            imported.join(connection, old.path, now=dt.datetime.now(dt.UTC), is_own=True)
    except (StoreBusyError, StoreFullError, StoreNewerError):
        raise
    except StoreError:
        return False
    return True
