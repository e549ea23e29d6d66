"""`ccmeter import`: history from other machines, older copies, backups and reports."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.cli.opening import Places
    from ccmeter.ingest.importing import Taken

SECTION = "Store"
_FORGOTTEN = "`ccmeter forget` has taken that out of this store, and what is forgotten no import brings back."
SETTABLE = False


def import_(
    *,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="A copy of ~/.claude, a tar or zip of one, a file of `ccmeter backup`, or `ccusage daily --json`.",
        ),
    ] = None,
    machine: Annotated[
        str,
        typer.Option(
            "--machine",
            metavar="NAME",
            help="Whose days a ccusage report tells: those of different machines add up.",
        ),
    ] = "",
    listed: Annotated[bool, typer.Option("--list", help="Show what was imported so far.")] = False,
    time_zone: o.TimeZone = None,
    written: o.Written,
    kept: o.Kept,
) -> None:
    """Take in history from elsewhere, counting every call once.

    What is here already, or is imported twice, changes nothing.

    Example: ccmeter import laptop-claude.tar.gz
    """
    from ccmeter.cli import asking, opening, progress, reporting
    from ccmeter.cli import output as out
    from ccmeter.config import paths
    from ccmeter.domain.errors import UsageError
    from ccmeter.ingest.importing import take
    from ccmeter.reports.cells import counted

    if listed == bool(sources):
        raise UsageError(
            "Name what is to be imported, or ask for --list.",
            hint="Example: ccmeter import laptop-claude.tar.gz",
        )
    name = reporting.format_of(written)
    zone = asking.zone_name(time_zone)
    with opening.found(kept.claude_dirs, kept.data_dir) as where:
        for path in sources or ():
            _refuse_own(where, paths.expanded(path))
        with (
            progress.shown() as (narration, _),
            opening.store(where, ingest=not (listed or kept.no_ingest), narration=narration),
        ):
            pass
        for path in sources or ():
            before = _known(where)
            with progress.shown() as (narration, _):
                taken = take(where.store, paths.expanded(path), narration=narration, machine=machine)
            calls, tokens = (now - then for now, then in zip(_known(where), before, strict=True))
            new = f"{counted(calls, 'message')} and {counted(tokens, 'token')} added"
            for line in _told(path, taken, new):
                out.say(line)
        _list(where, name, zone, written)


def _refuse_own(where: Places, path: Path) -> None:
    from ccmeter.domain.errors import UsageError

    for folder in where.existing_claude_dirs:
        if (
            path.is_dir()
            and path.exists()
            and path.resolve() in (folder.resolve(), (folder / "projects").resolve())
        ):
            raise UsageError(
                f"{path} is read by every report already.", hint="There is nothing to import from it."
            )


def _known(where: Places) -> tuple[int, int]:
    """Give how many calls and tokens the store holds."""
    from ccmeter.queries.imported import held
    from ccmeter.store import lease

    with lease.reading(where.store) as connection:
        return held(connection)


def _told(path: Path, taken: Taken, new: str) -> Iterator[str]:
    """Say what could not be read, what was taken in, and what was left out."""
    from ccmeter.reports.cells import counted

    for reason, times in sorted(taken.problems.items()):
        yield f"Not read: {reason} ({times:,})"
    if taken.kind == "store":
        yield f"{path}: a store; {new}."
    elif taken.kind == "transcripts":
        again = f", {counted(taken.unchanged_files, 'file')} imported before" if taken.unchanged_files else ""
        yield f"{path}: {counted(taken.files, 'transcript')} read{again}; {new}."
    elif taken.is_known:
        yield f"{path}: this report was imported before; nothing changed."
    else:
        days = counted(taken.days, "day")
        yield f"{path}: {days} of a report, shown marked where there is no usage of that day."
    if taken.forgotten:
        yield f"Left out: {counted(len(taken.forgotten), 'message')} in it. {_FORGOTTEN}"
    if taken.forgotten_days:
        yield f"Left out: {counted(taken.forgotten_days, 'day')} of {'reports in ' if taken.kind == 'store' else ''}it. {_FORGOTTEN}"


def _list(where: Places, name: str, zone: str, written: o.Written) -> None:
    from ccmeter.cli import reporting
    from ccmeter.queries import imported
    from ccmeter.reports import imports
    from ccmeter.store import lease

    with lease.reading(where.store) as connection:
        report = imports.lay_out(
            imported.logs(connection), imported.reports(connection, time_zone=zone), time_zone=zone
        )
    reporting.write(name, report, written)
