"""Starts one detached `ccmeter ingest`, which writes a new snapshot, and never a second one while it runs.

On POSIX the child holds `refresh.lock` in the folder of the store: the lock comes with an open file that it inherits, so
the system frees it however the child ends. The file tells when the last one was started, for which snapshot, and how many
were for that same one: where ingesting fails, the time between two grows from 10 seconds to 10 minutes.

On Windows no lock can be handed on; there the time alone keeps them apart, and the store's own lock whatever meets.
"""

import os
import sys

NAME = "refresh.lock"
PAUSE_US = 10_000_000
LONGEST_US = 600_000_000
_MOST_TRIES = 20


def start(folder: str, made_at_us: int, now_us: int, *, data_dir: str, config: str) -> bool:
    """Start a refresh unless one runs or was just started; tell whether it was. Raises OSError.

    `made_at_us` is the snapshot's; `data_dir` and `config` are handed on where they are not empty.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    path = os.path.join(folder, NAME)  # noqa: PTH118
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        tries = _due(descriptor, made_at_us, now_us)
        if tries is None or not _locked(descriptor):
            return False
        tries = _due(descriptor, made_at_us, now_us)  # another may have been quicker
        if tries is None:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{now_us:020} {made_at_us:020} {tries:03}\n".encode())
        _spawn(command(data_dir, config), descriptor)
        return True
    finally:
        os.close(descriptor)


def command(data_dir: str, config: str) -> list[str]:
    """Give the command: this Python, without the current folder among its modules, which is a project's."""
    places = [*(["--data-dir", data_dir] if data_dir else []), *(["--config", config] if config else [])]
    return [sys.executable, "-P", "-m", "ccmeter", "ingest", *places]


def _due(descriptor: int, made_at_us: int, now_us: int) -> int | None:
    """Give how often a refresh of this snapshot was started before; None if the next must wait."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    words = os.read(descriptor, 100).split()
    if len(words) != 3 or not all(word.isdigit() for word in words):  # noqa: PLR2004
        return 0
    started_us, for_us, tries = map(int, words)
    tries = min(tries + 1, _MOST_TRIES) if for_us == made_at_us else 0
    wait_us = min(PAUSE_US << tries, LONGEST_US) if tries else PAUSE_US
    is_early = 0 <= now_us - started_us < wait_us or 0 < started_us - now_us < PAUSE_US
    return None if is_early else tries


if sys.platform == "win32":  # pragma: no cover - no test runs there

    def _locked(descriptor: int) -> bool:  # noqa: ARG001 - as below
        return True

    def _spawn(words: list[str], descriptor: int) -> None:  # noqa: ARG001 - as below
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

    def _spawn(words: list[str], descriptor: int) -> None:
        """Start a process of its own session, which outlives us and whoever cancels us; it has nothing open but the lock."""
        if os.fork():
            return
        try:  # pragma: no cover - the child; a test looks at what it has open
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            while descriptor <= 2:  # noqa: PLR2004 - we were started without standard streams
                descriptor = os.dup(descriptor)
            for standard in (0, 1, 2):
                os.dup2(nothing, standard)
            os.set_inheritable(descriptor, True)  # noqa: FBT003
            os.closerange(3, descriptor)
            os.closerange(descriptor + 1, 256)
            os.execv(words[0], words)  # noqa: S606
        finally:
            os._exit(127)
