"""`ccmeter vacuum`: the store's file as small as what it holds."""

from __future__ import annotations

from ccmeter.cli import options as o

SECTION = "Store"


def vacuum(data_dir: o.DataDir = None) -> None:
    """Make the store's file as small as what it holds.

    Nothing in it changes. Other commands wait meanwhile.

    Example: ccmeter vacuum
    """
    from ccmeter.cli import copying, opening
    from ccmeter.cli import output as out
    from ccmeter.store import vacuum as store

    with opening.found(None, data_dir) as where:
        opening.refuse_missing(where)
        with copying.shown("Compacting") as advance:
            before, after = store.vacuum(where.store, progress=advance, waiting=out.say)
    out.write(f"{before:,} bytes before, {after:,} bytes after: {where.store}\n")
