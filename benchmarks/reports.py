"""Times the reports that ccusage has too, on an unchanged store, and the help.

    python benchmarks/reports.py [--size MIB | --folder DIR] [--rounds N]

Each round runs both tools' `daily`, `monthly`, `session` and `blocks` with `--json` in turns, then `ccmeter --help` and
`python -c pass`; medians are compared. How times are taken, and the environment, is said in `run.py`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from run import PYTHON, Bench, Figures, generated, machine

REPORTS = ("daily", "monthly", "session", "blocks")
MOST_OF_CCUSAGE, MOST_OF_PYTHON = 0.25, 16
HELP = "ccmeter --help"


def measured(bench: Bench, rounds: int) -> dict[str, Figures]:
    """Run every contestant once in each round."""
    figures: dict[str, Figures] = {}
    bench.warm_up()
    for name in REPORTS:
        bench.report(name)
    for number in range(rounds):
        for name in REPORTS:
            figures.setdefault(f"ccmeter {name}", Figures()).take(bench.report(name))
            if bench.ccusage:
                figures.setdefault(f"ccusage {name}", Figures()).take(bench.peer(name)[0])
        figures.setdefault(HELP, Figures()).take(bench.help())
        figures.setdefault(PYTHON, Figures()).take(bench.python())
        print(f"round {number + 1} of {rounds} is done", file=sys.stderr)
    return figures


def told(figures: dict[str, Figures]) -> str:
    """Give everything as Markdown."""
    lines = [
        "| | ccmeter, wall | ccusage, wall | ratio | target | met |",
        "|:--|--:|--:|--:|--:|:--|",
    ]
    for name in REPORTS:
        own_s = statistics.median(figures[f"ccmeter {name}"].wall_s)
        peer = figures.get(f"ccusage {name}")
        if peer is None:
            lines.append(f"| {name} | {own_s:.3f} s | | | | |")
            continue
        peer_s = statistics.median(peer.wall_s)
        met = "yes" if own_s <= MOST_OF_CCUSAGE * peer_s else "no"
        lines.append(
            f"| {name} | {own_s:.3f} s | {peer_s:.3f} s | {own_s / peer_s:.3f}× | ≤ {MOST_OF_CCUSAGE}× | {met} |"
        )
    ratio = statistics.median(figures[HELP].cpu_s) / statistics.median(figures[PYTHON].cpu_s)
    met = "yes" if ratio <= MOST_OF_PYTHON else "no"
    lines.append(f"\n`--help` takes {ratio:.1f} × the CPU of `python -c pass` (≤ {MOST_OF_PYTHON}): {met}.")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time reports side by side with ccusage.")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="size of the logs to make")
    parser.add_argument("--folder", type=Path, help="an existing Claude Code folder, which is only read")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ccmeter-bench-") as work:
        folder = asked.folder.resolve() if asked.folder else generated(asked.size, Path(work))
        bench = Bench(folder, Path(work))
        print(
            machine(folder, bench.ccusage, asked.rounds), "\n", told(measured(bench, asked.rounds)), sep="\n"
        )


if __name__ == "__main__":
    main()
