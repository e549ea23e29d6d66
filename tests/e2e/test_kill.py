"""`kill -9` at any moment: nothing that was stored is lost, nothing is stored twice, and the next run goes on.

`CCMETER_TEST_KILLS=50 pytest tests/e2e/test_kill.py` kills more often.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from support import bulk, stores
from support.command import Command, agree, finished

if TYPE_CHECKING:
    from pathlib import Path

KILLS = int(os.environ.get("CCMETER_TEST_KILLS", "12"))
MANY = {"files": 60, "calls": 1_000}
"""More than 48 MiB and 100,000 lines: read by workers, stored in several shifts."""
FEW = {"files": 20, "calls": 400}
"""Read by one process, stored at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """Logs in bulk, and how long reading them takes here."""

    folder: Path
    sums: bulk.Sums
    first_read_s: float


def _logs(folder: Path, size: dict[str, int]) -> Logs:
    home = folder / "home"
    home.mkdir(parents=True)
    person = Command(home)
    sums = bulk.write(person.claude, **size)
    started = time.monotonic()
    assert person.run("ingest").status == 0
    return Logs(folder=person.claude, sums=sums, first_read_s=time.monotonic() - started)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    return _logs(tmp_path_factory.mktemp("many"), MANY)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    return _logs(tmp_path_factory.mktemp("few"), FEW)


def _kill(person: Command, after_s: float) -> bool:
    """Kill an ingest after a while; tell whether it was still at work."""
    process = person.start("ingest")
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return finished(process).status == -signal.SIGKILL


def _tell(person: Command, kills: list[bool]) -> None:
    """Say what a kill left behind, for whoever runs many."""
    left = {path.name: path.stat().st_size for path in sorted(person.data.glob("*"))}
    print(f"killed {sum(kills)} of {len(kills)}, left {left}")


def _hold_out(person: Command, sums: bulk.Sums) -> None:
    """See that the store can be asked as it was left, and is right after one more run."""
    if person.store.exists():
        left = person.run("daily", "--json", "--no-ingest")
        totals = left.document["totals"]
        assert 0 <= totals["messages"] <= sums.calls
        assert totals["outputTokens"] <= sums.output_tokens
    done = person.run("ingest")
    assert done.status == 0, done.stderr
    assert agree(person.totals(), sums)
    assert stores.duplicate_lines(person.store) == []
    assert len(stores.calls_from_scratch(person.store)) == sums.calls
    with stores.asking(person.store) as connection:
        assert connection.execute("select count(*) from line").fetchall() == [(sums.lines,)]


@pytest.mark.parametrize("number", range(KILLS))
def test_first_read_is_killed(number: int, tmp_path: Path, few: Logs, many: Logs) -> None:
    """A first read that is killed, even several times over, is simply finished by the next run."""
    logs = many if number % 4 == 0 else few
    rng = random.Random(number)
    person = Command(tmp_path, {"CLAUDE_CONFIG_DIR": str(logs.folder)})
    kills = [_kill(person, rng.uniform(0.1, 1.05) * logs.first_read_s) for _ in range(1 + number % 2)]
    _tell(person, kills)
    _hold_out(person, logs.sums)


@pytest.mark.parametrize("number", range(KILLS))
def test_update_is_killed(number: int, person: Command, few: Logs) -> None:
    """An update of a store in use that is killed leaves what was there, and the next run completes it."""
    rng = random.Random(1_000 + number)
    sums = bulk.NOTHING
    for file in range(12):
        text, more = bulk.content(file, 0, 300)
        bulk.place(person.claude, file).write_text(text, "utf-8")
        sums += more
    before = person.totals()
    assert agree(before, sums)
    for file in range(6, 18):
        text, more = bulk.content(file, 300 if file < 12 else 0, 200)
        with bulk.place(person.claude, file).open("a", encoding="utf-8") as log:
            log.write(text)
        sums += more
    _tell(person, [_kill(person, rng.uniform(0.1, 0.9) * few.first_read_s)])
    left = person.run("daily", "--json", "--no-ingest").document["totals"]
    assert before["messages"] <= left["messages"] <= sums.calls
    assert before["outputTokens"] <= left["outputTokens"] <= sums.output_tokens
    _hold_out(person, sums)
