"""Measures what syncing costs a machine: the CPU of its first sync, and that of a sync that finds nothing new.

    python benchmarks/sync.py [--messages N] [--rounds N]

Logs are made up, small and read before; the server runs in a process of its own and is not counted. A sync that finds
nothing is told as a multiple of what importing its HTTP client takes in the same rounds, both as whole processes.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support import bulk
from support.command import CCMETER, Command

MOST_FIRST_S: Final = 5.0
MOST_IDLE: Final = 3.0
_PER_FILE: Final = 1_000
_WAIT_S: Final = 60


def cpu_of(words: list[str], environment: dict[str, str]) -> float:
    """Run a process to its end; give the seconds of CPU that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Measure, tell, and end with 1 where a target is not met."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--messages", type=int, default=750_000)
    asked.add_argument("--rounds", type=int, default=7)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        (home / ".config" / "ccmeter").mkdir(parents=True)
        (home / ".config" / "ccmeter" / "config.toml").write_text("", "utf-8")
        machine = Command(home, {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
        bulk.write(
            machine.claude, files=max(1, given.messages // _PER_FILE), calls=min(given.messages, _PER_FILE)
        )
        environment = machine.env(PYTHONWARNINGS="")
        subprocess.run([*CCMETER, "ingest"], env=environment, check=True)
        server, address, invite = _served(Path(folder) / "server", environment)
        try:
            first = cpu_of(
                [*CCMETER, "sync", "init", address, "--invite", invite, "--yes", "--no-ingest"], environment
            )
            rounds = [
                (
                    cpu_of([*CCMETER, "sync", "now", "--quiet", "--no-ingest"], environment),
                    cpu_of([sys.executable, "-c", "import httpx"], environment),
                )
                for _ in range(given.rounds)
            ]
        finally:
            server.terminate()
            server.wait()
    idle, client = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(f"first sync of {given.messages:,} messages: {first:.2f} s of CPU (target {MOST_FIRST_S})")
    print(
        f"nothing new: {idle:.3f} s of CPU, {idle / client:.2f} x importing httpx ({client:.3f} s; target {MOST_IDLE})"
    )
    return int(first > MOST_FIRST_S or idle > MOST_IDLE * client)


def _served(folder: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], str, str]:
    """Start a server; give it with its address and an invite."""
    folder.mkdir()
    said = folder / "said"
    with said.open("wb") as file:
        server = subprocess.Popen(
            [*CCMETER, "serve", "--port", "0", "--data-dir", os.fspath(folder)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
    until_s = time.monotonic() + _WAIT_S
    while not (found := re.search(r"sync init (\S+) --invite (\S+)", said.read_text("utf-8"))):
        if time.monotonic() > until_s:
            server.terminate()
            raise SystemExit(said.read_text("utf-8"))
        time.sleep(0.1)
    return server, found[1], found[2]


if __name__ == "__main__":
    sys.exit(main())
