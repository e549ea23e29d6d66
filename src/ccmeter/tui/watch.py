"""Notices that logs or readings changed: told by the system, with a slow look of our own in case it does not tell.

Folders on network drives tell nothing, so they are looked at instead, as often as a hundredth of the time allows. A folder
that was not there, or is there no more, is noticed within seconds.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LOOK_S: Final = 30.0
"""How often we look ourselves, where the system tells."""
REMOTE_LOOK_S: Final = 2.0
"""How often where it does not; a look that takes long is taken less often."""
FOLDERS_S: Final = 5.0
"""How often we see which folders there are."""
_REST: Final = 100
_STEP_MS: Final = 100
"""So long nothing may follow before a change is told,"""
_DEBOUNCE_MS: Final = 300
"""and so long a burst may last."""
_REMOTE: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "vboxsf", "afs", "drvfs", "virtiofs"}
)


def remote(folder: Path, mounts: str) -> bool:
    """Tell whether a folder is on a drive that does not tell of changes, by `/proc/mounts` (empty: unknown)."""
    found, best = "", -1
    for line in mounts.splitlines():
        words = line.split(" ")
        if len(words) < 3:  # noqa: PLR2004 - device, place, kind
            continue
        place = words[1].replace("\\040", " ")
        if folder.is_relative_to(place) and len(place) > best:
            found, best = words[2], len(place)
    return found in _REMOTE or str(folder).startswith(("\\\\", "//"))


def seen(folders: Sequence[Path]) -> int:
    """Give a number that is another one when a file below the folders is."""
    found = []
    waiting = [os.fspath(folder) for folder in folders]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name.endswith(".jsonl"):
                        told = entry.stat()
                        found.append((entry.path, told.st_size, told.st_mtime_ns, told.st_ino))
        except OSError:
            continue
    return hash(tuple(sorted(found)))


class Watch:
    """A thread that calls `changed` whenever there may be something new, and `folders` when these come and go."""

    def __init__(
        self,
        folders: Sequence[Path],
        changed: Callable[[], object],
        *,
        missing: Callable[[tuple[Path, ...]], object],
        must_look: bool | None = None,
    ) -> None:
        self._folders = tuple(folders)
        self._tell = changed
        self._tell_missing = missing
        self._must_look = must_look
        self._seen: int | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience_s: float = 2.0) -> None:
        """End."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join(patience_s)

    def _run(self) -> None:
        there: tuple[Path, ...] | None = None
        while not self._is_over.is_set():
            now_there = tuple(folder for folder in self._folders if folder.is_dir())
            if now_there != there:
                self._tell_missing(tuple(folder for folder in self._folders if folder not in now_there))
                if there is not None:
                    self._tell()
                there = now_there
            if not there:
                self._is_over.wait(REMOTE_LOOK_S)
            elif self._is_looked_at(there):
                self._looked(there)
            else:
                self._told(there)

    def _is_looked_at(self, there: tuple[Path, ...]) -> bool:
        if self._must_look is not None:
            return self._must_look
        if os.environ.get("WATCHFILES_FORCE_POLLING", "").lower() not in {"", "false", "disable", "disabled"}:
            return True
        mounts = ""
        if sys.platform == "linux":
            try:
                mounts = Path("/proc/mounts").read_text("utf-8", "replace")
            except OSError:
                mounts = ""
        return any(remote(folder.resolve(), mounts) for folder in there)

    def _looked(self, there: tuple[Path, ...]) -> None:
        """Look until the folders are others."""
        while not self._is_over.is_set() and all(folder.is_dir() for folder in there):
            took_s = self._look(there)
            self._is_over.wait(max(REMOTE_LOOK_S, _REST * took_s))

    def _look(self, there: tuple[Path, ...]) -> float:
        begun_s = time.thread_time()
        found = seen(there)
        if found != self._seen:
            if self._seen is not None:
                self._tell()
            self._seen = found
        return time.thread_time() - begun_s

    def _told(self, there: tuple[Path, ...]) -> None:
        """Listen until the folders are others."""
        looked_at_s = time.monotonic()
        try:
            for has_changed in self._changes(there):
                if has_changed:
                    self._tell()
                    self._seen = None
                elif time.monotonic() - looked_at_s >= LOOK_S:
                    self._look(there)
                    looked_at_s = time.monotonic()
                if tuple(folder for folder in self._folders if folder.is_dir()) != there:
                    return
        except OSError:  # no more of the system's watches, or a folder went this very moment
            self._look(there)
            self._is_over.wait(FOLDERS_S)

    def _changes(self, there: tuple[Path, ...]) -> Iterator[bool]:
        from watchfiles import watch

        def counts(_: object, path: str) -> bool:
            # what is written into a new folder before the system watches that is never told: the folder itself is
            return path.endswith(".jsonl") or os.path.isdir(path)  # noqa: PTH112 - a hot path

        for changes in watch(
            *there,
            watch_filter=counts,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            stop_event=self._is_over,
            rust_timeout=round(FOLDERS_S * 1_000),
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            ignore_permission_denied=True,
        ):
            yield bool(changes)
