"""`ccmeter ingest`: reads what is new in the logs into the store, and says what that was."""

from __future__ import annotations

import datetime as dt
import time

from ccmeter.cli import options as o

SECTION = "Store"


def ingest(
    claude_dirs: o.ClaudeDirs = None, data_dir: o.DataDir = None, time_zone: o.TimeZone = None
) -> None:
    """Read what is new in the logs into the store.

    Every report does this first, so it is only needed to read without asking, from a timer for example. It also leaves
    what the status line shows between two readings.

    Example: ccmeter ingest
    """
    from ccmeter.cli import alerting, asking, opening, progress, snapshotting
    from ccmeter.cli import output as out
    from ccmeter.reports.cells import counted

    started = time.monotonic()
    zone = asking.zone_name(time_zone)
    with (
        opening.found(claude_dirs, data_dir) as where,
        progress.shown(at_once=True) as (narration, bar),
        opening.store(where, narration=narration) as opened,
    ):
        (messages,) = opened.connection.execute("select count(*) from call").fetchall()[0]
        left = snapshotting.leave(opened, where, time_zone=zone)
        found = alerting.look(opened.connection, where, time_zone=zone, now=dt.datetime.now(dt.UTC))
    if not where.existing_claude_dirs:
        out.say("No Claude Code folder was found; `ccmeter doctor` says where was looked.")
    for reason, times in sorted(opened.problems.items()):
        out.say(f"Not read: {reason} ({times:,})")
    for line in (left, *alerting.tell(where, found)):
        if line:
            out.say(line)
    took_s = time.monotonic() - started
    read = (
        f"Read {bar.bytes / 2**20:,.1f} MiB of {counted(bar.files, 'file')}" if bar.files else "Nothing new"
    )
    out.write(f"{read} in {took_s:.1f} s. The store holds {counted(messages, 'message')}: {where.store}\n")
