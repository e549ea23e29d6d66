"""Times what the README claims: ccmeter on a log folder, side by side with ccusage where that is installed.

    python benchmarks/run.py [--size MIB | --folder DIR] [--rounds N] [--json]

Everything is measured in one run, in turns, so that a busy minute hits all alike: in each round `python -c pass` (the
unit of CPU time: what any Python program costs), ccusage, ccmeter's first run (no store yet), a later run (nothing new)
and a run after one line was added to one log. Medians are compared, not bests.

Wall time is from before the start of a process to its end. CPU time is user and system of it and of all children that
it waited for (`os.wait4`). Peak memory is the proportional set size (Pss in /proc/*/smaps_rollup, else Rss) summed over
the process and all its descendants, looked at every 20 ms, in rounds of their own: looking costs time.

Environment: `CCUSAGE_BINARY` names the native binary of ccusage (left out without it), `CCMETER_BENCH_GENERATOR` a
script to make the folder with, called as `script OUT_DIR SIZE_MIB` (default: `benchmarks/generate_logs.py`).
Linux only. A folder given with `--folder` is only read; run it with the Python that ccmeter is installed for.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
LOOK_EVERY_S = 0.02
MIB = 2**20
APPENDED_TOKENS = 1_111
PYTHON, CCUSAGE = "python -c pass", "ccusage"
FIRST, LATER, APPENDED = "ccmeter, first run", "ccmeter, later run", "ccmeter, one line added"


class Cost(NamedTuple):
    """What one process took."""

    wall_s: float
    cpu_s: float
    output: bytes


@dataclass(slots=True)
class Figures:
    """Everything measured of one contestant."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_bytes: list[int] = field(default_factory=list)

    def take(self, cost: Cost) -> None:
        """Add one run."""
        self.wall_s.append(cost.wall_s)
        self.cpu_s.append(cost.cpu_s)


class Memory:
    """Watches a process tree's memory until it ends."""

    def __init__(self, pid: int) -> None:
        self.peak_bytes = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> int:
        """Give the most that was seen."""
        self._over.set()
        self._thread.join()
        return self.peak_bytes

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(memory_of, family(self._pid))))


def family(pid: int) -> list[int]:
    """Give a process and all its descendants."""
    members = [pid]
    for member in members:
        try:
            for task in Path(f"/proc/{member}/task").iterdir():
                members += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # ended meanwhile
    return members


