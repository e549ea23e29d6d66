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
    with_forgotten: Annotated[
        bool,
        typer.Option(
            "--with-forgotten", help="Bring back what was forgotten after the backup was made, too."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    claude_dirs: o.ClaudeDirs = None,
    data_dir: o.DataDir = None,
) -> None:
    """Put a backup in the place of the store, or build a new one.

    It is checked first. The store that was there is kept beside it, whole; what was forgotten in it stays forgotten.

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
    if rebuild and with_forgotten:
        raise UsageError(
            "--with-forgotten goes with a backup: a rebuilt store forgets what the old one did.",
            hint="Example: ccmeter restore ccmeter-backup.duckdb --with-forgotten",
        )
    with opening.found(claude_dirs, data_dir) as where:
        if rebuild:
            from ccmeter.cli import rebuilding

            rebuilding.rebuild(where, yes=yes)
        else:
            files = None if file is None else [paths.expanded(file)]
            _restore(where, files, yes=yes, with_forgotten=with_forgotten)


def _restore(where: Places, files: list[Path] | None, *, yes: bool, with_forgotten: bool) -> None:
    """Restore the one file that was named, or the newest daily backup that is sound."""
    from ccmeter.cli import output as out
    from ccmeter.domain.errors import StoreCorruptError, StoreError
    from ccmeter.store import backup as store

    for file in files or ():
        _refuse_logs(file)
    candidates = store.dailies(where.store) if files is None else files
    for number, candidate in enumerate(candidates, 1):
        try:
            with store.ready(where.store, candidate) as ready:
                _put(where, candidate, ready, yes=yes, with_forgotten=with_forgotten)
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


def _refuse_logs(file: Path) -> None:
    """Raise UsageError for what may hold usage and is no backup."""
    from ccmeter.domain.errors import UsageError
    from ccmeter.ingest import archives

    if file.is_dir():
        kind, inside = "a folder", sorted(each.name for each in file.glob("*.duckdb"))
        if inside:
            raise UsageError(
                f"{file} is a folder, no backup.", hint=f"Name a file in it, such as {file / inside[-1]}."
            )
    elif file.suffix in (".jsonl", ".json"):
        kind = "a log" if file.suffix == ".jsonl" else "a report"
    elif _has_content(file) and archives.is_archive(file):
        kind = "an archive"
    else:
        return
    raise UsageError(
        f"{file} is {kind}, no backup of a store.",
        hint=f"`ccmeter import {file}` takes in the logs or the report that it holds.",
    )


def _has_content(file: Path) -> bool:
    """Tell whether a file begins with anything: one of zeros would pass for an empty tar, and is a damaged backup."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return any(opened.read(512))


def _put(where: Places, candidate: Path, ready: Ready, *, yes: bool, with_forgotten: bool) -> None:
    from ccmeter.cli import confirming, forgotten, replaced
    from ccmeter.cli import output as out
    from ccmeter.store import backup as store
    from ccmeter.store import carrying

    def carried() -> list[str]:
        if with_forgotten:
            return []
        now = dt.datetime.now(dt.UTC)
        found = carrying.carry_over(where.store, ready.path, now=now, waiting=out.say)
        return [*forgotten.left_out(where.store, found)]

    out.say(f"{candidate}: {told(ready.content)}")
    lines = carried()
    for line in lines:
        out.say(line)
    if not confirming.is_confirmed(f"Put it in the place of {where.store}?", yes=yes):
        return
    for line in carried():  # somebody may have thought about it for long
        if line not in lines:
            out.say(line)
    kept = store.put(ready.path, where.store, now=dt.datetime.now(), waiting=out.say)  # noqa: DTZ005 - for people
    out.write(f"Restored: {where.store}\n")
    if with_forgotten:
        out.say("Anything forgotten after this backup was made is back; `ccmeter forget` takes it out again.")
    if kept is not None:
        replaced.tell(where.store, kept)


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
