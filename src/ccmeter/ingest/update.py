"""Brings the store up to date with the transcripts, and gives a connection to ask it.

Reading needs no lease. Which lease to take first is guessed from times alone, the store's against the youngest
transcript's; what is to be read is decided by the cursors in the store, so a wrong guess costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccmeter.ingest.discover import Found, Job, Progress
    from ccmeter.store.cursors import Cursor
    from ccmeter.store.lease import Connection

_WORTH_WORKERS_BYTES: Final = 48 << 20
"""Less than this is read sooner than other processes have started."""
_LEASE_S: Final = 1.5
"""How long a first read keeps the store at a time; others wait for it with patience."""


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

    def _is_new(self) -> bool:
        try:
            return not self.path.exists()
        except OSError:  # the lease will say why
            return False

    def _reader(self, stack: contextlib.ExitStack) -> Connection | None:
        """Lease for reading, and keep the lease if there turns out to be nothing to store."""
        from ccmeter.store import lease
        from ccmeter.store.cursors import cursors

        connection = stack.enter_context(lease.reading(self.path, waiting=self.narration.waiting))
        jobs = self._jobs(cursors(connection))
        if not jobs or self._is_fruitless(jobs):
            return connection
        stack.pop_all().close()
        return None

    def _is_fruitless(self, jobs: list[Job]) -> bool:
        """Tell whether the files to read cannot be read anyway."""
        if _is_worth_workers(jobs):
            return False
        from ccmeter.ingest.load import load

        problems: Counter[str] = Counter()
        if any(load(jobs, problems, _ignore, in_workers=False)):
            return False
        self.problems.update(problems)
        return True

    def _writer(self, stack: contextlib.ExitStack) -> Connection | None:
        """Read and store; give the connection, or None if another process has come in between."""
        # DuckDB is loaded when the workers of a first read are on their way, or else right here
        if self._is_new() and _is_worth_workers(jobs := self._jobs({})):
            return self._store(stack, None, jobs)
        from ccmeter.store import lease
        from ccmeter.store.cursors import cursors

        connection = stack.enter_context(lease.writing(self.path, waiting=self.narration.waiting))
        jobs = self._jobs(cursors(connection))
        if not jobs:
            return connection
        if _is_worth_workers(jobs):  # that takes long, and needs no lease
            stack.pop_all().close()
            return self._store(stack, None, jobs)
        return self._store(stack, connection, jobs)

    def _store(
        self, stack: contextlib.ExitStack, connection: Connection | None, jobs: list[Job]
    ) -> Connection | None:
        """Store what is read while reading goes on, letting go of the store now and then; keep the last lease."""
        from ccmeter.ingest.load import load

        self.narration.planned(_new_bytes(jobs), len(jobs))
        problems: Counter[str] = Counter()
        batches = load(jobs, problems, self.narration.progress, in_workers=connection is None)
        from ccmeter.store import lease, writer

        left_out = 0
        batch = next(batches, None)
        while batch is not None or connection is None:
            if connection is None:
                connection = stack.enter_context(lease.writing(self.path, waiting=self.narration.waiting))
            let_go_at_s = time.monotonic() + _LEASE_S
            with writer.writing(connection, now=_now()) as shift:
                while batch is not None and time.monotonic() < let_go_at_s:
                    shift.append(batch)
                    batch = next(batches, None)
            left_out += shift.left_out
            if batch is not None:
                stack.pop_all().close()
                connection = None
        if left_out:
            stack.pop_all().close()
            return None
        self.problems.update(problems)
        writer.finish(connection, self.problems, now=_now())
        return connection

    def _jobs(self, cursors: dict[str, Cursor]) -> list[Job]:
        """Give the files that are not as they were when they were last read."""
        jobs: list[Job] = []
        for source in self.found.sources:
            cursor = cursors.get(source.name)
            if cursor is None or not source.is_as_read(cursor):
                jobs.append((source, cursor))
        return jobs


def _new_bytes(jobs: list[Job]) -> int:
    return sum(source.new_bytes(cursor) for source, cursor in jobs)


def _is_worth_workers(jobs: list[Job]) -> bool:
    return _new_bytes(jobs) >= _WORTH_WORKERS_BYTES


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