def memory_of(pid: int) -> int:
    """Give the proportional set size of a process, or its resident size where that cannot be read."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    sizes = {
        line.split()[0]: int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.endswith("kB")
    }
    return sizes.get("Pss:", sizes.get("Rss:", 0))


class Bench:
    """The contestants, and where they read and keep."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self.work = work
        self.figures: dict[str, Figures] = {}
        self.ccusage = os.environ.get("CCUSAGE_BINARY", "")
        self._ccmeter = shutil.which("ccmeter", path=str(Path(sys.executable).parent)) or "ccmeter"
        self._copy, self._log = self._copied()
        self._lines = 0

    def _copied(self) -> tuple[Path, Path]:
        """Make a folder that reads like the original, in which one log of middling size may be added to."""
        logs = sorted(self.folder.glob("projects/*/*.jsonl"), key=lambda log: (log.stat().st_size, log))
        chosen = logs[len(logs) // 2]
        projects = self.work / "claude" / "projects"
        projects.mkdir(parents=True)
        for project in self.folder.joinpath("projects").iterdir():
            if project != chosen.parent:
                (projects / project.name).symlink_to(project.resolve())
                continue
            (projects / project.name).mkdir()
            for entry in project.iterdir():
                if entry != chosen:
                    (projects / project.name / entry.name).symlink_to(entry.resolve())
        log = projects / chosen.parent.name / chosen.name
        shutil.copyfile(chosen, log)
        return projects.parent, log

    def run(self, command: list[str], *, watch: bool = False, **variables: str) -> tuple[Cost, int]:
        """Run a command in an empty home; give what it took, and its peak memory if that is watched."""
        with (
            tempfile.TemporaryDirectory(dir=self.work) as home,
            tempfile.TemporaryFile() as output,
            tempfile.TemporaryFile() as narration,
        ):
            environment = {
                "PATH": os.environ.get("PATH", ""),
                "HOME": home,
                "LANG": "C.UTF-8",
                "TZ": "UTC",
                **variables,
            }
            started = time.perf_counter()
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=narration
            )
            memory = Memory(process.pid) if watch else None
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - started
            peak_bytes = memory.end() if memory else 0
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                narration.seek(0)
                told = narration.read().decode("utf-8", "replace")
                raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{told}")
            output.seek(0)
            return Cost(wall_s, usage.ru_utime + usage.ru_stime, output.read()), peak_bytes

    def python(self) -> Cost:
        """Start Python and do nothing."""
        return self.run([sys.executable, "-c", "pass"])[0]

    def help(self) -> Cost:
        """Run `ccmeter --help`."""
        return self.run([self._ccmeter, "--help"])[0]

    def peer(self, report: str = "daily", *, watch: bool = False) -> tuple[Cost, int]:
        """Run ccusage, which keeps nothing between runs."""
        command = [self.ccusage, "claude", report, "--offline", "--json"]
        return self.run(command, watch=watch, CLAUDE_CONFIG_DIR=str(self.folder))

    def first(self, *, watch: bool = False) -> tuple[Cost, int]:
        """Run ccmeter without a store."""
        with tempfile.TemporaryDirectory(dir=self.work) as store:
            return self.daily(self.folder, Path(store), watch=watch)

    def later(self, *, watch: bool = False) -> tuple[Cost, int]:
        """Run ccmeter with a store, on the copy."""
        return self.daily(self._copy, self.work / "store", watch=watch)

    def report(self, name: str) -> Cost:
        """Run a report with a store, on the copy."""
        return self.daily(self._copy, self.work / "store", name=name, watch=False)[0]

    def daily(self, claude_dir: Path, store: Path, *, watch: bool, name: str = "daily") -> tuple[Cost, int]:
        """Run `ccmeter daily --json`, or another report."""
        command = [
            self._ccmeter,
            name,
            "--json",
            "--claude-dir",
            str(claude_dir),
            "--data-dir",
            str(store),
        ]
        return self.run(command, watch=watch)

    def append(self) -> None:
        """Add one call to one log."""
        self._lines += 1
        usage = {"input_tokens": APPENDED_TOKENS, "output_tokens": 0}
        line = {
            "type": "assistant",
            "sessionId": "bench",
            "timestamp": "2026-10-01T12:00:00.000Z",
            "cwd": "/home/dev/bench",
            "message": {
                "id": f"msg_bench_{self._lines}",
                "model": "claude-opus-5",
                "stop_reason": "end_turn",
                "usage": usage,
            },
        }
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def round(self) -> None:
        """Run every contestant once, and check that an added line was counted."""
        self._figures(PYTHON).take(self.python())
        if self.ccusage:
            self._figures(CCUSAGE).take(self.peer()[0])
        self._figures(FIRST).take(self.first()[0])
        later = self.later()[0]
        self._figures(LATER).take(later)
        self.append()
        appended = self.later()[0]
        self._figures(APPENDED).take(appended)
        assert tokens(appended) - tokens(later) == APPENDED_TOKENS, "the added line was not counted once"

    def look_at_memory(self) -> None:
        """Run the contestants once more, watched."""
        if self.ccusage:
            self._figures(CCUSAGE).peak_bytes.append(self.peer(watch=True)[1])
        self._figures(FIRST).peak_bytes.append(self.first(watch=True)[1])
        self._figures(LATER).peak_bytes.append(self.later(watch=True)[1])

    def warm_up(self) -> None:
        """Compile every module, fill the page cache and make the store of the later runs."""
        self.python()
        if self.ccusage:
            self.peer()
        self.later()
        self.later()
        self.append()
        self.later()

    def _figures(self, name: str) -> Figures:
        return self.figures.setdefault(name, Figures())


def tokens(cost: Cost) -> int:
    """Give the tokens of a ccmeter report."""
    total: int = json.loads(cost.output)["totals"]["totalTokens"]
    return total


class Ratio(NamedTuple):
    """A figure that has a target."""

    name: str
    value: float
    target: float
    aim: str
    unit: str


