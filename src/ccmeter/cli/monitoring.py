"""What the live screen is handed by the command line: the store, the clock, what a person typed, where to look."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ccmeter.cli import opening
from ccmeter.domain.errors import StoreError, UsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ccmeter.cli import options as o
    from ccmeter.cli.opening import Opened, Places
    from ccmeter.domain.budgets import Budget
    from ccmeter.domain.filters import Filters
    from ccmeter.ingest.update import Narration
    from ccmeter.reports.doctor import Diagnosis
    from ccmeter.store.lease import Connection
    from ccmeter.tui.feed import After, Voice
    from ccmeter.tui.rounds import Agreed, Sync
    from ccmeter.tui.setup import Asked

_PERCENT: Final = 100
_WORTH_TELLING_BYTES: Final = 16 << 20
"""Less than this is read before anybody could read the words."""
_SPOOL: Final = "spool"
_LINES: Final = 24


@dataclass(slots=True)
class Lender:
    """Lends the store for one question at a time."""

    where: Places
    voice: Voice
    reads_logs: bool
    _has_been: bool = field(default=False, init=False)

    @contextlib.contextmanager
    def __call__(self, reads_logs: bool) -> Iterator[Opened]:
        """Lend it, brought up to date first if so asked, or if there is none yet. Raises CcmeterError."""
        there = is_there(self.where)
        if self._has_been and not there:
            raise StoreError(
                f"The store is gone from {self.where.store}.",
                hint="Put it back, or start the monitor again to make a new one from the logs.",
            )
        ingest = self.reads_logs and (reads_logs or not there)
        with opening.store(self.where, ingest=ingest, narration=self._narration()) as opened:
            self._has_been = True
            yield opened

    def _narration(self) -> Narration:
        from ccmeter.ingest.update import Narration

        whole, done, last = [0], [0], [-1]

        def planned(new_bytes: int, _: int) -> None:
            whole[0] = new_bytes

        def progress(more: int, _: int) -> None:
            self.voice.go_on()
            done[0] += more
            percent = done[0] * _PERCENT // whole[0] if whole[0] else _PERCENT
            if whole[0] > _WORTH_TELLING_BYTES and percent != last[0]:
                last[0] = percent
                self.voice.say(f"reading logs {min(percent, _PERCENT)}%")

        return Narration(planned=planned, progress=progress, waiting=self.voice.say)


def is_there(where: Places) -> bool:
    """Tell whether the store is where it was; where nobody may look, whoever opens it will say so."""
    try:
        where.store.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def follower(lend: Lender, voice: Voice, *, time_zone: str) -> After:
    """Give what is done when logs were read: the status line's snapshot is left, and alerts are looked after."""

    def after(now: dt.datetime) -> list[str]:
        from ccmeter.cli import alerting, snapshotting

        with lend(False) as opened:
            left = snapshotting.leave(opened, lend.where, time_zone=time_zone)
            found = alerting.look(opened.connection, lend.where, time_zone=time_zone, now=now)
        return [*([left] if left else []), *alerting.tell(lend.where, found, terminal=voice.write)]

    return after


def syncer(where: Places) -> Sync | None:
    """Give what syncs while the screen is open; None where this machine is in no vault."""
    from ccmeter.cli import turns

    if not os.path.exists(turns.path_of(os.fspath(where.store.parent))):  # noqa: PTH110 - as `opening` asks
        return None

    def sync() -> Agreed:
        from ccmeter.cli import rounds

        return rounds.round_of(where)

    return sync


def examiner(where: Places) -> Callable[[Connection, dt.datetime], Diagnosis]:
    """Give what looks the store and the folders over, for the screen Trust."""

    def examine(connection: Connection, now: dt.datetime) -> Diagnosis:
        from ccmeter.cli import diagnosing

        return diagnosing.diagnosis(where, connection, now=now, problems={})

    return examine


def budgets(where: Places, now: dt.datetime) -> tuple[Budget, ...]:
    """Give the budgets of the settings, at the rates of today. Raises ConfigError."""
    if where.settings is None or not where.settings.exists():
        return ()
    from ccmeter.config import budgets as configured

    return configured.load(where.settings, now.date())


def asked_of(which: o.Which) -> Asked:
    """Give what a person typed, as the screen lets them change it."""
    from ccmeter.tui.setup import Asked

    return Asked(
        since=which.since or "",
        until=which.until or "",
        last="" if which.last is None else str(which.last),
        project=", ".join(which.projects or ()),
        model=", ".join(which.models or ()),
    )


def parser(
    which: o.Which, *, week_starts: int, is_demo: bool, clock: Callable[[], dt.datetime]
) -> Callable[[Asked], Filters]:
    """Give what makes filters of what is typed on the screen; the options that it does not show stay. Raises UsageError."""
    from ccmeter.cli import asking, sample

    grouping = (sample if is_demo else opening).grouping(merges_worktrees=which.merge_worktrees)

    def parse(asked: Asked) -> Filters:
        if asked.last and not asked.last.isdecimal():
            raise UsageError(f"'{asked.last}' is no number of days.", hint="7 is a week, today included.")
        return asking.filters(
            now=clock(),
            since=asked.since or None,
            until=asked.until or None,
            last=int(asked.last) if asked.last else None,
            week_starts=week_starts,
            time_zone=which.time_zone,
            projects=_split(asked.project),
            tags=which.tags,
            models=_split(asked.model),
            sessions=which.sessions,
            device=which.device,
            mode=which.mode,
            grouping=grouping,
        )

    return parse


def _split(text: str) -> Sequence[str] | None:
    return [each.strip() for each in text.split(",") if each.strip()] or None


def log_folders(where: Places) -> tuple[Path, ...]:
    """Give the folders that Claude Code keeps its logs in."""
    from ccmeter.ingest.discover import FOLDER

    return tuple(folder / FOLDER for folder in where.claude_dirs)


def watched(where: Places) -> tuple[Path, ...]:
    """Give the folders in which a change may mean something new: those of the logs, and that of the status line."""
    return (*log_folders(where), where.store.parent / _SPOOL)


def is_ascii() -> bool:
    """Tell whether the terminal shows nothing but ASCII."""
    return os.environ.get("TERM") == "dumb" or not (sys.stdout.encoding or "ascii").lower().startswith("utf")


def size() -> tuple[int, int]:
    """Give the columns and lines to print: COLUMNS and LINES, else the terminal's, else 120 by 24."""
    from ccmeter.cli import output

    lines = os.environ.get("LINES", "")
    if lines.isdecimal() and int(lines):
        return output.render_options(None).width, int(lines)
    for descriptor in (1, 2, 0):
        with contextlib.suppress(OSError):
            if found := os.get_terminal_size(descriptor).lines:
                return output.render_options(None).width, found
    return output.render_options(None).width, _LINES
