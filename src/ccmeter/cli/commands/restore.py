"""`ccmeter restore`: a backup in the place of the store, or a new store from what still exists."""

from __future__ import annotations

import datetime as dt
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.cli.opening import Places
    from ccmeter.store.backup import Ready
    from ccmeter.store.copying import Content

SECTION = "Store"
SETTABLE = False


def restore(
    *,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A file that `ccmeter backup` wrote, or a daily one."),
    ] = None,
    latest: Annotated[bool, typer.Option("--latest", help="The newest daily backup that is sound.")] = False,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild", help="A new store from the logs that still exist, and what the newest backup holds."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    claude_dirs: o.ClaudeDirs = None,
    data_dir: o.DataDir = None,
) -> None:
    """Put a backup in the place of the store, or build a new one.

    It is checked first. The store that was there is kept beside it, whole.

    Example: ccmeter restore --latest
    """
    from ccmeter.cli import opening
    from ccmeter.config import paths
    from ccmeter.domain.errors import UsageError

    if (file is not None) + latest + rebuild != 1:
        raise UsageError(
            "One of FILE, --latest and --rebuild is needed.",
            hint="`ccmeter restore --latest` takes the newest daily backup.",
        )
    with opening.found(claude_dirs, data_dir) as where:
        if rebuild:
            from ccmeter.cli import rebuilding

            rebuilding.rebuild(where, yes=yes)
        else:
            _restore(where, [paths.expanded(file)] if file is not None else None, yes=yes)


def _restore(where: Places, files: list[Path] | None, *, yes: bool) -> None:
    """Restore the one file that was named, or the newest daily backup that is sound."""
    from ccmeter.cli import output as out
    from ccmeter.domain.errors import StoreCorruptError, StoreError
    from ccmeter.store import backup as store

    candidates = store.dailies(where.store) if files is None else files
    for number, candidate in enumerate(candidates, 1):
        try:
            with store.ready(where.store, candidate) as ready:
                _put(where, candidate, ready, yes=yes)
                return
        except StoreCorruptError as error:
            if files is not None:
                raise StoreError(
                    f"The backup {candidate} is damaged or no store of ccmeter; nothing was changed.",
                    hint="`ccmeter restore --latest` takes the newest daily backup that is sound.",
                ) from error
            out.say(f"Passed over, damaged: {candidate} ({number} of {len(candidates)})")
    raise StoreError(
        f"There is no sound daily backup in {where.store.parent / store.FOLDER}.",
        hint="`ccmeter restore --rebuild` makes a new store from the logs that still exist.",
    )


def _put(where: Places, candidate: Path, ready: Ready, *, yes: bool) -> None:
    from ccmeter.cli import confirming
    from ccmeter.cli import output as out
    from ccmeter.store import backup as store

    out.say(f"{candidate}: {told(ready.content)}")
    if not confirming.is_confirmed(f"Put it in the place of {where.store}?", yes=yes):
        return
    replaced = store.put(ready.path, where.store, now=dt.datetime.now(), waiting=out.say)  # noqa: DTZ005 - for people
    out.write(f"Restored: {where.store}\n")
    out.say("Anything forgotten after this backup was made is back; `ccmeter forget` takes it out again.")
    if replaced is not None:
        out.say(f"The store that was there is kept: {replaced}")
        out.say(f"`ccmeter import {replaced}` would add what only that one holds, if it is sound.")


def told(content: Content) -> str:
    """Say what a store holds."""
    from ccmeter.reports.cells import counted

    span = ""
    if content.first_us is not None and content.last_us is not None:
        first, last = (
            dt.datetime.fromtimestamp(at_us // 1_000_000, dt.UTC).date()
            for at_us in (content.first_us, content.last_us)
        )
        span = f", {first} to {last} (UTC)"
    return f"{counted(content.calls, 'message')}, {counted(content.tokens, 'token')}{span}"