def ratios(figures: dict[str, Figures]) -> list[Ratio]:
    """Compare medians."""
    first, later, appended = (figures[name] for name in (FIRST, LATER, APPENDED))
    extra_s = statistics.median(b - a for a, b in zip(later.wall_s, appended.wall_s, strict=True))
    unit_s = statistics.median(figures[PYTHON].cpu_s)
    found = [
        Ratio("later run, CPU ÷ `python -c pass`", statistics.median(later.cpu_s) / unit_s, 30, "20", "×"),
        Ratio("one line added, wall beyond a later run", extra_s * 1000, 50, "", " ms"),
    ]
    if first.peak_bytes:
        found.append(Ratio("first run, peak memory", max(first.peak_bytes) / MIB, 400, "", " MiB"))
    if CCUSAGE in figures:
        peer_s = statistics.median(figures[CCUSAGE].wall_s)
        found[:0] = [
            Ratio("first run, wall ÷ ccusage", statistics.median(first.wall_s) / peer_s, 0.9, "0.6", "×"),
            Ratio("later run, wall ÷ ccusage", statistics.median(later.wall_s) / peer_s, 0.15, "", "×"),
        ]
    return found


def report(bench: Bench, rounds: int) -> str:
    """Give everything as Markdown."""
    lines = [
        machine(bench.folder, bench.ccusage, rounds),
        "",
        "| | wall, median | min – max | CPU, median | peak memory |",
        "|:--|--:|--:|--:|--:|",
    ]
    for name, each in bench.figures.items():
        peak = f"{max(each.peak_bytes) / MIB:,.0f} MiB" if each.peak_bytes else ""
        spread = f"{min(each.wall_s):.3f} – {max(each.wall_s):.3f} s"
        walls, cpus = statistics.median(each.wall_s), statistics.median(each.cpu_s)
        lines.append(f"| {name} | {walls:.3f} s | {spread} | {cpus:.3f} s | {peak} |")
    lines += ["", "| | measured | target | aim | met |", "|:--|--:|--:|--:|:--|"]
    for ratio in ratios(bench.figures):
        aim = f"{ratio.aim}{ratio.unit}" if ratio.aim else ""
        met = "yes" if ratio.value <= ratio.target else "no"
        lines.append(
            f"| {ratio.name} | {ratio.value:.3g}{ratio.unit} | ≤ {ratio.target:g}{ratio.unit} | {aim} | {met} |"
        )
    return "\n".join(lines)


def machine(folder: Path, ccusage: str, rounds: int) -> str:
    """Say what was measured where, in one line."""
    logs = list(folder.glob("projects/**/*.jsonl"))
    size = sum(log.stat().st_size for log in logs)
    versions = [f"{name} {metadata.version(name)}" for name in ("ccmeter-cli", "duckdb")]
    if ccusage:
        told = subprocess.run([ccusage, "--version"], capture_output=True, text=True, check=True).stdout
        versions.append(f"ccusage {told.split()[-1]}")
    return (
        f"{size / MIB:,.0f} MiB in {len(logs):,} logs, {rounds} rounds; {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {', '.join(versions)}."
    )


def generated(size_mib: int, work: Path) -> Path:
    """Make a log folder."""
    script = os.environ.get("CCMETER_BENCH_GENERATOR") or str(HERE / "generate_logs.py")
    folder = work / "generated"
    subprocess.run([sys.executable, script, str(folder), str(size_mib)], check=True, stdout=sys.stderr)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description="Time ccmeter side by side with ccusage.")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="size of the logs to make")
    parser.add_argument("--folder", type=Path, help="an existing Claude Code folder, which is only read")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="every single figure instead of the tables")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    if load > 0.3 * (os.cpu_count() or 1):
        print(f"Others keep this machine busy (load {load:.1f}): the figures will not hold.", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="ccmeter-bench-") as work:
        folder = asked.folder.resolve() if asked.folder else generated(asked.size, Path(work))
        bench = Bench(folder, Path(work))
        bench.warm_up()
        for number in range(asked.rounds):
            bench.round()
            print(f"round {number + 1} of {asked.rounds} is done", file=sys.stderr)
        for _ in range(3):
            bench.look_at_memory()
        if asked.json:
            every = {
                name: {"wallS": each.wall_s, "cpuS": each.cpu_s, "peakBytes": each.peak_bytes}
                for name, each in bench.figures.items()
            }
            print(json.dumps(every, indent=2))
        else:
            print(report(bench, asked.rounds))


if __name__ == "__main__":
    main()
