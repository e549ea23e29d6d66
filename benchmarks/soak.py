"""Everything at once for as long as you like: the screen, reports, ten hooks a second, growing logs, and ingests.

    python benchmarks/soak.py [--seconds 600] [--no-monitor] [--hooks-per-second 10] [--keep DIR] [--json]

In a home of its own, several things go on together until the time is over: `ccmeter monitor` in a terminal of its own
(a pseudo-terminal, 120 by 40), `ccmeter daily --json` again and again, `ccmeter ingest` again and again, `ccmeter statusline`
so many times a second, each with a cost and limits of its own, and sessions that append to their logs. At the end the
totals of a report must be what was written to the logs, every reading of every hook must stand in the store once, and
nothing may have failed. Exit status 0 if so, 1 if not.

Linux and macOS. Run it with the Python that ccmeter is installed for.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CCMETER = (sys.executable, "-m", "ccmeter")
PATIENCE_S = 60
LANES = 4
"""Hooks of several sessions run beside each other."""
LINES_PER_SECOND = 5
SIZE = struct.pack("HHHH", 40, 120, 0, 0)
FIELDS = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "cache_creation_input_tokens": "cacheCreationTokens",
    "cache_read_input_tokens": "cacheReadTokens",
}


@dataclass(slots=True)
class Seen:
    """What happened, told by several threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    errors: list[str] = field(default_factory=list)
    took_s: dict[str, list[float]] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys([*FIELDS, "messages"], 0))
    readings: dict[str, int] = field(default_factory=dict)

    def fail(self, text: str) -> None:
        """Note that something went wrong."""
        with self.lock:
            self.errors.append(text)

    def note(self, name: str, took_s: float) -> None:
        """Note how long a command took."""
        with self.lock:
            self.took_s.setdefault(name, []).append(took_s)


class Soak:
    """One run in a home of its own."""

    def __init__(self, home: Path, seconds: float) -> None:
        self.home = home
        self.data = home / "kept"
        self.logs = home / ".claude" / "projects" / "-home-soak"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.seen = Seen()
        self.over = threading.Event()
        self.end_s = time.monotonic() + seconds
        ours = ("CCMETER_", "CLAUDE_", "XDG_", "NO_COLOR", "COLUMNS", "LINES", "TZ")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.env = {
            **kept,
            "HOME": str(home),
            "CCMETER_DATA_DIR": str(self.data),
            "CCMETER_CONFIG": str(home / "config.toml"),
            "TZ": "UTC",
            "TERM": "xterm-256color",
        }

    def run(self, *arguments: str, told: bytes = b"") -> bytes:
        """Run a command, note what it took, and give its answer."""
        started = time.monotonic()
        try:
            done = subprocess.run(
                [*CCMETER, *arguments],
                env=self.env,
                input=told,
                capture_output=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self.seen.fail(f"{arguments[0]}: not done after {PATIENCE_S} s")
            return b""
        self.seen.note(arguments[0], time.monotonic() - started)
        if done.returncode or (arguments[0] == "statusline" and not done.stdout.strip()):
            self.seen.fail(f"{arguments[0]}: status {done.returncode}: {done.stderr.decode()[-500:]}")
        return done.stdout

    def repeat(self, pause_s: float, step: Callable[[], object]) -> None:
        """Do something again and again, at a steady pace, until the time is over."""
        due_s = time.monotonic()
        while not self.over.is_set() and time.monotonic() < self.end_s:
            step()
            due_s = max(due_s + pause_s, time.monotonic() - pause_s)
            self.over.wait(max(due_s - time.monotonic(), 0))

    def hook(self, lane: int) -> None:
        """Run the hook once, as Claude Code does: every time with another cost."""
        session = f"session-{lane}"
        number = self.seen.readings.get(session, 0) + 1
        now_s = int(time.time())
        told = {
            "session_id": session,
            "transcript_path": str(self.log(lane)),
            "model": {"id": "claude-opus-4-6", "display_name": "Opus 4.6"},
            "cost": {"total_cost_usd": number / 1_000},
            "context_window": {"context_window_size": 200_000, "used_percentage": number % 101},
            "rate_limits": {
                "five_hour": {"used_percentage": number % 101, "resets_at": now_s + 9_000},
                "seven_day": {"used_percentage": number % 97, "resets_at": now_s + 300_000},
            },
        }
        self.run("statusline", told=json.dumps(told).encode())
        self.seen.readings[session] = number

    def log(self, lane: int) -> Path:
        """Give the transcript of a session."""
        return self.logs / f"session-{lane}.jsonl"

    def append(self, lane: int) -> None:
        """Let a session write a call: two lines, of which the second has the final count."""
        number = self.seen.sums["messages"]
        usage = {
            "input_tokens": 3,
            "cache_creation_input_tokens": 100 + number % 50,
            "cache_read_input_tokens": 20_000,
            "output_tokens": 1,
        }
        final = {**usage, "output_tokens": 200 + number % 300}
        for counts, reason in ((usage, None), (final, "end_turn")):
            message: dict[str, Any] = {
                "id": f"msg_{lane}_{number}",
                "model": "claude-opus-4-6",
                "role": "assistant",
                "type": "message",
                "content": [],
                "stop_reason": reason,
                "usage": counts,
            }
            record = {
                "type": "assistant",
                "sessionId": f"session-{lane}",
                "cwd": "/home/soak",
                "message": message,
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            }
            with self.log(lane).open("ab") as file:
                file.write(json.dumps(record).encode() + b"\n")
        for name in FIELDS:
            self.seen.sums[name] += final[name]
        self.seen.sums["messages"] += 1

    def append_all(self) -> None:
        """Let the next session write: one thread appends for all, so its sums need no lock."""
        self.append(self.seen.sums["messages"] % LANES)

    def monitor(self) -> None:
        """Keep the screen open, read what it draws, and press keys now and then; end it with `q`."""
        child, terminal = pty.fork()
        if not child:
            os.execve(sys.executable, [*CCMETER, "monitor"], self.env)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, SIZE)
        drawn = bytearray()
        reader = threading.Thread(target=_drain, args=(terminal, drawn), daemon=True)
        reader.start()
        self.over.wait(5)
        keys = iter("12345678" * 100_000)
        self.repeat(3, lambda: _press(terminal, next(keys)))
        _press(terminal, "q")
        status = _ended(child)
        reader.join(5)
        if status != 0:
            self.seen.fail(f"monitor: status {status}: {bytes(drawn[-2_000:])!r}")
        if b"Traceback" in drawn or len(drawn) < 1_000:  # noqa: PLR2004 - a screen is more than that
            self.seen.fail(f"monitor: {bytes(drawn[-2_000:])!r}")
        self.seen.note("monitor", time.monotonic())


