"""`ccmeter ingest`: reads what is new in the logs into the store, and says what that was."""

from __future__ import annotations

import time

from ccmeter.cli import options as o

SECTION = "Store"


def ingest(claude_dirs: o.ClaudeDirs = None, data_dir: o.DataDir = None) -> None:
    """Read what is new in the logs into the store.

    Every report does this first, so it is only needed to read without asking, from a timer for example.

    Example: ccmeter ingest
    """
    from ccmeter.cli import opening, progress
    from ccmeter.cli import output as out
    from ccmeter.reports.cells import counted

    started = time.monotonic()
    with (
        opening.found(claude_dirs, data_dir) as where,
        progress.shown(at_once=True) as (narration, bar),
        opening.store(where, narration=narration) as opened,
    ):
        (messages,) = opened.connection.execute("select count(*) from call").fetchall()[0]
    if not where.existing_claude_dirs:
        out.say("No Claude Code folder was found; `ccmeter doctor` says where was looked.")
    for reason, times in sorted(opened.problems.items()):
        out.say(f"Not read: {reason} ({times:,})")
    took_s = time.monotonic() - started
    read = (
        f"Read {bar.bytes / 2**20:,.1f} MiB of {counted(bar.files, 'file')}" if bar.files else "Nothing new"
    )
    out.write(f"{read} in {took_s:.1f} s. The store holds {counted(messages, 'message')}: {where.store}\n")
