"""`ccmeter vacuum`: the store's file as small as what it holds, and away with stores that were put aside."""

from __future__ import annotations

from typing import Annotated

import typer

from ccmeter.cli import options as o

SECTION = "Store"
SETTABLE = False


def vacuum(
    *,
    replaced: Annotated[
        bool,
        typer.Option("--replaced", help="Remove the stores that `ccmeter restore` has put aside, as well."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before that.")] = False,
    data_dir: o.DataDir = None,
) -> None:
    """Make the store's file as small as what it holds.

    Nothing in it changes. Other commands wait meanwhile.

    Example: ccmeter vacuum
    """
    from ccmeter.cli import copying, opening
    from ccmeter.cli import output as out
    from ccmeter.cli import replaced as aside
    from ccmeter.store import vacuum as store

    with opening.found(None, data_dir) as where:
        opening.refuse_missing(where)
        with copying.shown("Compacting") as advance:
            before, after = store.vacuum(where.store, progress=advance, waiting=out.say)
        out.write(f"{before:,} bytes before, {after:,} bytes after: {where.store}\n")
        if replaced:
            aside.remove(where.store, yes=yes)
