"""Measures the live screen: how soon it shows something useful, what it costs while nothing happens, what memory it takes.

    python benchmarks/monitor.py --folder LOGS --rounds 7 --idle 60
    python benchmarks/monitor.py --folder LOGS --rounds 0 --growing 60 --screen sessions

The first paint is held against an empty Textual program in the same run. Both are started on a terminal of their own,
and the clock stops when a word that only a finished screen has is drawn. With --growing a call is logged every second
meanwhile, into a folder of its own. Linux only: times and memory are from /proc.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import pty
import re
import select
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

_CODES = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]")
_TICKS = os.sysconf("SC_CLK_TCK")
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("READY")
Empty().run()
"""
TIMEOUT_S = 120.0


class Screen:
    """A program on a terminal of its own."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.began_s = time.perf_counter()
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execvpe(arguments[0], arguments, environment)
        self.drawn = b""

    def until(self, word: bytes) -> float:
        """Wait for a word; give the seconds since the start."""
        while word not in _CODES.sub(b"", self.drawn):
            if time.perf_counter() - self.began_s > TIMEOUT_S:
                raise TimeoutError(self.drawn[-2_000:])
            self.take(1.0)
        return time.perf_counter() - self.began_s

    def take(self, wait_s: float) -> None:
        """Take what is drawn."""
        if select.select([self.file], [], [], wait_s)[0]:
            with contextlib.suppress(OSError):
                self.drawn += os.read(self.file, 1 << 16)

    def growing(self, seconds: int, log: Path) -> None:
        """Log a call every second."""
        for number in range(seconds):
            with log.open("a", encoding="utf-8") as file:
                file.write(call(number) + "\n")
            self.idle(1.0)

    def idle(self, seconds: float) -> None:
        """Let it be, drawing what it draws."""
        until_s = time.perf_counter() + seconds
        while (left_s := until_s - time.perf_counter()) > 0:
            self.take(left_s)

    def cpu_s(self) -> float:
        """Give its CPU seconds so far, its ended children's included."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS

    def memory_mib(self) -> tuple[float, float]:
        """Give its proportional set size now, and its peak resident size, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text("utf-8")
        smaps = Path(f"/proc/{self.pid}/smaps_rollup").read_text("utf-8")
        return _kib("Pss", smaps) / 1024, _kib("VmHWM", status) / 1024

    def end(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.file)


def call(number: int) -> str:
    """Give a line as Claude Code writes it for a call made now."""
    usage = {"input_tokens": 3, "output_tokens": 500 + number, "cache_read_input_tokens": 30_000}
    message = {"id": f"msg_growing_{number}", "role": "assistant", "model": "claude-opus-4-5-20251101"}
    return json.dumps(
        {
            "type": "assistant",
            "uuid": f"growing-{number}",
            "requestId": f"req_growing_{number}",
            "sessionId": "growing",
            "cwd": "/home/dev/growing",
            "timestamp": dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z"),
            "message": {**message, "stop_reason": "end_turn", "usage": usage},
        }
    )


def _kib(name: str, text: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="a Claude Code folder; it is only read")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--idle", type=float, default=60.0)
    parser.add_argument(
        "--growing", type=int, default=0, help="seconds in which a call is logged every second"
    )
    parser.add_argument("--screen", default="now")
    parser.add_argument("--word", default="", help="drawn only by the finished screen")
    chosen = parser.parse_args()
    words = {"now": b"Live", "reports": b"Change"}
    word = chosen.word.encode() or words.get(chosen.screen, chosen.screen.title().encode())
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CCMETER_")},
            "HOME": home,
            "CCMETER_DATA_DIR": str(Path(home, "data")),
            "TERM": "xterm-256color",
            "COLUMNS": "120",
            "LINES": "40",
        }
        monitor = [sys.executable, "-m", "ccmeter", "monitor", "--claude-dir", str(chosen.folder.resolve())]
        log = Path(home, "claude", "projects", "-home-dev-growing", "growing.jsonl")
        log.parent.mkdir(parents=True)
        monitor += ["--claude-dir", str(Path(home, "claude")), "--screen", chosen.screen]
        first = Screen(monitor, environment)  # reads the logs and compiles what is not compiled
        first.until(word)
        first.idle(5)
        first.end()
        if chosen.growing:
            screen = Screen(monitor, environment)
            screen.until(word)
            screen.idle(10)
            before_s = screen.cpu_s()
            screen.growing(chosen.growing, log)
            used = (screen.cpu_s() - before_s) / chosen.growing * 100
            screen.end()
            print(f"a call every second    {used:.2f} % of a core over {chosen.growing} s on {chosen.screen}")
        if not chosen.rounds:
            return
        empty: list[float] = []
        ours: list[float] = []
        for _ in range(chosen.rounds):
            for arguments, mark, times in (
                ([sys.executable, "-c", EMPTY], b"READY", empty),
                (monitor, word, ours),
            ):
                screen = Screen(arguments, environment)
                times.append(screen.until(mark))
                screen.end()
        screen = Screen(monitor, environment)
        screen.until(word)
        screen.idle(10)
        before_s = screen.cpu_s()
        screen.idle(chosen.idle)
        share = (screen.cpu_s() - before_s) / chosen.idle * 100
        pss, peak = screen.memory_mib()
        screen.end()
    print(f"empty Textual program  {_spread(empty)}")
    print(
        f"ccmeter monitor        {_spread(ours)}  {statistics.median(ours) / statistics.median(empty):.2f}x"
    )
    print(f"idle over {chosen.idle:g} s       {share:.2f} % of a core")
    print(f"memory                 {pss:.0f} MiB now, {peak:.0f} MiB at its peak")


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.3f} s ({min(times):.3f} - {max(times):.3f})"


if __name__ == "__main__":
    main()
