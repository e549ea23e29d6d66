"""Backups: made beside a working store, checked before they are trusted, put in its place as a whole or not at all.

A backup is a store. One that a person asks for is copied table by table, so that every block of it was read and
compared; the daily one is a copy of the file, which costs a report a few milliseconds, and is read as a whole before an
older one may give way to it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import OutputError, StoreBusyError, StoreCorruptError, StoreError
from ccmeter.store import copying, lease

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from ccmeter.store.copying import Content

FOLDER: Final = lease.BACKUPS
_NAME: Final = "ccmeter-{}" + lease.ENDING
_REPLACED: Final = ".replaced-"
_LOG: Final = ".wal"
_DAILY: Final = re.compile(r"ccmeter-\d{4}-\d\d-\d\d" + re.escape(lease.ENDING))
_BLOCK_BYTES: Final = 1 << 20
_SETTLED_S: Final = 3600


def _ignore(*_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A finished backup."""

    content: Content
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A store that was made aside of a backup and can take the present one's place."""

    path: Path
    content: Content


def write(
    store: Path,
    target: Path,
    *,
    force: bool = False,
    progress: Callable[[int, int], object] = _ignore,
    waiting: Callable[[str], object] = str,
) -> Written:
    """Write a backup that was compared with the store, compact and for the owner alone. Raises StoreError, OutputError."""
    if target.exists() and not force:
        raise OutputError(f"{target} exists already.", hint="Choose another name, or let --force replace it.")
    if target.is_dir() or (target.exists() and store.exists() and target.samefile(store)):
        raise OutputError(
            f"{target} is no place for a backup.", hint="Name a new file, such as ccmeter-backup.duckdb."
        )
    try:
        with (
            lease.private(),
            tempfile.TemporaryDirectory(prefix=f".{target.name[:40]}.", dir=target.parent) as folder,
        ):
            made = Path(folder) / f"copy{lease.ENDING}"
            with lease.reading(store, waiting=waiting):
                pass  # so that it has today's schema
            with lease.beside(store, waiting=waiting) as connection:
                content = copying.copy(connection, "store", made, progress)
            size_bytes = made.stat().st_size
            _named(made, target, force=force)
            copying.synced(target.parent)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}.") from error
    return Written(content=content, size_bytes=size_bytes)


