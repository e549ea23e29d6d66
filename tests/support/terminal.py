"""A real terminal under this very process: what it draws is read, and keys are pressed, by a thread beside it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

PATIENCE_S = 60.0
CODES = re.compile(r"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07]*\x07")
_SIGNALS = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH) if sys.platform != "win32" else ()


class Watcher(threading.Thread):
    """Waits for each word to be drawn and then presses its keys; at the end of its patience, `q`."""

    def __init__(self, file: int, steps: Sequence[tuple[str, str]]) -> None:
        super().__init__(daemon=True)
        self._file, self._steps = file, list(steps)
        self.drawn = ""
        self.is_over = threading.Event()

    @property
    def left(self) -> list[tuple[str, str]]:
        """The steps that never came."""
        return self._steps

    def run(self) -> None:
        """Read until it is over."""
        until_s, since = time.monotonic() + PATIENCE_S, 0
        while not self.is_over.is_set():
            if select.select([self._file], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    self.drawn += CODES.sub("", os.read(self._file, 1 << 16).decode("utf-8", "replace"))
            if self._steps and self._steps[0][0] in self.drawn[since:]:
                since = len(self.drawn)
                os.write(self._file, self._steps.pop(0)[1].encode())
            elif time.monotonic() > until_s:
                os.write(self._file, b"q")
                until_s += 1.0


@contextlib.contextmanager
def underneath(
    monkeypatch: pytest.MonkeyPatch, *steps: tuple[str, str], size: tuple[int, int] = (100, 40)
) -> Iterator[Watcher]:
    """Put a terminal under the standard streams of this process; each step is a word to wait for and keys to press then."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    before = [os.dup(number) for number in range(3)]
    handlers = [(each, signal.getsignal(each)) for each in _SIGNALS]
    watcher = Watcher(ours, steps)
    try:
        for number in range(3):
            os.dup2(theirs, number)
        with contextlib.ExitStack() as stack:
            for name, mode, number in (("stdin", "r", 0), ("stdout", "w", 1), ("stderr", "w", 2)):
                stream = stack.enter_context(open(number, mode, encoding="utf-8", closefd=False))
                monkeypatch.setattr(sys, name, stream)
                monkeypatch.setattr(sys, f"__{name}__", stream)
            watcher.start()
            yield watcher
    finally:
        watcher.is_over.set()
        monkeypatch.undo()
        for number, kept in enumerate(before):
            os.dup2(kept, number)
            os.close(kept)
        for each, handler in handlers:
            signal.signal(each, handler)
        watcher.join(PATIENCE_S)
        os.close(ours)
        os.close(theirs)
