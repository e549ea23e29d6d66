"""Times the status line hook on a large history, side by side with ccusage's `statusline`.

    python benchmarks/statusline.py [--size MIB | --folder DIR] [--rounds N]

In each round, in turns: `python -c pass` (the unit of CPU time), the hook with a snapshot and nothing new, the hook with a
call that was written after the snapshot, ccusage, and ccusage once more. All get the same input. Every run has a home and a
folder for temporary files of its own, but ccusage's second, which finds what its first has kept there. Medians are compared.
The environment is said in `run.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from run import CCUSAGE, PYTHON, Bench, Cost, Figures, generated, machine

MOST_OF_PYTHON, MOST_OF_CCUSAGE = 5, 0.05
AGAIN = "ccusage, the same once more"
QUIET, NEWS = "ccmeter statusline, nothing new", "ccmeter statusline, a new call"


class Hook(NamedTuple):
    """What the hook is run with."""

    program: str
    store: Path
    log: Path
    stdin: bytes


def prepared(bench: Bench, work: Path) -> Hook:
    """Read the logs, which leaves a snapshot, and choose a session."""
    bench.warm_up()
    program = shutil.which("ccmeter", path=str(Path(sys.executable).parent)) or "ccmeter"
    logs = (work / "claude" / "projects").glob("*/*.jsonl")
    log = next(
        log for log in logs if not log.is_symlink() and not log.parent.is_symlink()
    )  # the one that grows
    said = {
        "session_id": log.stem,
        "transcript_path": str(log),
        "cwd": str(work),
        "version": "2.1.200",
        "model": {"id": "claude-opus-5", "display_name": "Opus 5"},
        "workspace": {"current_dir": str(work), "project_dir": str(work)},
        "cost": {
            "total_cost_usd": 1.5,
            "total_duration_ms": 1,
            "total_api_duration_ms": 1,
            "total_lines_added": 0,
            "total_lines_removed": 0,
        },
        "context_window": {
            "context_window_size": 200_000,
            "total_input_tokens": 84_000,
            "used_percentage": 42,
        },
        "rate_limits": {"five_hour": {"used_percentage": 42, "resets_at": int(time.time()) + 7_200}},
    }
    return Hook(program, work / "store", log, json.dumps(said).encode())


def run(command: list[str], stdin: bytes, home: str, **variables: str) -> Cost:
    """Run a command to its end in a home."""
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "TZ": "UTC", **variables}
        environment |= {"HOME": home, "TMPDIR": home}
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.stdout.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or not output.strip():
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode} and said {output!r}")
        return Cost(wall_s, usage.ru_utime + usage.ru_stime, output)


def measured(bench: Bench, rounds: int, work: Path) -> dict[str, Figures]:
    """Run every contestant once in each round."""
    figures: dict[str, Figures] = {}
    hook = prepared(bench, work)
    own = [hook.program, "statusline", "--no-refresh", "--data-dir", str(hook.store)]
    peer = [bench.ccusage, "statusline", "--offline"]
    with tempfile.TemporaryDirectory(dir=work) as home:
        run(own, hook.stdin, home)
    for number in range(rounds):
        figures.setdefault(PYTHON, Figures()).take(bench.python())
        bench.later()
        with tempfile.TemporaryDirectory(dir=work) as home:
            figures.setdefault(QUIET, Figures()).take(run(own, hook.stdin, home))
            bench.append()
            figures.setdefault(NEWS, Figures()).take(run(own, hook.stdin, home))
        with tempfile.TemporaryDirectory(dir=work) as home:
            for name in (CCUSAGE, AGAIN) if bench.ccusage else ():
                cost = run(peer, hook.stdin, home, CLAUDE_CONFIG_DIR=str(bench.folder))
                figures.setdefault(name, Figures()).take(cost)
        print(f"round {number + 1} of {rounds} is done", file=sys.stderr)
    return figures


def told(figures: dict[str, Figures]) -> str:
    """Give everything as Markdown."""
    lines = ["| | wall, median | min – max | CPU, median |", "|:--|--:|--:|--:|"]
    wall_s = {name: statistics.median(each.wall_s) for name, each in figures.items()}
    cpu_s = {name: statistics.median(each.cpu_s) for name, each in figures.items()}
    for name, each in figures.items():
        spread = f"{min(each.wall_s) * 1000:.0f} – {max(each.wall_s) * 1000:.0f} ms"
        lines.append(f"| {name} | {wall_s[name] * 1000:.0f} ms | {spread} | {cpu_s[name] * 1000:.0f} ms |")
    lines += ["", "| | measured | target | met |", "|:--|--:|--:|:--|"]
    for own in (QUIET, NEWS):
        compared: list[tuple[str, float, float]] = [
            ("CPU ÷ `python -c pass`", cpu_s[own] / cpu_s[PYTHON], MOST_OF_PYTHON)
        ]
        if CCUSAGE in figures:
            compared += [
                ("wall ÷ ccusage", wall_s[own] / wall_s[CCUSAGE], MOST_OF_CCUSAGE),
                ("CPU ÷ ccusage", cpu_s[own] / cpu_s[CCUSAGE], MOST_OF_CCUSAGE),
            ]
        lines += [
            f"| {own}: {name} | {ratio:.3g}× | ≤ {most}× | {'yes' if ratio <= most else 'no'} |"
            for name, ratio, most in compared
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the status line side by side with ccusage's.")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="size of the logs to make")
    parser.add_argument("--folder", type=Path, help="an existing Claude Code folder, which is only read")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ccmeter-bench-") as work:
        folder = asked.folder.resolve() if asked.folder else generated(asked.size, Path(work))
        bench = Bench(folder, Path(work))
        print(machine(folder, bench.ccusage, asked.rounds), "\n", sep="\n")
        print(told(measured(bench, asked.rounds, Path(work))))


if __name__ == "__main__":
    main()
