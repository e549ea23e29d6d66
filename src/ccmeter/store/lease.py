"""Leases on the store: opened for one piece of work, closed right after it, waited for with patience.

DuckDB lets one process write, or many read, never both. So nobody holds the file for long, a process that finds it
taken tries again until its patience ends, and only then says who holds it. This is the only module that opens it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import re
import sys
import time
from typing import TYPE_CHECKING, Final, TypeVar

import _duckdb  # the compiled module alone: the package around it costs another 80 ms of CPU at every start
from _duckdb import DuckDBPyConnection as Connection

from ccmeter.domain.errors import StoreBusyError, StoreCorruptError, StoreError, StoreFullError, UsageError
from ccmeter.store import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = [
    "BACKUPS",
    "ENDING",
    "PATIENCE_S",
    "REPLACES_OPEN",
    "Connection",
    "beside",
    "glancing",
    "holding",
    "private",
    "quoted",
    "reading",
    "way_out",
    "writing",
]

_Opened = TypeVar("_Opened")

PATIENCE_S: Final = 60.0
"""How long a lease is waited for. A first read of a gigabyte writes for well under a second at a time."""

BACKUPS: Final = "backups"
"""The folder of the daily backups, beside the store."""
ENDING: Final = ".duckdb"
REPLACES_OPEN: Final = sys.platform != "win32"
"""Whether a file that is open can get another in its place. Where not, it is closed first, for an instant unlocked."""

_SMALL_BYTES: Final = 64 << 20
"""About 10 GiB of logs. DuckDB shares a table out by 122,880 rows; below that its threads only wait on each other."""
_OFFLINE: Final = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""Given a file of another database, DuckDB would else download what reads it."""
_ASIDE: Final = ".new-"
_ABANDONED_S: Final = 3600
"""Making a store takes a hundredth of a second; what is older than this nobody is still making."""
_FIRST_WAIT_S: Final = 0.01
_LONGEST_WAIT_S: Final = 0.25
_QUIET_S: Final = 3.0
"""How long a person waits before being told for whom."""
_HOLDER: Final = re.compile(r"held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_QUOTED: Final = re.compile("'[^']*'")
_LOCKED: Final = ("Could not set lock", "Conflicting lock", "being used by another process")
_DAMAGED: Final = (
    "not a valid DuckDB database",
    "Could not read enough bytes",
    "_scanner",
    "orrupt",
    "checksum",
    "Failed to deserialize",
    "Serialization Error",
)
_REFUSED: Final = ("Permission denied", "Read-only file system", "Operation not permitted")
_INTERRUPTED: Final = ("Query interrupted", "KeyboardInterrupt", "INTERRUPT Error")
"""What stands in the errors, a plain RuntimeError among them, that DuckDB makes of Ctrl-C in the middle of its work."""
_RIGHTS: Final = "Give yourself the right to read and write its folder, or choose another with --data-dir."
_FULL: Final = (
    "No space left",
    "File too large",
    "Disk quota",
    "could not write all bytes",
    "not enough space",
    "out of disk",
)


@contextlib.contextmanager
def reading(
    path: Path, *, patience_s: float = PATIENCE_S, waiting: Callable[[str], object] = str
) -> Iterator[Connection]:
    """Lease the store for reading, brought to today's schema if need be.

    Raises StoreError; `waiting` is told once who is waited for.
    """
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(_lease(path, read_only=True, patience_s=patience_s, waiting=waiting))
        if not schema.is_current(connection):
            stack.pop_all().close()
            with writing(path, patience_s=patience_s, waiting=waiting):
                pass
            connection = stack.enter_context(
                _lease(path, read_only=True, patience_s=patience_s, waiting=waiting)
            )
        yield connection