def _drain(terminal: int, drawn: bytearray) -> None:
    with contextlib.suppress(OSError):  # whoever was at the other end is gone
        while some := os.read(terminal, 65_536):
            drawn += some
            del drawn[:-1_000_000]


def _press(terminal: int, key: str) -> None:
    with contextlib.suppress(OSError):
        os.write(terminal, key.encode())


def _ended(child: int) -> int:
    """Give how a process ended; one that does not end is ended, and has failed."""
    for _ in range(100):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -9


def soak(home: Path, *, seconds: float, hooks_per_second: float, with_monitor: bool) -> dict[str, Any]:
    """Let everything go on for a while; give what came of it."""
    work = Soak(home, seconds)
    work.append_all()
    work.run("ingest")
    begun_s = time.monotonic()
    threads = [
        threading.Thread(
            target=work.repeat, args=(LANES / hooks_per_second, lambda lane=lane: work.hook(lane))
        )
        for lane in range(LANES)
    ]
    threads += [
        threading.Thread(target=work.repeat, args=(1 / LINES_PER_SECOND, work.append_all)),
        threading.Thread(target=work.repeat, args=(2, lambda: work.run("ingest"))),
        threading.Thread(target=work.repeat, args=(3, lambda: work.run("daily", "--json"))),
    ]
    if with_monitor:
        threads.append(threading.Thread(target=work.monitor))
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        work.over.set()
    lasted_s = time.monotonic() - begun_s
    time.sleep(1)  # a refresh that the last hook has started may be under way
    work.run("ingest")
    return _judged(work, lasted_s)


def _judged(work: Soak, lasted_s: float) -> dict[str, Any]:
    """Compare what the store says with what was written."""
    seen = work.seen
    totals = json.loads(work.run("daily", "--json") or b'{"totals": {}}')["totals"]
    found = {name: totals.get(theirs) for name, theirs in {**FIELDS, "messages": "messages"}.items()}
    if found != seen.sums:
        seen.fail(f"totals are {found}, the logs hold {seen.sums}")
    from ccmeter.store import lease

    with lease.reading(work.data / "ccmeter.duckdb") as connection:
        sessions = connection.execute(
            "select session_id, count(*), count(distinct cost_pico) from session_reading group by all"
        ).fetchall()
        limits = connection.execute(
            "select session_id, count(*) from limit_reading where limit_window = 'five_hour' group by all"
        ).fetchall()
    kept = {name: number for name, number, _ in sessions}
    if kept != seen.readings or dict(limits) != seen.readings:
        seen.fail(f"readings are {kept} and {dict(limits)}, told were {seen.readings}")
    if any(number != costs for _, number, costs in sessions):
        seen.fail("a reading stands twice in the store")
    return {
        "seconds": round(lasted_s, 1),
        "errors": seen.errors,
        "messages": seen.sums["messages"],
        "readings": sum(seen.readings.values()),
        "median_s": {
            name: round(statistics.median(took), 3)
            for name, took in sorted(seen.took_s.items())
            if name != "monitor"
        },
        "runs": {name: len(took) for name, took in sorted(seen.took_s.items())},
        "snapshot_bytes": (work.data / "snapshot.json").stat().st_size,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it, and say what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--hooks-per-second", type=float, default=10)
    parser.add_argument("--no-monitor", action="store_true")
    parser.add_argument("--keep", type=Path, help="use this folder as the home, and leave it there")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        if asked.keep:
            asked.keep.mkdir(parents=True)
            home = asked.keep
        else:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccmeter-soak-")))
        told = soak(
            home,
            seconds=asked.seconds,
            hooks_per_second=asked.hooks_per_second,
            with_monitor=not asked.no_monitor,
        )
    if asked.json:
        print(json.dumps(told, indent=2))
    else:
        for name, value in told.items():
            print(f"{name:15} {value}")
    return 1 if told["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
