"""Keeps in step what else holds usage beside the store: its daily backups, and stores that were put aside.

Each is made anew aside, compact, so that nothing of what was taken out is left in its free space, compared, and put in
the old one's place as a whole. One that is damaged is left as it is, and named.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.domain.errors import StoreError
from ccmeter.store import backup, copying, lease

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.store.lease import Connection


def _ignore(*_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What became of the copies."""

    dailies: int = 0
    """Daily backups that were made anew."""
    replaced: int = 0
    """Stores put aside that were."""
    left: tuple[Path, ...] = ()
    """Those that could not be: damaged, of a newer ccmeter, or not for us to write."""


def change(
    store: Path,
    taken_out: Callable[[Connection], int],
    *,
    progress: Callable[[int, int], object] = _ignore,
) -> Changed:
    """Take the same out of every copy. `taken_out` tells whether there was anything; without that a copy stays as it is.

    `progress` is told of copies done and of all copies.
    """
    dailies, replaced = backup.dailies(store), backup.replaced(store)
    done: dict[Path, bool] = {}
    left: list[Path] = []
    for number, file in enumerate((*dailies, *replaced), 1):
        try:
            done[file] = _made_anew(store, file, taken_out)
        except (StoreError, OSError):
            if file.exists():  # else its time had come meanwhile
                left.append(file)
        progress(number, len(dailies) + len(replaced))
    return Changed(
        dailies=sum(done.get(file, False) for file in dailies),
        replaced=sum(done.get(file, False) for file in replaced),
        left=tuple(left),
    )


def _made_anew(store: Path, file: Path, taken_out: Callable[[Connection], int]) -> bool:
    if backup.logs(file):
        raise StoreError(f"{file} has a log that could not be taken in.")
    with copying.aside(store) as made:
        backup.copied(file, made)
        with lease.writing(made) as connection:
            if not taken_out(connection):
                return False
        compact = made.with_name("compact" + lease.ENDING)
        with lease.beside(made, patience_s=0) as connection:
            copying.copy(connection, "store", compact, _ignore)
        found = file.stat()
        os.utime(compact, ns=(found.st_atime_ns, found.st_mtime_ns))  # its age tells whether a new one is due
        os.replace(compact, file)  # noqa: PTH105
        copying.synced(file.parent)
    return True