@contextlib.contextmanager
def writing(
    path: Path, *, patience_s: float = PATIENCE_S, waiting: Callable[[str], object] = str
) -> Iterator[Connection]:
    """Lease the store for writing, made and migrated if need be. Raises StoreError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The data folder {path.parent} cannot be made: {error.strerror}.") from error
    with private():
        with _translated(path), _reached(path):
            _sweep(path.parent)
            if not path.exists():
                _make(path)
        with _lease(path, read_only=False, patience_s=patience_s, waiting=waiting) as connection:
            schema.bring_up(connection)
            yield connection


@contextlib.contextmanager
def glancing(path: Path) -> Iterator[Connection]:
    """Lease the store for reading as it is, at once or not at all. Raises StoreError."""
    with _lease(path, read_only=True, patience_s=0, waiting=str) as connection:
        yield connection


@contextlib.contextmanager
def beside(
    path: Path, *, patience_s: float = PATIENCE_S, waiting: Callable[[str], object] = str
) -> Iterator[Connection]:
    """Lease the store for reading under the name `store`, on a connection that may write other files. Raises StoreError."""
    with contextlib.closing(_duckdb.connect(config={**_OFFLINE})) as connection, _translated(path):

        def attached() -> None:
            before = _place(path)
            connection.execute(f"attach {quoted(path)} as store (read_only)")
            if before != _place(path):
                connection.execute("detach store")
                raise _duckdb.IOException(_LOCKED[0])

        with _reached(path):
            _patiently(attached, patience_s=patience_s, waiting=waiting)
        yield connection
        # not left to the end: whoever writes next should not have to wait for a connection to be collected
        connection.execute("detach store")


@contextlib.contextmanager
def holding(
    path: Path,
    *,
    is_exclusive: bool = False,
    patience_s: float = PATIENCE_S,
    waiting: Callable[[str], object] = str,
) -> Iterator[int]:
    """Hold the file of a store, sound or not, with the lock that DuckDB itself takes; give its descriptor.

    For a copy of the file as it is, which costs no DuckDB, and for putting another in its place. Whoever holds it must
    not open the store beside that: closing either would end the lock of both. Raises StoreError.
    """
    with _translated(path):
        with _reached(path):
            descriptor = _patiently(
                lambda: _held(path, is_exclusive=is_exclusive), patience_s=patience_s, waiting=waiting
            )
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _held(path: Path, *, is_exclusive: bool) -> int:
    descriptor = os.open(path, (os.O_RDWR if is_exclusive else os.O_RDONLY) | getattr(os, "O_BINARY", 0))
    if sys.platform != "win32":  # there, a file that DuckDB writes to cannot even be opened
        try:
            fcntl.lockf(descriptor, (fcntl.LOCK_EX if is_exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise _duckdb.IOException(_LOCKED[0]) from error
    found = os.fstat(descriptor)
    if (found.st_dev, found.st_ino) != _place(path):
        os.close(descriptor)
        raise _duckdb.IOException(_LOCKED[0])
    return descriptor


def quoted(path: Path) -> str:
    """Give a path as SQL writes a text."""
    text = str(path).replace("'", "''")
    return f"'{text}'"


def _sweep(folder: Path) -> None:
    """Take away what a process that was killed while it made a store has left."""
    with os.scandir(folder) as entries:
        left = [entry for entry in entries if entry.name.startswith(_ASIDE)]
    if left:
        import shutil

        for entry in left:
            with contextlib.suppress(FileNotFoundError):  # whoever made it has just finished
                if time.time() - entry.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(entry.path, ignore_errors=True)


def _make(path: Path) -> None:
    """Make an empty store aside and put it in place as a whole: half of one could never be opened again."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix=_ASIDE, dir=path.parent) as folder:
        aside = os.path.join(folder, path.name)  # noqa: PTH118
        with contextlib.closing(_duckdb.connect(aside, config={**_OFFLINE})) as connection:
            schema.bring_up(connection)
        try:
            os.link(aside, path)
        except FileExistsError:
            return  # another process was faster
        except OSError:  # a file system without links
            if not path.exists():
                os.rename(aside, path)  # noqa: PTH104


