"""Runs a program for a channel: its own group, its own time, and nothing of what it says."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING

from ccmeter.alerts.message import Undelivered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(argv: Sequence[str], environment: Mapping[str, str], *, given: bytes = b"", timeout_s: float) -> None:
    """Run a program to its end, without a shell. Raises Undelivered; after its time it and what it started are ended."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own choice, or a fixed one
            list(argv),
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name or arguments cannot be used"
        raise Undelivered(f"it could not be started: {reason}") from None
    with process:
        try:
            process.communicate(given, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end(process)
            raise Undelivered(f"it took longer than {timeout_s:g} s") from None
    if process.returncode:
        raise Undelivered(f"it ended with status {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it leads a group of its own
    process.kill()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
