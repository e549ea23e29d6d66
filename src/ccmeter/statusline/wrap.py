"""The user's own status line: started with the same input, its output first and ours behind it.

It has a time limit, and nothing that it does (fail, hang, print no text, end early, leave children) can take our line away.
"""

import os
import select
import signal
import subprocess
import sys
import time

from ccmeter.statusline.line import width

SEPARATOR = " · "
_MOST_BYTES = 65_536
_CHUNK_BYTES = 65_536
_CANCELLING = () if sys.platform == "win32" else (signal.SIGTERM, signal.SIGHUP)
"""How Claude Code may end us: what we have started must not live on."""


class Wrapped:
    """A command that runs."""

    def __init__(self, process: "subprocess.Popen[bytes] | None", content: bytes, timeout_s: float) -> None:
        """Take over a process; None where it could not be started."""
        self._process = process
        self._content = content
        self._ends_s = time.monotonic() + timeout_s

    def before(self, line: str, columns: int) -> str:
        """Give its output, and our line behind it if both fit, else below it."""
        told = self._output().decode("utf-8", "replace").replace("\0", "").rstrip("\r\n ")
        if not told or not line:
            return told or line
        last = told.rpartition("\n")[2]
        fits = columns and width(last) + len(SEPARATOR) + width(line) <= columns
        return f"{told}{SEPARATOR if fits else chr(10)}{line}"

    def _output(self) -> bytes:
        """Feed it and hear it until it ends or its time is over."""
        process = self._process
        if process is None:
            return b""
        try:
            return _heard(process, self._content, self._ends_s)
        finally:
            _end(process)
            _let_be()


def start(command: str, content: bytes, timeout_s: float) -> Wrapped:
    """Start a command in a shell. Never raises: one that cannot be started says nothing."""
    started: list[subprocess.Popen[bytes]] = []
    is_cancelled = False

    def cancel(*_: object) -> None:
        """Take the command along when Claude Code cancels us; one that is only just starting ends below."""
        nonlocal is_cancelled
        is_cancelled = True
        if started:
            _end(started[0])
            os._exit(0)

    for number in _CANCELLING:  # before the command can do anything
        signal.signal(number, cancel)
    try:
        process = subprocess.Popen(  # noqa: S602 - the user's own command, as Claude Code itself would run it
            command,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError):
        _let_be()
        return Wrapped(None, content, timeout_s)
    started.append(process)
    if is_cancelled:
        cancel()
    return Wrapped(process, content, timeout_s)


def _let_be() -> None:
    """End by a signal as other programs do."""
    for number in _CANCELLING:
        signal.signal(number, signal.SIG_DFL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the command and everything that it started."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass  # it has ended
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


if sys.platform == "win32":  # pragma: no cover - no test runs there

    def _heard(process: "subprocess.Popen[bytes]", content: bytes, ends_s: float) -> bytes:
        try:
            told, _ = process.communicate(content, timeout=max(ends_s - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return b""
        return told[:_MOST_BYTES]

else:

    def _heard(process: "subprocess.Popen[bytes]", content: bytes, ends_s: float) -> bytes:
        """Give what it printed until it closed its output; of one that runs out of time, nothing.

        Children that it leaves behind may hold its output open, so the end of the process itself counts as well.
        """
        assert process.stdin is not None
        assert process.stdout is not None
        sink, source = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(sink, False)
        os.set_blocking(source, False)
        told, rest = b"", memoryview(content)
        while True:
            left_s = ends_s - time.monotonic()
            if left_s <= 0:
                return b""
            readable, writable, _ = select.select(
                [source], [sink] if sink >= 0 else [], [], min(left_s, 0.05)
            )
            if writable:
                rest = _fed(sink, rest)
                if not rest:
                    process.stdin.close()
                    sink = -1
            has_ended = not readable and process.poll() is not None
            piece = _read(source) if readable or has_ended else None  # it may have printed since we looked
            if piece:
                told = (told + piece)[:_MOST_BYTES]
            elif piece == b"" or has_ended:
                return told

    def _fed(sink: int, rest: memoryview) -> memoryview:
        """Write some of its input; nothing is left for one that does not listen."""
        try:
            return rest[os.write(sink, rest[:_CHUNK_BYTES]) :]
        except BlockingIOError:
            return rest
        except OSError:
            return rest[:0]

    def _read(source: int) -> bytes:
        try:
            return os.read(source, _CHUNK_BYTES)
        except OSError:
            return b""
