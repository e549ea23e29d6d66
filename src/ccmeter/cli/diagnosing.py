"""Looks the store and the log folders over: what `ccmeter doctor` and the monitor's Trust screen say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from ccmeter.cli.opening import Places
    from ccmeter.reports.doctor import Diagnosis, Folder
    from ccmeter.store.lease import Connection

DEFAULT_CLEANUP_DAYS: Final = 30
"""Claude Code deletes logs older than this unless `cleanupPeriodDays` in its settings says otherwise."""


def diagnosis(
    where: Places, connection: Connection, *, now: dt.datetime, problems: Mapping[str, int]
) -> Diagnosis:
    """Examine a store and its folders as of an instant, in the zone of that. `problems` are those of this reading."""
    from ccmeter import __version__
    from ccmeter.pricing.cards import as_of
    from ccmeter.queries import health
    from ccmeter.reports.doctor import Diagnosis

    examined = health.examine(connection, time_zone=str(now.tzinfo))
    return Diagnosis(
        version=f"ccmeter {__version__}",
        folders=folders(where),
        problems=dict(problems) or examined.problems,
        health=examined,
        unpriced=health.unpriced_models(connection),
        prices_as_of=as_of(),
        store=where.store,
        store_bytes=where.store.stat().st_size,
        gone_files=_gone(where, examined.files.paths),
        today=now.date(),
    )


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