def _named(made: Path, target: Path, *, force: bool) -> None:
    """Give a finished file its name; one that somebody else has made meanwhile stays, unless forced."""
    if not force:
        try:
            os.link(made, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            pass
        else:
            return
    os.replace(made, target)  # noqa: PTH105


@contextlib.contextmanager
def ready(store: Path, backup: Path) -> Iterator[Ready]:
    """Check a backup and lend a copy of it beside the store, with today's schema. Raises StoreError."""
    if not backup.is_file():
        raise StoreError(
            f"There is no backup {backup}.", hint="`ccmeter restore --latest` takes the newest daily one."
        )
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with copying.aside(store) as made:
        copied(backup, made)
        content = copying.check(made)
        with lease.writing(made):
            pass
        yield Ready(path=made, content=content)


def copied(backup: Path, made: Path) -> None:
    """Copy a backup, with the log beside it if it is a store whose last process was killed. Raises StoreError."""
    try:
        with lease.holding(backup, patience_s=5) as descriptor, made.open("xb") as target:
            _copy_bytes(descriptor, target.fileno())
        for log in logs(backup):
            shutil.copyfile(log, made.with_name(made.name + log.name[len(backup.name) :]))
    except OSError as error:
        raise StoreError(f"The backup {backup} cannot be read: {error.strerror}.") from error


def put(made: Path, store: Path, *, now: dt.datetime, waiting: Callable[[str], object] = str) -> Path | None:
    """Let a store made aside take the place of the present one; give where that is kept, None if there was none.

    At every moment there is one store or the other under the name, whole. Raises StoreError.
    """
    copying.synced(made)
    if not store.exists():
        with contextlib.suppress(FileExistsError):  # another process has just made one
            _named(made, store, force=False)
            return None
    _fold(store, waiting)
    with contextlib.ExitStack() as stack:
        if lease.REPLACES_OPEN:
            stack.enter_context(lease.holding(store, is_exclusive=True, waiting=waiting))
            stack.enter_context(lease.holding(made, is_exclusive=True))
        kept = _kept(store, now)
        try:
            os.link(store, kept)
        except OSError:  # a file system without links
            shutil.copyfile(store, kept)
        for log in logs(store):
            os.replace(log, kept.with_name(kept.name + log.name[len(store.name) :]))  # noqa: PTH105
        os.replace(made, store)  # noqa: PTH105
        copying.synced(store.parent)
    return kept


def _fold(store: Path, waiting: Callable[[str], object]) -> None:
    """Let a sound store take in what a killed process left in its log; a damaged one is kept with the log beside it."""
    try:
        with lease.writing(store, waiting=waiting):
            pass
    except StoreBusyError:
        raise
    except StoreError:
        return


def _kept(store: Path, now: dt.datetime) -> Path:
    name = f"{store.name}{_REPLACED}{now:%Y-%m-%dT%H%M%S}"
    number = 1
    while (kept := store.with_name(name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return kept


def logs(store: Path) -> list[Path]:
    """Give what DuckDB keeps beside a store while it is written to."""
    return sorted(file for file in store.parent.iterdir() if file.name.startswith(store.name + _LOG))


def replaced(store: Path) -> list[Path]:
    """Give the stores that were put aside when another took their place, the newest first."""
    try:
        names = os.listdir(store.parent)  # noqa: PTH208
    except OSError:
        return []
    return [
        store.parent / name
        for name in sorted(names, reverse=True)
        if name.startswith(store.name + _REPLACED) and _LOG not in name
    ]


def dailies(store: Path) -> list[Path]:
    """Give the daily backups, the newest first."""
    folder = store.parent / lease.BACKUPS
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []
    return [folder / name for name in sorted(names, reverse=True) if _DAILY.fullmatch(name)]


def make_daily(store: Path, today: dt.date, *, keep: int) -> Path | None:
    """Copy the store's file as it is, if nobody writes to it now, and let go of the oldest beyond `keep`.

    None if there is one of today, or if nothing was stored since the last. A damaged store is not copied over sound
    backups. Raises StoreBusyError, StoreCorruptError, StoreError, OSError.
    """
    folder = store.parent / lease.BACKUPS
    target = folder / _NAME.format(today)
    newest = next(iter(dailies(store)), None)
    if target.exists() or (newest is not None and newest.stat().st_mtime_ns > store.stat().st_mtime_ns):
        return None
    with lease.private():
        folder.mkdir(mode=0o700, exist_ok=True)
        _sweep(folder)
        try:
            # the first has nothing to give way to it: a first read need not wait for it
            _copied_now(store, target, is_checked=newest is not None)
        except FileExistsError:  # another process was faster
            return None
    for old in dailies(store)[keep:]:
        old.unlink(missing_ok=True)
    return target


def _copied_now(store: Path, target: Path, *, is_checked: bool) -> None:
    if logs(store):  # a process was killed: what its log holds is not in the file yet
        with lease.writing(store, patience_s=0):
            pass
    made = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with lease.holding(store, patience_s=0) as descriptor, made.open("wb") as copied:
            if logs(store):
                raise StoreBusyError(
                    f"The store {store} has just been written to by a process that was killed."
                )
            _copy_bytes(descriptor, copied.fileno())
        if is_checked:  # 50 ms for a gigabyte of logs
            _check_copy(made, store)
        _named(made, target, force=False)
    finally:
        made.unlink(missing_ok=True)


def _check_copy(made: Path, store: Path) -> None:
    """Raise StoreCorruptError about the store if its copy is damaged."""
    try:
        copying.check(made)
    except StoreCorruptError as error:
        raise StoreCorruptError(f"The store {store} is damaged.", hint=lease.way_out(store)) from error


def _copy_bytes(source: int, target: int) -> None:
    """Copy a file by its descriptors: on disks that can, it only shares the blocks."""
    size = os.fstat(source).st_size
    if hasattr(os, "copy_file_range"):
        with contextlib.suppress(OSError):
            done = 0
            while done < size and (count := os.copy_file_range(source, target, size - done, done, done)):
                done += count
            if done == size:
                return
    os.lseek(source, 0, os.SEEK_SET)
    os.lseek(target, 0, os.SEEK_SET)
    while block := os.read(source, _BLOCK_BYTES):
        view = memoryview(block)
        while view:
            view = view[os.write(target, view) :]


def _sweep(folder: Path) -> None:
    """Take away what a process that was killed while it copied has left."""
    import time

    for file in folder.iterdir():
        if file.name.startswith(".ccmeter-") and time.time() - file.stat().st_mtime > _SETTLED_S:
            file.unlink(missing_ok=True)
