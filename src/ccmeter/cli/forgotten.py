"""What is said of forgotten usage where a store is restored or rebuilt, and of the copies that `forget` goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.reports.cells import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.store.carrying import CarriedOver
    from ccmeter.store.copies import Changed


def left_out(store: Path, found: CarriedOver) -> Iterator[str]:
    """Say what of a backup is left out because it was forgotten after that was made."""
    if found.carried.rules or found.carried.calls:
        yield (
            f"Forgotten after this backup was made, and left out: {counted(found.carried.calls, 'message')} "
            f"({counted(found.carried.rules, 'rule')} carried over). --with-forgotten would bring it back."
        )
    yield from _unknown(store, found)


def stays(store: Path, found: CarriedOver) -> Iterator[str]:
    """Say that what was forgotten is not in a rebuilt store."""
    if found.rules and found.source is not None:
        yield f"What was forgotten stays forgotten: {counted(found.rules, 'rule')}, read in {found.source.name}."
    yield from _unknown(store, found)


def in_copies(changed: Changed) -> Iterator[str]:
    """Say what was taken out of copies as well, and which still hold it."""
    made = (counted(changed.dailies, "daily backup"), counted(changed.replaced, "replaced store"))
    if changed.dailies or changed.replaced:
        numbers = (changed.dailies, changed.replaced)
        yield f"Taken out of {' and '.join(text for text, number in zip(made, numbers, strict=True) if number)} too."
    for file in changed.left:
        yield f"Could not be changed, and may still hold it: {file}"


def _unknown(store: Path, found: CarriedOver) -> Iterator[str]:
    """Say what the store that was there cannot say any more."""
    if found.source == store or not store.exists():
        return
    if found.source is None:
        yield (
            "What was forgotten can be read neither in the damaged store nor in a daily backup. If anything was, it may be "
            "back: `ccmeter forget` takes it out again."
        )
    else:
        yield (
            f"The damaged store can no longer say what was forgotten: {found.source.name} was asked instead, which "
            "`ccmeter forget` keeps in step."
        )
