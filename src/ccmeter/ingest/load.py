"""Turns what was read from transcripts into batches of columns: in this process, or in workers for a first read.

A batch holds so many lines that storing it keeps the store for well under a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.errors import IngestError
from ccmeter.domain.usage import BilledPart, CostState, Notice, Origin, PullRequest, Title, Turn, UsageLine
from ccmeter.ingest.tail import Reader
from ccmeter.store.batch import Batch, columns

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from multiprocessing.sharedctypes import Synchronized

    from ccmeter.ingest.discover import Source
    from ccmeter.ingest.tail import Read
    from ccmeter.store.batch import Cursor

Job = tuple["Source", "Cursor | None"]
Progress = Callable[[int, int], object]
"""Told of bytes read and of files done since it was last told."""

_WORTH_WORKERS_BYTES: Final = 48 << 20
"""Less than this is read sooner than a second process has started."""
_MOST_WORKERS: Final = 8
_LINES_PER_BATCH: Final = 100_000
_BYTES_PER_WORD: Final = 4 << 20
"""How much a worker reads before it says so."""

_LINE_COLUMNS: Final = tuple("origin_id" if name == "origin" else name for name in UsageLine._fields)
_FACTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "part": ("parts", BilledPart._fields),
    "title": ("titles", Title._fields),
    "turn": ("turns", Turn._fields),
    "notice": ("notices", Notice._fields),
    "pull_request": ("pull_requests", PullRequest._fields),
    "cost_state": ("cost_states", CostState._fields),
}


class Gatherer:
    """Collects what is read from file after file until it is worth storing."""

    def __init__(self) -> None:
        self._reads: list[Read] = []
        self.lines = 0

    @property
    def has_files(self) -> bool:
        """There is something to store, if only how far a file was read."""
        return bool(self._reads)

    def add(self, read: Read) -> None:
        """Take one more file."""
        self._reads.append(read)
        self.lines += len(read.findings.lines)

    def batch(self) -> Batch:
        """Give all that was added, as columns."""
        ids: dict[int, int] = {}
        origins: dict[int, Origin] = {}
        rows: list[tuple[Any, ...]] = []
        for number, read in enumerate(self._reads):
            for line in read.findings.lines:
                origin = line[2]
                origin_id = ids.get(id(origin))
                if origin_id is None:
                    origin_id = ids[id(origin)] = _origin_id(origin)
                    origins[origin_id] = origin
                rows.append((number, *line[:2], origin_id, *line[3:]))
        tables = {
            "line": columns(("file_number", *_LINE_COLUMNS), rows),
            "origin": columns(
                ("origin_id", *Origin._fields), [(key, *origin) for key, origin in origins.items()]
            ),
        }
        for table, (name, fields) in _FACTS.items():
            facts = [
                (number, *fact)
                for number, read in enumerate(self._reads)
                for fact in getattr(read.findings, name)
            ]
            tables[table] = columns(("file_number", *fields), facts)
        return Batch(files=tuple(read.file for read in self._reads), tables=tables)


def is_worth_workers(jobs: Sequence[Job]) -> bool:
    """Tell whether there is so much to read that it should be shared out."""
    new_bytes = sum(source.size_bytes - (cursor.offset_bytes if cursor else 0) for source, cursor in jobs)
    return new_bytes >= _WORTH_WORKERS_BYTES


def load(jobs: Sequence[Job], problems: Counter[str], progress: Progress) -> Iterator[Batch]:
    """Read transcripts from their cursors on, and give batches ready to be stored.

    A file that cannot be read is counted in `problems`; one that has vanished is left alone. Raises IngestError if a
    reading process dies.
    """
    if not is_worth_workers(jobs) or (os.cpu_count() or 1) < 2:  # noqa: PLR2004
        yield from _read_all(jobs, problems, progress)
    else:
        yield from _read_in_workers(jobs, problems, progress)


def _read_all(jobs: Iterable[Job], problems: Counter[str], progress: Progress) -> Iterator[Batch]:
    reader = Reader(lambda count: progress(count, 0))
    gatherer = Gatherer()
    for source, cursor in jobs:
        try:
            gatherer.add(reader.read(source, cursor))
        except FileNotFoundError:
            continue
        except OSError as error:
            problems[f"unreadable file: {error.strerror}"] += 1
            continue
        finally:
            progress(0, 1)
        if gatherer.lines >= _LINES_PER_BATCH:
            yield gatherer.batch()
            gatherer = Gatherer()
    if gatherer.has_files:
        yield gatherer.batch()


def _read_in_workers(jobs: Sequence[Job], problems: Counter[str], progress: Progress) -> Iterator[Batch]:
    """Share the files out among processes, the largest first, so that none is left alone with one at the end."""
    import multiprocessing
    from multiprocessing.connection import wait

    # a fork starts in 2 ms where a spawned worker takes 100; elsewhere than on Linux forking is not safe
    context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    ordered = sorted(jobs, key=lambda job: -job[0].size_bytes)
    following = context.Value("q", 0)
    workers: dict[Any, BaseProcess] = {}
    for _ in range(min(os.cpu_count() or 1, _MOST_WORKERS)):
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(ordered, following, theirs), daemon=True)
        worker.start()
        theirs.close()
        workers[ours] = worker
    try:
        while workers:
            for ours in wait(list(workers)):
                said = _said(ours)
                if isinstance(said, Batch):
                    yield said
                elif said is None:
                    _end(workers.pop(ours))
                else:
                    progress(said[0], said[1])
                    problems.update(said[2])
    finally:
        for worker in workers.values():
            worker.terminate()


def _said(connection: Any) -> Any:
    try:
        return connection.recv()
    except EOFError:
        return None


def _end(worker: BaseProcess) -> None:
    worker.join()
    if worker.exitcode:
        raise IngestError(f"A reading process ended with status {worker.exitcode} before it was done.")


def _work(jobs: Sequence[Job], following: Synchronized[int], connection: Connection) -> None:
    """Read files in a worker until none is left, sending batches, and between them what has been done."""
    import gc
    from collections import Counter

    gc.disable()  # millions of short-lived tuples and no cycles: collecting costs a tenth of the time
    done = [0, 0]
    problems: Counter[str] = Counter()

    def progress(more_bytes: int, more_files: int) -> None:
        done[0] += more_bytes
        done[1] += more_files
        if done[0] >= _BYTES_PER_WORD:
            tell()

    def tell() -> None:
        connection.send((*done, dict(problems)))
        done[:] = 0, 0
        problems.clear()

    def share() -> Iterator[Job]:
        while True:
            with following.get_lock():
                number = following.value
                following.value += 1
            if number >= len(jobs):
                return
            yield jobs[number]

    for batch in _read_all(share(), problems, progress):
        connection.send(batch)
    tell()
    connection.close()


def _origin_id(origin: Origin) -> int:
    """Name an origin by what it says."""
    said = json.dumps(origin, separators=(",", ":")).encode("ascii")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big", signed=True)
