"""What `ccmeter restore --rebuild` says and asks: what a new store was made of, and what could not be rebuilt."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ccmeter.cli import confirming, forgotten, progress, replaced
from ccmeter.cli.output import say, write
from ccmeter.reports.cells import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.cli.opening import Places
    from ccmeter.ingest.rebuild import Rebuilt
    from ccmeter.store.salvage import Part


def rebuild(where: Places, *, yes: bool) -> None:
    """Build a new store and put it in the place of the old one. Raises StoreError, IngestError and UsageError."""
    from ccmeter.ingest.discover import find
    from ccmeter.ingest.rebuild import rebuild as rebuilt
    from ccmeter.store import backup

    with (
        progress.shown() as (narration, bar),
        rebuilt(where.store, lambda: find(where.existing_claude_dirs), narration) as made,
    ):
        bar.stop()
        for line in _told(made, where.store):
            say(line)
        if not confirming.is_confirmed(f"Put the new store in the place of {where.store}?", yes=yes):
            return
        kept = backup.put(made.path, where.store, now=dt.datetime.now(), waiting=say)  # noqa: DTZ005 - for people
    write(f"Rebuilt: {where.store}\n")
    if kept is not None:
        replaced.tell(where.store, kept)


def _told(made: Rebuilt, store: Path) -> Iterator[str]:
    for damaged in made.damaged_backups:
        yield f"Passed over, damaged: {damaged}"
    yield f"From logs that still exist: {_part(made.from_logs)}."
    if made.backup is not None:
        yield f"From the backup {made.backup.name}{' and the old store' if made.is_old_sound else ''}, in no log any more: {_part(made.only_kept)}."
    elif made.is_old_sound:
        yield f"From the old store, in no log any more: {_part(made.only_kept)}."
    yield from forgotten.stays(store, made.forgotten)
    if not store.exists() or made.is_old_sound:
        return
    if made.lost is not None and not made.lost.calls:
        yield "Nothing that the damaged store lists is lost."
    elif made.lost is not None:
        yield f"Not rebuilt, because the damaged store alone had it: {_part(made.lost)}."
    elif made.backup is not None:
        yield (
            "The damaged store can no longer be read, so what it alone had cannot be counted: usage that was read after "
            f"{made.backup.name} was made, and whose logs are gone."
        )
    else:
        yield (
            "The damaged store can no longer be read and there is no sound backup, so how much it held that is in no log "
            "cannot be counted."
        )


def _part(part: Part) -> str:
    return f"{counted(part.calls, 'message')}, {counted(part.tokens, 'token')} on {counted(part.days, 'day')}"
