"""`ccmeter backup`: everything that was ever read, in one file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from ccmeter.cli import options as o

SECTION = "Store"


def backup(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    kept: o.Kept,
) -> None:
    """Write everything that was ever read into one file, and check it.

    What is new in the logs is read first. Other commands may run meanwhile.

    Example: ccmeter backup ~/ccmeter-backup.duckdb
    """
    from ccmeter.cli import copying, opening, progress
    from ccmeter.cli import output as out
    from ccmeter.config import paths
    from ccmeter.reports.cells import counted
    from ccmeter.store import backup as store

    target = paths.expanded(file)
    with opening.found(kept.claude_dirs, kept.data_dir) as where:
        with (
            progress.shown() as (narration, _),
            opening.store(where, ingest=not kept.no_ingest, narration=narration),
        ):
            pass
        with copying.shown("Copying") as advance:
            written = store.write(where.store, target, force=force, progress=advance, waiting=out.say)
    held = f"{counted(written.content.calls, 'message')}, {counted(written.content.tokens, 'token')}"
    out.write(f"Written and checked: {file} ({held}, {written.size_bytes / 2**20:,.1f} MiB)\n")
