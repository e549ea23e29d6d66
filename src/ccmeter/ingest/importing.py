"""Takes in history from elsewhere: another machine's logs, an older copy of them, an archive, a backup, a report.

Lines are read and stored as those of the logs here, only under marked names (`imported:projects/…`, the path below the
configuration folder), so that no file here is taken for gone, and the same copy imported again replaces itself. Calls
are counted once by their ids, whichever way and how often they come in.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import ForeignError, StoreCorruptError
from ccmeter.ingest.discover import ENDING, FOLDER, Found, Source, find, find_below
from ccmeter.store.imported import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.ingest.discover import Job
    from ccmeter.ingest.update import Narration
    from ccmeter.store.batch import Batch
    from ccmeter.store.cursors import Cursor

_WORTH_WORKERS_BYTES: Final = 48 << 20
_LEASE_S: Final = 1.5
_DEEP: Final = 4
"""How far below a folder copies of `projects` are looked for."""
_MAGIC: Final = b"DUCK"


@dataclass(slots=True, kw_only=True)
class Taken:
    """What an import found. How much of it was new is a question to the store."""

    kind: str = "transcripts"
    """`transcripts`, `store` or `report`."""
    files: int = 0
    unchanged_files: int = 0
    """Imported before, and not changed since."""
    days: int = 0
    """Of a report."""
    is_known: bool = False
    """The same report was taken before."""
    forgotten: set[str] = field(default_factory=set)
    """Keys of the calls that were left out because they are forgotten here."""
    forgotten_days: int = 0
    """Days of reports, likewise."""
    problems: Counter[str] = field(default_factory=Counter)


def take(store: Path, path: Path, *, narration: Narration, machine: str = "") -> Taken:
    """Take in whatever `path` is. Raises ForeignError and StoreError."""
    try:
        if path.is_dir():
            return _folders(store, _found_below(path), narration)
        if not path.exists():
            raise ForeignError(f"There is no {path}.", hint="")
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise ForeignError(f"{path} cannot be read: {error.strerror}.") from error
    if head[8:12] == _MAGIC:
        return _store(store, path, narration)
    if path.suffix == ENDING:
        return _folders(store, [_alone(path)], narration)
    from ccmeter.ingest import archives

    return (
        _archive(store, path, narration)
        if archives.is_archive(path)
        else _report(store, path, narration, machine)
    )


def _found_below(folder: Path) -> list[Found]:
    """Find the transcripts of a copy of a configuration folder, of `projects` alone, or of a folder that holds such."""
    if (folder / FOLDER).is_dir():
        return [find((folder,))]
    if folder.name == FOLDER or any(file.name.startswith("-") for file in folder.iterdir() if file.is_dir()):
        return [find_below(folder)]
    found = [find((each.parent,)) for depth in range(1, _DEEP) for each in folder.glob("*/" * depth + FOLDER)]
    if not any(each.sources for each in found):
        raise ForeignError(f"There are no transcripts in {folder}.")
    return found


def _alone(file: Path) -> Found:
    found = file.stat()
    source = f"{FOLDER}/{file.absolute().parent.name}/{file.name}"
    return Found(
        sources=(Source(str(file), source, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns),)
    )


def _archive(store: Path, archive: Path, narration: Narration) -> Taken:
    from ccmeter.ingest import archives
    from ccmeter.store import copying

    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with copying.aside(store) as place:
        unpacked = archives.unpack(archive, place.parent)
        if not unpacked.roots:
            raise ForeignError(f"There are no transcripts in {archive}.")
        taken = _folders(store, [find((root,)) for root in unpacked.roots], narration)
    taken.problems.update(unpacked.problems)
    return taken


def _folders(store: Path, found: list[Found], narration: Narration) -> Taken:
    taken = Taken()
    for each in found:  # one after another: two machines' files may bear the same names
        taken.problems.update(each.problems)
        _transcripts(store, each, narration, taken)
    return taken


def _transcripts(store: Path, found: Found, narration: Narration, taken: Taken) -> None:
    while True:
        known = _cursors(store, narration)
        jobs: list[Job] = []
        names: dict[str, str] = {}
        for source in found.sources:
            name = _marked(source)
            cursor = known.get(name)
            if cursor is None or (cursor.size_bytes, cursor.mtime_ns) != (source.size_bytes, source.mtime_ns):
                jobs.append((source, cursor))
                names[source.name] = name
        taken.files += len(jobs)
        taken.unchanged_files += len(found.sources) - len(jobs)
        if not jobs or not _stored(store, jobs, names, narration, taken):
            return
        taken.files -= len(jobs)
        taken.unchanged_files -= len(found.sources) - len(jobs)


def _stored(store: Path, jobs: list[Job], names: dict[str, str], narration: Narration, taken: Taken) -> int:
    """Read and store files; give how many another import was faster with."""
    from ccmeter.ingest.load import load
    from ccmeter.store import forget, lease, writer

    size = sum(source.size_bytes for source, _ in jobs)
    narration.planned(size, len(jobs))
    batches = load(jobs, taken.problems, narration.progress, in_workers=size >= _WORTH_WORKERS_BYTES)
    left_out = 0
    batch = next(batches, None)
    while batch is not None:
        with lease.writing(store, waiting=narration.waiting) as connection:
            let_go_at_s = time.monotonic() + _LEASE_S
            with writer.writing(connection, now=dt.datetime.now(dt.UTC)) as shift:
                while batch is not None:
                    shift.append(_renamed(batch, names))
                    batch = next(batches, None)
                    if time.monotonic() >= let_go_at_s:
                        break
            taken.forgotten |= forget.left_out(connection)
        left_out += shift.left_out
    return left_out


def _renamed(batch: Batch, names: dict[str, str]) -> Batch:
    """Give a batch whose files bear marked names, and no place on a disk: that of the copy means nothing."""
    files = (
        read._replace(after=read.after._replace(path=names[read.after.path], device=0, inode=0))
        for read in batch.files
    )
    return replace(batch, files=tuple(files))


def _marked(source: Source) -> str:
    path = source.source.replace("\\", "/")
    return PREFIX + path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _cursors(store: Path, narration: Narration) -> dict[str, Cursor]:
    from ccmeter.store import lease
    from ccmeter.store.cursors import cursors

    with contextlib.ExitStack() as stack:
        lend = lease.reading if store.exists() else lease.writing
        return cursors(stack.enter_context(lend(store, waiting=narration.waiting)))


def _store(store: Path, other: Path, narration: Narration) -> Taken:
    from ccmeter.store import backup, imported, lease

    if store.exists() and other.samefile(store):
        raise ForeignError(f"{other} is the store itself.", hint="Name another one.")
    with contextlib.ExitStack() as stack:
        try:
            ready = stack.enter_context(backup.ready(store, other))
        except StoreCorruptError as error:
            raise ForeignError(
                f"{other} is damaged, or no store of ccmeter.",
                hint="Nothing was imported; another backup may be sound.",
            ) from error
        connection = stack.enter_context(lease.writing(store, waiting=narration.waiting))
        joined = imported.join(connection, ready.path, now=dt.datetime.now(dt.UTC))
    return Taken(kind="store", files=1, forgotten=joined.forgotten, forgotten_days=joined.forgotten_days)


def _report(store: Path, file: Path, narration: Narration, machine: str) -> Taken:
    import hashlib

    from ccmeter.ingest import foreign_days
    from ccmeter.store import imported, lease

    days = foreign_days.read(file)
    if not days:
        raise ForeignError(f"{file} reports no day.", hint="")
    source = hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()
    with lease.writing(store, waiting=narration.waiting) as connection:
        taken_days = imported.take_days(
            connection, days, source=source, machine=machine, now=dt.datetime.now(dt.UTC)
        )
    all_days = len({day.used_on for day in days})
    if taken_days is None:
        return Taken(kind="report", files=1, days=all_days, is_known=True)
    return Taken(kind="report", files=1, days=taken_days, forgotten_days=all_days - taken_days)
