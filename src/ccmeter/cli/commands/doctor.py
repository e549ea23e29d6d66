"""`ccmeter doctor`: what was read, what could not be, and how far the numbers can be trusted."""

from __future__ import annotations

import datetime as dt

from ccmeter.cli import options as o

SECTION = "Store"


def doctor(
    *,
    time_zone: o.TimeZone = None,
    written: o.Written,
    kept: o.Kept,
) -> None:
    """Show what was read, and how far the numbers can be trusted.

    Example: ccmeter doctor --json
    """
    from zoneinfo import ZoneInfo

    from ccmeter.cli import asking, diagnosing, opening, progress, reporting
    from ccmeter.reports import doctor as report

    name = reporting.format_of(written)
    zone = asking.zone_name(time_zone)
    with (
        opening.found(kept.claude_dirs, kept.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=not kept.no_ingest, narration=narration) as opened,
    ):
        diagnosis = diagnosing.diagnosis(
            where, opened.connection, now=dt.datetime.now(ZoneInfo(zone)), problems=opened.problems
        )
    reporting.write(name, report.lay_out(diagnosis), written)
