"""Brings the store up to date with the transcripts, and gives a connection to ask it.

Reading logs needs no lease. The store is opened for reading while the folders are walked, because mostly nothing is
new; if something is, the lease is changed for one for writing. What is to be read is decided by the cursors in the
store, so a wrong guess costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccmeter.ingest.discover import Found, Job, Progress
    from ccmeter.store.batch import Batch
    from ccmeter.store.cursors import Cursor
    from ccmeter.store.lease import Connection

_WORTH_WORKERS_BYTES: Final = 48 << 20
"""Less than this is read sooner than other processes have started."""
_PATIENCE_S: Final = 60.0
"""How long we wait for whoever holds the store."""
_GIVEN_UP_S: Final = 5.0
"""Ctrl-C in the middle of an import can leave CPython 3.11's lock of that module taken: a thread that needs it never ends."""
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


class _Ahead(threading.Thread):
    """Opens the store in a thread of its own, which DuckDB does without holding the interpreter.

    Only at once: whoever presses Ctrl-C must not wait for a thread that waits for the store.
    """

    def __init__(self, open_store: Callable[[float], Connection], stack: contextlib.ExitStack) -> None:
        super().__init__(daemon=True)
        # what it has opened by then is closed next: at the interpreter's end is too late
        stack.callback(self._let_go)
        self._open_store = open_store
        self._is_done = threading.Event()
        self._found: Connection | BaseException | None = None
        self.start()

    def run(self) -> None:
        """Open it if nobody holds it."""
        try:
            self._found = self._open_store(0)
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._found = error
        finally:
            self._is_done.set()

    def _wait(self, patience_s: float | None = None) -> None:
        """Wait for the end; a `join` that Ctrl-C interrupts takes a running thread for stopped."""
        self._is_done.wait(patience_s)

    def _let_go(self) -> None:
        """Hold nothing of the store: the thread may be about to end for as long as Python lives, and must not keep a connection."""
        self._wait(_GIVEN_UP_S)
        self._found = None

    def result(self) -> Connection:
        """Give it opened, waiting for whoever holds it. Raises StoreError."""
        self._wait()
        found, self._found = self._found, None
        if isinstance(found, StoreBusyError):
            return self._open_store(_PATIENCE_S)
        if found is None or isinstance(found, BaseException):
            raise found or AssertionError
        return found


@dataclass(slots=True)
class Updater:
    """Brings one store up to date with what a walk finds."""

    path: Path
    walk: Callable[[], Found]
    narration: Narration = field(default_factory=Narration)
    problems: Counter[str] = field(default_factory=Counter)
    """What could not be read, by reason; complete once the store is up to date."""
    _found: Found | None = None

    @contextlib.contextmanager
    def up_to_date(self) -> Iterator[Connection]:
        """Read and store what is new, then lend a connection. Raises StoreError and IngestError."""
        with contextlib.ExitStack() as stack:
            ahead = (
                None if self._is_new() else _Ahead(lambda patience_s: self._reader(stack, patience_s), stack)
            )
            self._found = self.walk()
            connection = self._brought_up(stack, ahead.result() if ahead else None)
            while connection is None:  # another process came in between
                connection = self._brought_up(stack, self._reader(stack))
            yield connection

    def _reader(self, stack: contextlib.ExitStack, patience_s: float = _PATIENCE_S) -> Connection:
        from ccmeter.store import lease

        return stack.enter_context(
            lease.reading(self.path, patience_s=patience_s, waiting=self.narration.waiting)
        )

    def _writer(self, stack: contextlib.ExitStack, patience_s: float = _PATIENCE_S) -> Connection:
        from ccmeter.store import lease

        return stack.enter_context(
            lease.writing(self.path, patience_s=patience_s, waiting=self.narration.waiting)
        )

    def _is_new(self) -> bool:
        try:
            return not self.path.exists()
        except OSError:  # the lease will say why
            return False

    def _brought_up(self, stack: contextlib.ExitStack, reader: Connection | None) -> Connection | None:
        """Store what is new, if anything is: the reader will do where nothing is. None if it was new to others too."""
        self.problems.clear()
        self.problems.update(self._found.problems if self._found else ())
        if reader is None:
            jobs = self._jobs({})
            has_readings = self._has_readings(None)
        else:
            from ccmeter.store.cursors import cursors

            jobs = self._jobs(cursors(reader))
            has_readings = self._has_readings(reader)
            if not jobs and not has_readings:
                return reader
            stack.pop_all().close()
        if not jobs:
            connection = self._writer(stack)
            return self._finished(connection) if has_readings else connection
        if _new_bytes(jobs) >= _WORTH_WORKERS_BYTES:
            return self._store(stack, self._load(jobs, in_workers=True), None)
        # the reader's modules take as long to load as the store takes to open
        ahead = _Ahead(lambda patience_s: self._writer(stack, patience_s), stack)
        batches = list(self._load(jobs, in_workers=False))
        connection = ahead.result()
        if batches or has_readings or reader is None:
            return self._store(stack, iter(batches), connection)
        stack.pop_all().close()  # what is new cannot be read: others may read beside us
        return self._reader(stack)

    def _load(self, jobs: list[Job], *, in_workers: bool) -> Iterator[Batch]:
        from ccmeter.ingest.load import load

        self.narration.planned(_new_bytes(jobs), len(jobs))
        return load(jobs, self.problems, self.narration.progress, in_workers=in_workers)

    def _store(
        self, stack: contextlib.ExitStack, batches: Iterator[Batch], connection: Connection | None
    ) -> Connection | None:
        """Store batches while they are made, letting go of the store now and then; keep the last lease."""
        # DuckDB is loaded when the workers of a first read are on their way
        from ccmeter.ingest import repositories
        from ccmeter.store import writer

        left_out = 0
        batch = next(batches, None)
        while batch is not None or connection is None:
            if connection is None:
                connection = self._writer(stack)
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
        repositories.note(connection)
        return self._finished(connection)

    def _has_readings(self, connection: Connection | None) -> bool:
        """Tell whether the status line hook has left anything new, by a store as it is."""
        from ccmeter.ingest import spool

        return spool.has_news(self.path.parent, connection, now=_now())

    def _finished(self, connection: Connection) -> Connection:
        """Take in what the hook left, and note what came of all this."""
        from ccmeter.ingest import spool
        from ccmeter.store import writer

        spool.take_in(connection, self.path.parent, self.problems, now=_now())
        writer.finish(connection, self.problems, now=_now())
        return connection

    def _jobs(self, cursors: dict[str, Cursor]) -> list[Job]:
        """Give the files that are not as they were when they were last read."""
        jobs: list[Job] = []
        for source in self._found.sources if self._found else ():
            cursor = cursors.get(source.name)
            if cursor is None or not source.is_as_read(cursor):
                jobs.append((source, cursor))
        return jobs


def _new_bytes(jobs: list[Job]) -> int:
    return sum(source.new_bytes(cursor) for source, cursor in jobs)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
