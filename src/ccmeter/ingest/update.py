"""Brings the store up to date with the transcripts, and gives a connection to ask it.

Reading needs no lease. Which lease to take first is guessed from times alone, the store's against the youngest
transcript's; what is to be read is decided by the cursors in the store, so a wrong guess costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ccmeter.ingest import load
from ccmeter.ingest.tail import cursor_path, is_unchanged
from ccmeter.store import lease, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccmeter.ingest.discover import Found
    from ccmeter.ingest.load import Job, Progress
    from ccmeter.store.batch import Batch
    from ccmeter.store.lease import Connection

_LINES_PER_LEASE: Final = 100_000
"""Stored in well under a second."""


def _ignore(*_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narration:
    """Whom to tell how it goes. Nobody, unless said otherwise."""

    planned: Callable[[int, int], object] = _ignore
    """Told once how many bytes and files are to be read."""
    progress: Progress = _ignore
    waiting: Callable[[str], object] = _ignore
    """Told whom we wait for."""


@dataclass(slots=True)
class Updater:
    """Brings one store up to date with what a walk has found."""

    path: Path
    found: Found
    narration: Narration = field(default_factory=Narration)
    problems: Counter[str] = field(default_factory=Counter)
    """What could not be read, by reason; complete once the store is up to date."""

    @contextlib.contextmanager
    def up_to_date(self) -> Iterator[Connection]:
        """Read and store what is new, then lend a connection. Raises StoreError and IngestError."""
        self.problems.update(self.found.problems)
        with contextlib.ExitStack() as stack:
            connection = self._reader(stack) if self._looks_unchanged() else None
            while connection is None:
                connection = self._writer(stack)
            yield connection

    def _looks_unchanged(self) -> bool:
        try:
            return self.path.stat().st_mtime_ns > self.found.newest_ns
        except OSError:
            return False

    def _reader(self, stack: contextlib.ExitStack) -> Connection | None:
        """Lease for reading and keep the lease if there turns out to be nothing to store."""
        connection = stack.enter_context(lease.reading(self.path, waiting=self.narration.waiting))
        jobs = self._jobs(connection)
        if not jobs or (
            not load.is_worth_workers(jobs) and not list(load.load(jobs, Counter(self.problems), _ignore))
        ):
            return connection
        stack.pop_all().close()
        return None

    def _writer(self, stack: contextlib.ExitStack) -> Connection | None:
        """Lease for writing, read and store; give the connection, or None if another process has come in between."""
        connection = stack.enter_context(lease.writing(self.path, waiting=self.narration.waiting))
        jobs = self._jobs(connection)
        self.narration.planned(
            sum(job[0].size_bytes - (job[1].offset_bytes if job[1] else 0) for job in jobs), len(jobs)
        )
        if load.is_worth_workers(jobs):
            stack.pop_all().close()
            is_complete, connection = self._store_in_shifts(stack, jobs)
        else:
            is_complete = self._store(
                connection, list(load.load(jobs, self.problems, self.narration.progress))
            )
        if not is_complete:
            stack.pop_all().close()
            return None
        if jobs:
            writer.finish(connection, self.problems, now=_now())
        return connection

    def _store_in_shifts(self, stack: contextlib.ExitStack, jobs: list[Job]) -> tuple[bool, Connection]:
        """Store while reading goes on, letting go of the store between shifts; keep the last lease."""
        waiting: list[Batch] = []
        is_complete = True
        for batch in load.load(jobs, self.problems, self.narration.progress):
            waiting.append(batch)
            if sum(batch.tables["line"].rows for batch in waiting) >= _LINES_PER_LEASE:
                with lease.writing(self.path, waiting=self.narration.waiting) as connection:
                    is_complete &= self._store(connection, waiting)
                waiting.clear()
        connection = stack.enter_context(lease.writing(self.path, waiting=self.narration.waiting))
        is_complete &= self._store(connection, waiting)
        return is_complete, connection

    def _store(self, connection: Connection, batches: list[Batch]) -> bool:
        """Store batches; tell whether all of their files were still as they had been when reading began."""
        left_out = [writer.append(connection, batch, now=_now()) for batch in batches]
        return not any(left_out)

    def _jobs(self, connection: Connection) -> list[Job]:
        cursors = writer.cursors(connection)
        jobs: list[Job] = []
        for source in self.found.sources:
            cursor = cursors.get(cursor_path(source.path))
            if cursor is None or not is_unchanged(source, cursor):
                jobs.append((source, cursor))
        return jobs


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
