"""Turns what was read from transcripts into batches of columns: in this process, or in workers for a first read.

A batch holds so many lines that storing it keeps the store for well under a second.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import signal
import sys
from array import array
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.errors import IngestError
from ccmeter.domain.usage import (
    BilledPart,
    CostState,
    Notice,
    Origin,
    Prompt,
    PullRequest,
    Title,
    ToolCall,
    Turn,
    UsageLine,
)
from ccmeter.ingest.tail import Reader
from ccmeter.store.batch import Batch, Columns, columns, integers, texts

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from multiprocessing.sharedctypes import Synchronized

    from ccmeter.ingest.discover import Job, Progress
    from ccmeter.ingest.tail import Read
    from ccmeter.store.batch import Values


_MOST_WORKERS: Final = 8
_LINES_PER_BATCH: Final = 12_000
_BYTES_PER_WORD: Final = 4 << 20
"""How much a worker reads before it says so."""

_TEXTS: Final = frozenset(("call_key", "uuid", "stop_reason"))
"""The columns of `UsageLine` that are not numbers."""
_FACTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "part": ("parts", BilledPart._fields),
    "tool_call": ("tools", ToolCall._fields),
    "title": ("titles", Title._fields),
    "turn": ("turns", Turn._fields),
    "prompt": ("prompts", Prompt._fields),
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
        lines = list(itertools.chain.from_iterable(read.findings.lines for read in self._reads))
        values = dict(zip(UsageLine._fields, zip(*lines, strict=True), strict=True)) if lines else {}
        # one object per origin and transcript (`Calls`), so that its identity is a key that costs nothing to hash
        origins = dict(zip(map(id, values.get("origin", ())), values.get("origin", ()), strict=True))
        ids = {place: _origin_id(origin) for place, origin in origins.items()}
        numbers = _numbers([read.findings.lines for read in self._reads])
        line_columns: dict[str, Values] = {"file_number": numbers}
        for name, column in values.items():
            if name == "origin":
                line_columns["origin_id"] = integers(map(ids.__getitem__, map(id, column)))
            else:
                line_columns[name] = texts(column) if name in _TEXTS else integers(column)
        tables = {
            "line": Columns(rows=len(lines), values=line_columns),
            "origin": columns(
                ("origin_id", *Origin._fields),
                [
                    (key, *origin)
                    for key, origin in {ids[place]: origin for place, origin in origins.items()}.items()
                ],
            ),
        }
        for table, (name, fields) in _FACTS.items():
            found = [getattr(read.findings, name) for read in self._reads]
            tables[table] = _numbered(fields, found)
        return Batch(files=tuple(read.file for read in self._reads), tables=tables)


def _numbered(fields: Sequence[str], found: Sequence[Sequence[tuple[Any, ...]]]) -> Columns:
    """Turn facts, file by file, into columns that name the file."""
    made = columns(fields, list(itertools.chain.from_iterable(found)))
    if not made.rows:
        return made
    return Columns(rows=made.rows, values={"file_number": _numbers(found), **made.values})


def _numbers(found: Sequence[Sequence[object]]) -> bytes:
    """Give the number of its file for each of what was found, file by file."""
    numbers = array("q")
    for number, of_file in enumerate(found):
        numbers.extend(array("q", (number,)) * len(of_file))
    return numbers.tobytes()


def load(
    jobs: Sequence[Job], problems: Counter[str], progress: Progress, *, in_workers: bool
) -> Iterator[Batch]:
    """Begin to read transcripts from their cursors on, and give batches ready to be stored as they are made.

    Worker processes, if wanted, are at work when this returns. A file that cannot be read is counted in `problems`; one that has
    vanished is left alone. The iterator raises IngestError if a worker dies.
    """
    if in_workers and (os.cpu_count() or 1) > 1:
        with _uninterrupted():
            workers = _workers(jobs)
        return _gather(workers, problems, progress)
    return _read_all(jobs, problems, progress)


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


def _workers(jobs: Sequence[Job]) -> dict[Any, BaseProcess]:
    """Start processes that share the files, the largest first, so that none is left alone with one at the end."""
    import multiprocessing

    # a fork starts in 2 ms where a spawned worker takes 100; elsewhere than on Linux forking is not safe
    context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    ordered = sorted(jobs, key=lambda job: -job[0].size_bytes)
    following = context.Value("q", 0)
    workers: dict[Any, BaseProcess] = {}
    for _ in range(min(os.cpu_count() or 1, _MOST_WORKERS)):
        ours, theirs = context.Pipe(duplex=False)
        inherited = (*workers, ours) if context.get_start_method() == "fork" else ()
        worker = context.Process(target=_work, args=(ordered, following, theirs, inherited), daemon=True)
        worker.start()
        theirs.close()
        workers[ours] = worker
    return workers


def _gather(workers: dict[Any, BaseProcess], problems: Counter[str], progress: Progress) -> Iterator[Batch]:
    """Give what workers send, until all have ended."""
    from multiprocessing.connection import wait

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


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let workers start deaf to Ctrl-C: that reaches every process of a terminal, and the parent alone answers it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _said(connection: Any) -> Any:
    try:
        return connection.recv()
    except (EOFError, OSError):  # OSError: the worker died in the middle of a word
        return None


def _end(worker: BaseProcess) -> None:
    worker.join()
    if worker.exitcode:
        raise IngestError(f"A reading process ended with status {worker.exitcode} before it was done.")


def _work(
    jobs: Sequence[Job],
    following: Synchronized[int],
    connection: Connection,
    inherited: Sequence[Connection],
) -> None:
    """Read files in a worker until none is left, sending batches, and between them what has been done.

    A worker whose parent was killed ends as soon as it has something to say. For that it must not itself keep open
    the ends it would be heard at, which a fork gives it.
    """
    import gc
    from collections import Counter

    for end in inherited:
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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

    with contextlib.suppress(BrokenPipeError):
        for batch in _read_all(share(), problems, progress):
            connection.send(batch)
        tell()
        connection.close()


def _origin_id(origin: Origin) -> int:
    """Name an origin by what it says."""
    said = json.dumps(origin, separators=(",", ":")).encode("ascii")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big", signed=True)
