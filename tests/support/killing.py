"""Pushes to a server that is killed again and again, and looks whether what it acknowledged is still there."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from ccmeter.wire import v1
from support.rotating import everything
from support.server import Client, good

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WRITERS = 4
_WITHOUT_RATES = """
import runpy, sys
from ccmeter.server import options
options.RATES = {}
sys.argv[0] = "ccmeter"
runpy.run_module("ccmeter", run_name="__main__", alter_sys=True)
"""
"""The program as it is, but for rates: nobody is told to slow down."""
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass
class Outcome:
    """What a trial came to."""

    kills: int = 0
    acknowledged: int = 0
    lost: list[bytes] = field(default_factory=list)
    """Records whose last acknowledged version is not there, nor a later one."""


@contextlib.contextmanager
def process(database_url: str, folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `ccmeter serve` as a process; give it and its address."""
    command = [sys.executable, "-m", "ccmeter", "serve", "--port", "0", "--registration", "open", *options]
    command[1:3] = ["-c", _WITHOUT_RATES]
    running = subprocess.Popen(
        command,
        env={
            **os.environ,
            "CCMETER_DATABASE_URL": database_url,
            "CCMETER_DATA_DIR": str(folder),
            "HOME": str(folder),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    try:
        said = ""
        while not (found := _ADDRESS.search(said)):
            line = running.stderr.readline()
            assert line, said
            said += line
        yield running, f"http://127.0.0.1:{found[1]}"
    finally:
        running.kill()
        running.wait()
        running.stderr.close()


class Writers:
    """Devices that push without pause, and remember what was acknowledged."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.acknowledged: dict[str, dict[int, int]] = {f"d{number}": {} for number in range(WRITERS)}
        """By device and record, the last version that the server said it has."""
        self.count = 0
        self.is_over = False
        """This round: whoever ended the server or crashed its database has said so."""
        self._counting = threading.Lock()

    def write(self, url: str, until: Callable[[int], None]) -> None:
        """Push from all devices; `until` is told how many pushes went through, and ends the server."""
        self.is_over = False
        threads = [
            threading.Thread(target=self._write, args=(url, name, until)) for name in self.acknowledged
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _write(self, url: str, name: str, until: Callable[[int], None]) -> None:
        known = self.acknowledged[name]
        with Client(url, name) as client:
            for step in range(100_000):
                number = len(known) if step % 3 else max(len(known) - 1, 0)
                ver = known.get(number, 0) + 1
                try:
                    answer = client.ask(
                        "POST", "/v1/sync/push", v1.Push(gen=0, records=(client.sealed(number, ver),))
                    )
                except httpx.TransportError:
                    return
                if answer.status_code == httpx.codes.CONFLICT:
                    known[number] = ver  # it was stored, and the answer was lost: now it is known
                    continue
                if not answer.is_success:
                    return  # the database is away
                known[number] = ver
                with self._counting:
                    self.count += 1
                    until(self.count)
                if self.is_over:
                    return


def trial(
    database_url: str, folder: Path, kills: int, seed: int, crash: Callable[[], None] | None = None
) -> Outcome:
    """Kill the server, or crash its database, at random moments while devices push; compare after each."""
    writers, outcome = Writers(seed), Outcome()
    for kill in range(kills):
        with process(database_url, folder) as (running, url):
            _enrol(url, writers)
            outcome.lost += _lost(url, writers)
            target = writers.count + writers.random.randint(3, 25)

            def end(count: int, target: int = target, running: subprocess.Popen[str] = running) -> None:
                if count >= target and not writers.is_over:
                    writers.is_over = True
                    crash() if crash else running.send_signal(signal.SIGKILL)

            writers.write(url, end)
        outcome.kills = kill + 1
    with process(database_url, folder) as (_, url):
        outcome.lost += _lost(url, writers)
    outcome.acknowledged = writers.count
    return outcome


def _enrol(url: str, writers: Writers) -> None:
    with Client(url, "d0") as first:
        first.register()
        for name in list(writers.acknowledged)[1:]:
            with Client(url, name) as other:
                good(other.ask("POST", "/v1/devices", other.new_device(), token=first.recovery_token))


def _lost(url: str, writers: Writers) -> list[bytes]:
    with Client(url, "d0") as client:
        held = {each.rid: each for each in everything(client)}
    lost = []
    for name, known in writers.acknowledged.items():
        with Client(url, name) as client:
            for number, ver in known.items():
                wanted = client.sealed(number, ver)
                found = held.get(wanted.rid)
                if found is None or found.ver < ver or (found.ver == ver and found.ct != wanted.ct):
                    lost.append(wanted.rid)
    return lost
