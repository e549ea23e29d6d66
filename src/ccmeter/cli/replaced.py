"""What is said and asked about the stores that were put aside when another took their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.cli import confirming
from ccmeter.cli.output import say, write
from ccmeter.reports.cells import counted

if TYPE_CHECKING:
    from pathlib import Path


def tell(store: Path, kept: Path) -> None:
    """Say where the store that was just replaced is, and what is to be had from it."""
    say(f"The store that was there is kept: {kept}")
    say(_held(store, kept))
    tell_of_all(store)


def tell_of_all(store: Path) -> None:
    """Say how much the stores put aside take, once there is more than one."""
    from ccmeter.store import backup

    found = backup.replaced(store)
    if len(found) > 1:
        say(
            f"{counted(len(found), 'replaced store')} take {_mib(found)} MiB; "
            "`ccmeter vacuum --replaced` shows them, and removes them if you say so."
        )


def remove(store: Path, *, yes: bool) -> None:
    """Show the stores put aside and what each alone has, ask, and remove them. Raises UsageError."""
    from ccmeter.store import backup

    found = backup.replaced(store)
    if not found:
        say("There are no replaced stores.")
        return
    for file in found:
        say(f"{file} ({_mib([file])} MiB). {_held(store, file)}")
    if not confirming.is_confirmed(f"Remove {counted(len(found), 'replaced store')} for good?", yes=yes):
        return
    for file in found:
        for each in (*backup.logs(file), file):
            each.unlink(missing_ok=True)
    write(f"Removed: {counted(len(found), 'replaced store')}\n")


def _held(store: Path, kept: Path) -> str:
    """Say what a store that was put aside holds and the present one does not."""
    from ccmeter.domain.errors import StoreError
    from ccmeter.store import copying, salvage

    try:
        copying.check(kept)
    except StoreError:
        return "It is damaged, and kept only for whoever can still read it; `ccmeter import` would refuse it."
    alone = salvage.lost(kept, store)
    if alone is None or not alone.calls:
        return "It holds no message that the store does not."
    held = f"{counted(alone.calls, 'message')} with {counted(alone.tokens, 'token')}"
    return f"It holds {held} that the store does not; `ccmeter import {kept}` adds them."


def _mib(files: list[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 2**20:,.1f}"
