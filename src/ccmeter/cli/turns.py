"""Lets one process sync at a time, and starts a detached `ccmeter sync now` when the last sync is some minutes old.

`sync.lock` in the folder of the store is there exactly as long as this machine is in a vault. Whoever syncs holds its
lock, which the system frees however that process ends. It says when the next sync is due, when the last was tried and
what came of it, so that another command finds out with one look and without any library. Its words come in lines.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "sync.lock"
NEVER: Final = 2**40
"""Due long after everybody is gone."""
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.1
_STARTED_S: Final = 300
"""A child that was started has so long before another is."""
_MOST_BYTES: Final = 2_000
_DIGITS: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the file says, in seconds since 1970."""

    due_s: int = 0
    tried_s: int = 0
    """When somebody last tried; 0: never."""
    failed: str = ""
    """Why that came to nothing; empty where it did not."""


def path_of(folder: str) -> str:
    """Give the file beside a store."""
    return os.path.join(folder, NAME)  # noqa: PTH118 - on every run


def start_if_due(folder: str, settings: str) -> bool:
    """Start a sync that nobody waits for if it is time, or if the settings have changed since; tell whether it was.

    Nothing here fails a command: what cannot be started now is started by the next one.
    """
    try:
        descriptor = os.open(path_of(folder), os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        now_s = int(time.time())
        if not _is_due(descriptor, settings, now_s) or not _locked(descriptor):
            return False
        if not _is_due(descriptor, settings, now_s):  # another was quicker
            return False
        _write(descriptor, replace(_read(descriptor), due_s=now_s + _STARTED_S))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    with contextlib.suppress(OSError):
        _spawn(command(folder))
        return True
    return False


def command(folder: str) -> list[str]:
    """Give the command: this Python, without the current folder among its modules; the logs were read just now."""
    words = ["ccmeter", "sync", "now", "--quiet", "--no-ingest", "--data-dir", folder]
    return [sys.executable, "-P", "-m", *words]


def read(folder: str) -> Turn | None:
    """Give what the file says; None if there is none."""
    try:
        descriptor = os.open(path_of(folder), os.O_RDONLY)
    except OSError:
        return None
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def taken(folder: str, *, patience_s: float = _PATIENCE_S) -> Iterator[int | None]:
    """Take the turn, in which `write` can be called; None if another process has it for longer than that."""
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    descriptor = os.open(path_of(folder), os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        until_s = time.monotonic() + patience_s
        while not (is_mine := _locked(descriptor)) and time.monotonic() < until_s:
            time.sleep(_LOOK_S)
        yield descriptor if is_mine else None
    finally:
        os.close(descriptor)


def write(descriptor: int, turn: Turn) -> None:
    """Say when the next is due and how the last went."""
    _write(descriptor, turn)


def is_to_be_seen(descriptor: int, settings: str) -> bool:
    """Tell whether the last try failed, nobody has tried yet, or the settings have changed since."""
    turn = _read(descriptor)
    return bool(turn.failed) or not turn.tried_s or _is_newer(settings, descriptor)


def end(folder: str) -> None:
    """Take the file away: this machine is in no vault any more."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_of(folder))  # noqa: PTH108


def _is_due(descriptor: int, settings: str, now_s: int) -> bool:
    turn = _read(descriptor)
    is_early = now_s < turn.due_s
    if not is_early or turn.tried_s > now_s + _STARTED_S:  # the clock went back
        return True
    return _is_newer(settings, descriptor)


def _is_newer(settings: str, descriptor: int) -> bool:
    try:
        return os.stat(settings).st_mtime > os.fstat(descriptor).st_mtime  # noqa: PTH116
    except OSError:
        return False


def _read(descriptor: int) -> Turn:
    os.lseek(descriptor, 0, os.SEEK_SET)
    due, tried, failed, *_ = [
        *os.read(descriptor, _MOST_BYTES).decode("utf-8", "replace").split("\n"),
        "",
        "",
        "",
    ]
    if not (due.isdecimal() and tried.isdecimal()):
        return Turn()
    return Turn(due_s=int(due), tried_s=int(tried), failed=failed)


def _write(descriptor: int, turn: Turn) -> None:
    failed = " ".join(turn.failed.split())[: _MOST_BYTES // 8]
    content = f"{turn.due_s:0{_DIGITS}}\n{turn.tried_s:0{_DIGITS}}\n{failed}\n".encode()
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, content)
    os.ftruncate(descriptor, len(content))


if sys.platform == "win32":  # pragma: no cover - no test runs there

    def _locked(descriptor: int) -> bool:
        import msvcrt

        os.lseek(descriptor, _MOST_BYTES, os.SEEK_SET)  # behind the words, which others may read meanwhile
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _spawn(words: list[str]) -> None:
        import subprocess

        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        nothing = subprocess.DEVNULL
        subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, creationflags=flags)  # noqa: S603

else:

    def _locked(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _spawn(words: list[str]) -> None:
        """Start a process of its own session, which has nothing of ours open and outlives whoever ends us."""
        nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0)
        standard = ((os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2))
        os.posix_spawn(words[0], words, os.environ, file_actions=[nothing, *standard], setsid=True)
