"""Measures the live screen: how soon it shows something useful, what it costs while nothing happens, what memory it takes.

    python benchmarks/monitor.py --folder LOGS --rounds 7 --idle 60
    python benchmarks/monitor.py --folder LOGS --rounds 0 --growing 60 --screen sessions

The first useful paint is held against an empty Textual program in the same run. Each is started on a terminal of its own,
and the clock stops when a figure that only an answer of the store can give is drawn: the name of a project that is at work.
It is measured twice: with what the last monitor left (its figures bear their instant and age), and without, when the
figures are those of now. Sessions at work are made up, in a folder of their own. With
--growing a call is logged every second meanwhile, into a folder of its own. Linux only: times and memory are from /proc.
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
AT_WORK = ("zebra", "yak", "xerus")
"""Projects that no log of the folder has."""


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


def work(folder: Path) -> None:
    """Write sessions that were at work until a minute ago, a call every two minutes each."""
    for place, project in enumerate(AT_WORK):
        file = folder / "projects" / project / f"{project}.jsonl"
        file.parent.mkdir(parents=True)
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60 + 20 * place)
        with file.open("w", encoding="utf-8") as log:
            for number in range(80):
                at = now - dt.timedelta(minutes=2 * (79 - number))
                log.write(json.dumps(_call(project, number, at)) + "\n")


def _call(project: str, number: int, at: dt.datetime) -> dict[str, object]:
    usage = {
        "input_tokens": 3,
        "cache_creation_input_tokens": 1_000,
        "cache_read_input_tokens": 1_000 * number,
        "output_tokens": 100 + 37 * number % 900,
    }
    return {
        "type": "assistant",
        "uuid": f"{project}-{number}",
        "sessionId": project,
        "requestId": f"req_{project}_{number}",
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "cwd": f"/home/dev/{project}",
        "gitBranch": "main",
        "message": {
            "id": f"msg_{project}_{number}",
            "role": "assistant",
            "model": "claude-opus-4-6",
            "stop_reason": "end_turn",
            "usage": usage,
        },
    }


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


def grow(monitor: list[str], name: str, seconds: int, log: Path, environment: dict[str, str]) -> None:
    """Print what a screen costs while a call is logged every second."""
    screen = Screen([*monitor, "--screen", name], environment)
    screen.until(name.title().encode())
    screen.idle(10)
    before_s = screen.cpu_s()
    screen.growing(seconds, log)
    used = (screen.cpu_s() - before_s) / seconds * 100
    screen.end()
    print(f"a call every second    {used:.2f} % of a core over {seconds} s on {name}")


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
    chosen = parser.parse_args()
    word = AT_WORK[0].encode()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CCMETER_")},
            "HOME": home,
            "CCMETER_DATA_DIR": str(Path(home, "data")),
            "TERM": "xterm-256color",
            "COLUMNS": "120",
            "LINES": "40",
        }
        work(Path(home, "work"))
        log = Path(home, "claude", "projects", "-home-dev-growing", "growing.jsonl")
        log.parent.mkdir(parents=True)
        monitor = [sys.executable, "-m", "ccmeter", "monitor"]
        for folder in (chosen.folder.resolve(), Path(home, "work"), Path(home, "claude")):
            monitor += ["--claude-dir", str(folder)]
        first = Screen(monitor, environment)  # reads the logs and compiles what is not compiled
        first.until(word)
        first.idle(8)
        first.end()
        afterimage = Path(home, "data", "afterimage.json")
        left = afterimage.read_bytes()
        if chosen.growing:
            grow(monitor, chosen.screen, chosen.growing, log, environment)
        if not chosen.rounds:
            return
        empty: list[float] = []
        again: list[float] = []
        anew: list[float] = []
        for _ in range(chosen.rounds):
            for arguments, mark, times in (
                ([sys.executable, "-c", EMPTY], b"READY", empty),
                (monitor, word, again),
                (monitor, word, anew),
            ):
                afterimage.unlink(missing_ok=True)
                if times is again:
                    afterimage.write_bytes(left)
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
    for name, times in (("opened again", again), ("opened anew", anew)):
        print(f"{name:<21}  {_spread(times)}  {statistics.median(times) / statistics.median(empty):.2f}x")
    print(f"idle over {chosen.idle:g} s       {share:.2f} % of a core")
    print(f"memory                 {pss:.0f} MiB now, {peak:.0f} MiB at its peak")


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.3f} s ({min(times):.3f} - {max(times):.3f})"


if __name__ == "__main__":
    main()
