"""Hooks append to the spool while ingests take it in and are killed: no reading is lost, and none is doubled.

`CCMETER_TEST_SPOOL_S=60 pytest tests/e2e/test_spool_kill.py` goes on for longer.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.statusline import snapshot
from ccmeter.store import lease
from support import bulk
from support.command import TIMEOUT_S, Command, agree, finished

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = float(os.environ.get("CCMETER_TEST_SPOOL_S", "8"))
HOOKS = 5
PER_SECOND = 4
TESTS = Path(__file__).parents[1]


def _hooks(person: Command, count: int = HOOKS) -> list[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "support.hooks", str(person.data)]
    return [
        subprocess.Popen(
            [*command, str(number), str(SECONDS), str(PER_SECOND)],
            env=person.env(PYTHONPATH=str(TESTS)),
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]


def _written(hooks: Sequence[subprocess.Popen[str]]) -> dict[str, int]:
    return {
        f"hook-{number}": int(hook.communicate(timeout=TIMEOUT_S)[0]) for number, hook in enumerate(hooks)
    }


def _killed(person: Command, after_s: float) -> bool:
    process = person.start("ingest")
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return finished(process).status == -signal.SIGKILL


def test_hooks_ingests_and_kills_at_once(person: Command) -> None:
    chance = random.Random(4)
    sums = bulk.write(person.claude, files=3, calls=50)
    assert person.run("ingest").status == 0
    hooks = _hooks(person)
    kills = []
    appended = 3
    while any(hook.poll() is None for hook in hooks):
        bulk.write(person.claude, files=(appended := appended + 1), calls=50)
        kills.append(_killed(person, chance.uniform(0.02, 0.4)))
        told = person.run("daily", "--json")
        assert told.status == 0, told.stderr
        assert snapshot.load(str(person.data)).made_at_us > 0
    written = _written(hooks)
    print(f"{sum(kills)} of {len(kills)} ingests were killed, {sum(written.values())} readings")
    assert any(kills)
    sums = bulk.write(person.claude, files=appended, calls=50)
    assert person.run("ingest").status == 0
    with lease.reading(person.store) as connection:
        by_session = dict(
            connection.execute("select session_id, count(*) from session_reading group by all").fetchall()
        )
        limits = connection.execute(
            "select limit_window, session_id, count(*), count(distinct read_us) from limit_reading group by all"
        ).fetchall()
        costs = connection.execute(
            "select count(distinct (session_id, cost_pico)) from session_reading"
        ).fetchall()
    assert by_session == written
    assert costs == [(sum(written.values()),)]
    assert {(window, session): number for window, session, number, _ in limits} == {
        (window, session): number
        for session, number in written.items()
        for window in ("five_hour", "seven_day")
    }
    assert all(number == distinct for _, _, number, distinct in limits)
    assert agree(person.totals(), sums)


def test_readings_outlive_all_that_happens_to_a_store(person: Command) -> None:
    """Backup and restore, compacting, rebuilding from logs: what was read is still there, once."""
    bulk.write(person.claude, files=2, calls=20)
    hooks = _hooks(person, 1)
    time.sleep(1)
    assert person.run("ingest").status == 0
    hooks[0].send_signal(signal.SIGTERM)
    (written,) = _written(hooks).values()

    def kept() -> int:
        assert person.run("ingest").status == 0
        with lease.reading(person.store) as connection:
            rows = connection.execute("select count(*) from session_reading where session_id = 'hook-0'")
            return int(rows.fetchall()[0][0])

    assert kept() == written
    backup = person.home / "backup.duckdb"
    for command in (
        ("backup", str(backup)),
        ("vacuum",),
        ("restore", "--rebuild", "--yes"),
        ("restore", str(backup), "--yes"),
        ("verify",),
    ):
        done = person.run(*command)
        assert done.status == 0, (command, done.stderr)
        assert kept() == written, command