@contextlib.contextmanager
def private() -> Iterator[None]:
    """Let everything made meanwhile be for the owner alone: the store, and the log that DuckDB keeps beside it."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def _lease(
    path: Path, *, read_only: bool, patience_s: float, waiting: Callable[[str], object]
) -> Iterator[Connection]:
    with _translated(path):
        with _reached(path):
            connection = _open(path, read_only=read_only, patience_s=patience_s, waiting=waiting)
        try:
            yield connection
        finally:
            connection.close()


def _open(path: Path, *, read_only: bool, patience_s: float, waiting: Callable[[str], object]) -> Connection:
    config: dict[str, str | bool | int | float | list[str]] = {"threads": _threads(path), **_OFFLINE}

    def connected() -> Connection:
        before = _place(path)
        connection = _duckdb.connect(str(path), read_only=read_only, config=config)
        if before not in (None, _place(path)):
            connection.close()
            raise _duckdb.IOException(_LOCKED[0])
        return connection

    return _patiently(connected, patience_s=patience_s, waiting=waiting)


def _place(path: Path) -> tuple[int, int] | None:
    """Tell one file from another: a store that is replaced (`vacuum`, `restore`) must not be used by whoever had just opened it."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a hot path
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _patiently(
    opened: Callable[[], _Opened], *, patience_s: float, waiting: Callable[[str], object]
) -> _Opened:
    """Open what may be locked, again and again until patience ends."""
    started = time.monotonic()
    wait_s = _FIRST_WAIT_S
    was_told = False
    while True:
        try:
            return opened()
        except _duckdb.IOException as error:
            if not any(sign in str(error) for sign in _LOCKED):
                raise
            waited_s = time.monotonic() - started
            if waited_s >= patience_s:
                raise StoreBusyError(_busy(str(error), waited_s)) from error
            if waited_s > _QUIET_S and not was_told:
                waiting(f"waiting for the store: {_holder(str(error))} is using it")
                was_told = True
        time.sleep(wait_s * random.uniform(0.5, 1))  # noqa: S311 - so that waiting processes do not march in step
        wait_s = min(wait_s * 1.5, _LONGEST_WAIT_S)


def _threads(path: Path) -> int:
    """Give how many threads pay: a small store is asked and added to sooner by one, and a first read needs the rest."""
    if path.exists() and path.stat().st_size < _SMALL_BYTES:
        return 1
    return min(os.cpu_count() or 1, 4)


def _busy(message: str, waited_s: float) -> str:
    return f"The store has been in use by {_holder(message)} for more than {waited_s:.0f} s."


def _holder(message: str) -> str:
    match = _HOLDER.search(message)
    return f"process {match['pid']} ({match['program']})" if match else "another process"


@contextlib.contextmanager
def _heard() -> Iterator[None]:
    """Turn what DuckDB makes of Ctrl-C back into that."""
    try:
        yield
    except (_duckdb.Error, RuntimeError) as error:
        if any(sign in str(error) for sign in _INTERRUPTED):
            raise KeyboardInterrupt from error
        raise


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what DuckDB or the system raises about the file itself into our own errors, with what to do."""
    try:
        with _heard():
            yield
    except _duckdb.Error as error:
        message = str(error)
        if any(sign in message for sign in _FULL):
            raise StoreFullError(f"There is no room left to write {path}.") from error
        if any(sign in message for sign in _DAMAGED):
            raise StoreCorruptError(f"The store {path} is damaged.", hint=way_out(path)) from error
        if "Unknown TimeZone" in message:
            raise UsageError(
                f"The store does not know the time zone {_QUOTED.findall(message)[0]}.",
                hint="Name another with --timezone, such as Europe/Berlin or UTC.",
            ) from error
        if isinstance(error, (_duckdb.IOException, _duckdb.TransactionException, _duckdb.FatalException)):
            hint = _RIGHTS if any(sign in message for sign in _REFUSED) else ""
            raise StoreError(
                f"The store {path} cannot be used: {message.splitlines()[0]}.", hint=hint
            ) from error
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFullError(f"There is no room left to write {path}.") from error
        raise


@contextlib.contextmanager
def _reached(path: Path) -> Iterator[None]:
    """Turn what the system says against a file, or its folder, into our own error."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StoreError(f"The store {path} cannot be used: {error.strerror}.", hint=_RIGHTS) from error


def way_out(path: Path) -> str:
    """Say what can be done about a damaged store."""
    latest = (
        "`ccmeter restore --latest` puts the newest backup in its place; "
        if _has_backups(path.parent / BACKUPS)
        else ""
    )
    return (
        f"{latest}`ccmeter restore --rebuild` makes a new store from the logs that still exist and the newest backup. "
        "Both keep the damaged file."
    )


def _has_backups(folder: Path) -> bool:
    try:
        return any(name.endswith(ENDING) for name in os.listdir(folder))  # noqa: PTH208
    except OSError:
        return False
