"""Machines of one person with a home each, as processes, over the real server."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ccmeter.cli import syncing, turns
from support.command import Command, finished
from support.household import SETTINGS, Household, calls
from support.server import serving
from support.transcripts import Folder, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.server import Served

WAIT_S = 90
YEARS_US = 2 * 365 * 86_400_000_000
_NOTE = """
import os, sys

def _note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        with open(os.environ["NOTES"], "a") as file:
            file.write(f"{event} {arguments[1:] if event == 'socket.connect' else arguments[:2]}\\n")

sys.addaudithook(_note)
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(f"sqlite:///{tmp_path / 'server.db'}") as running:
        yield running


def _machine(tmp_path: Path, name: str, **environment: str) -> Command:
    home = tmp_path / name
    (home / ".config" / "ccmeter").mkdir(parents=True)
    (home / ".config" / "ccmeter" / "config.toml").write_text(SETTINGS, "utf-8")
    return Command(home, environment)


def _log(machine: Command, first: int, count: int) -> None:
    lines = joined([each.assistant() for each in calls(first, count)])
    Folder(machine.claude).write(f"-x/{first}.jsonl", lines)


def _until(condition: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.1)
    return True


def _begin(machine: Command, url: str, name: str) -> None:
    done = machine.run("sync", "init", url, "--yes", "--name", name)
    assert done.status == 0, done.stderr


def test_pairing_waits_until_the_code_is_taken(served: Served, tmp_path: Path) -> None:
    """And Ctrl-C ends only the waiting."""
    desk, laptop = _machine(tmp_path, "desk"), _machine(tmp_path, "laptop")
    _log(desk, 1, 5)
    _log(laptop, 4, 5)
    _begin(desk, served.url, "desk")
    waiting = desk.start("sync", "pair")
    assert waiting.stdout is not None
    code = waiting.stdout.readline().strip()
    done = laptop.run("sync", "join", code, "--name", "laptop")
    assert done.status == 0, done.stderr
    said = finished(waiting)
    assert (said.status, "was taken" in said.stderr) == (0, True)
    assert laptop.totals()["messages"] == 8
    waiting = desk.start("sync", "pair")
    assert waiting.stdout is not None
    assert "@" in waiting.stdout.readline()
    assert waiting.stderr is not None
    assert any("Ctrl-C" in line for line in iter(waiting.stderr.readline, ""))
    waiting.send_signal(signal.SIGINT)
    assert finished(waiting).status == 0


def test_other_commands_sync_in_a_child(served: Served, tmp_path: Path) -> None:
    """A report that comes when a sync is due starts one, and does not wait for it."""
    desk = _machine(tmp_path, "desk")
    _log(desk, 1, 3)
    _begin(desk, served.url, "desk")
    _log(desk, 10, 4)
    with turns.taken(str(desk.data)) as mine:
        assert mine is not None
        turns.write(mine, turns.Turn(due_s=1, tried_s=1))
    assert desk.totals()["messages"] == 7

    def is_done() -> bool:
        turn = turns.read(str(desk.data))
        return turn is not None and turn.tried_s > 1 and not turn.failed

    assert _until(is_done)
    found = json.loads(desk.run("sync", "status", "--json").stdout)
    assert found["waiting"]["messages"] == 0
    assert found["devices"][0]["messages"] == 7


def test_only_the_server_is_contacted(served: Served, tmp_path: Path) -> None:
    """By no command anybody else, and by reports nobody."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_NOTE, "utf-8")
    notes = tmp_path / "notes"
    desk = _machine(tmp_path, "desk", PYTHONPATH=str(tmp_path / "site"), NOTES=str(notes))
    _log(desk, 1, 3)
    assert desk.run("daily").status == 0
    assert not notes.exists()
    _begin(desk, served.url, "desk")
    for words in (
        ["now"],
        ["now", "--quiet"],
        ["status", "--check"],
        ["rename", "x"],
        ["phrase", "--yes"],
        ["export"],
    ):
        done = desk.run("sync", *words)
        assert done.status == 0, done.stderr
    port = served.url.rpartition(":")[2]
    said = notes.read_text("utf-8").splitlines()
    assert said
    assert all("127.0.0.1" in line and port in line for line in said), said
    notes.unlink()
    for command in (["daily"], ["doctor"], ["device"], ["sync", "status"], ["sync", "now", "--dry-run"]):
        assert desk.run(*command).status == 0
    assert not notes.exists()


def test_a_week_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine that could not reach anybody for a week tells all with one command, and so do the others."""
    household = Household(tmp_path / "homes", monkeypatch, capsys)
    desk, laptop = household.home("desk"), household.home("laptop")
    desk.log(*calls(1, 5))
    laptop.log(*calls(5, 5))
    database = f"sqlite:///{tmp_path / 'server.db'}"
    with serving(database) as served:
        desk.begin(served.url)
        desk.let_in(laptop)
        port = int(served.url.rpartition(":")[2])
    for day in range(7):
        laptop.log(*calls(100 + 1_440 * day, 3), name=f"day-{day}")
        assert laptop.run("sync", "now").status == 1
        assert laptop.totals()["messages"] == 9 + 3 * (day + 1)
    with serving(database, port=port):
        desk.log(*calls(90_000, 2), name="two")
        desk.good("sync", "now")
        laptop.good("sync", "now")
        desk.good("sync", "now")
    assert desk.totals() == laptop.totals()
    assert desk.totals()["messages"] == 9 + 21 + 2


@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_that_is_two_years_off(
    sign: int,
    served: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Totals stay right, whichever way; only the days are wrong."""
    household = Household(tmp_path / "homes", monkeypatch, capsys)
    desk, laptop = household.home("desk"), household.home("laptop")
    desk.log(*calls(1, 5))
    off_us = sign * YEARS_US
    now_us = int(time.time() * 1_000_000)
    laptop.log(
        *calls(5, 1),
        *(each for n in (50, 51) for each in calls(n, 1, at_us=now_us + off_us, stop_reason=None)),
    )
    desk.begin(served.url)
    desk.let_in(laptop)

    def wrong() -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(microseconds=off_us)

    with monkeypatch.context() as patch:
        patch.setattr(syncing, "clock", wrong)
        laptop.log(*calls(60, 2, at_us=now_us + off_us - 3_600_000_000), name="two")
        laptop.good("sync", "now")
    desk.good("sync", "now")
    totals = desk.totals()
    assert totals["messages"] == 9
    assert totals == laptop.totals()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_killed_sync_is_made_good_by_the_next(served: Served, tmp_path: Path) -> None:
    """Also by a quiet one, which looks closely after what was cut off."""
    desk, laptop = _machine(tmp_path, "desk"), _machine(tmp_path, "laptop")
    _log(desk, 1, 3)
    _begin(desk, served.url, "desk")
    code = desk.run("sync", "pair", "--no-wait").stdout.strip()
    assert laptop.run("sync", "join", code, "--name", "laptop").status == 0
    for round_ in range(6):
        _log(desk, 1_000 * (round_ + 1), 20)
        process = desk.start("sync", "now")
        time.sleep(0.15 * (round_ + 1))  # wherever it is by then
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert desk.run("sync", "now", "--quiet").status == 0
    assert laptop.run("sync", "now").status == 0
    assert laptop.totals() == desk.totals()
    assert laptop.totals()["messages"] == 123
    assert (desk.data / turns.NAME).exists()
