"""`ccmeter doctor`: what was read, what could not be, and how far the numbers can be trusted."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.cli.opening import Places
    from ccmeter.reports.doctor import Folder

SECTION = "Store"

DEFAULT_CLEANUP_DAYS = 30
"""Claude Code deletes logs older than this unless `cleanupPeriodDays` in its settings says otherwise."""


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

    from ccmeter import __version__
    from ccmeter.cli import asking, opening, progress, reporting
    from ccmeter.pricing.cards import as_of
    from ccmeter.queries import health
    from ccmeter.reports import doctor as report

    name = reporting.format_of(written)
    zone = asking.zone_name(time_zone)
    with (
        opening.found(kept.claude_dirs, kept.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=not kept.no_ingest, narration=narration) as opened,
    ):
        examined = health.examine(opened.connection, time_zone=zone)
        unpriced = health.unpriced_models(opened.connection)
    diagnosis = report.Diagnosis(
        version=f"ccmeter {__version__}",
        folders=folders(where),
        problems=dict(opened.problems) or examined.problems,
        health=examined,
        unpriced=unpriced,
        prices_as_of=as_of(),
        store=where.store,
        store_bytes=where.store.stat().st_size,
        gone_files=_gone(where, examined.files.paths),
        today=dt.datetime.now(ZoneInfo(zone)).date(),
    )
    reporting.write(name, report.lay_out(diagnosis), written)


def _gone(where: Places, read: tuple[str, ...]) -> int:
    """Count the files that were read and are no longer there. Names that are not UTF-8 are only known by a walk."""
    from ccmeter.ingest.discover import find
    from ccmeter.store.imported import PREFIX

    there = {source.name for source in find(where.existing_claude_dirs).sources}
    return sum(name not in there and not name.startswith(PREFIX) and not Path(name).exists() for name in read)


def folders(where: Places) -> tuple[Folder, ...]:
    """Look at each folder that transcripts are read from."""
    from ccmeter.ingest.discover import find
    from ccmeter.reports.doctor import Folder

    looked_at = []
    for folder in where.claude_dirs:
        days = cleanup_days(folder / "settings.json")
        looked_at.append(
            Folder(
                path=folder,
                exists=folder.is_dir(),
                files=len(find((folder,)).sources),
                cleanup_days=DEFAULT_CLEANUP_DAYS if days is None else days,
                is_cleanup_default=days is None,
            ),
        )
    return tuple(looked_at)


def cleanup_days(settings: Path) -> int | None:
    """Give `cleanupPeriodDays` from Claude Code's settings; None where it is not set or cannot be read."""
    try:
        days = json.loads(settings.read_text("utf-8"))["cleanupPeriodDays"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return days if type(days) is int and days >= 1 else None
