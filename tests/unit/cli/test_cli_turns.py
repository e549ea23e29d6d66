"""Whose turn it is to sync, and when another command starts a sync that nobody waits for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ccmeter.cli import turns
from ccmeter.cli.turns import NEVER, Turn

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note what would be started, in place of starting it."""
    commands: list[list[str]] = []
    monkeypatch.setattr(turns, "_spawn", commands.append)
    return commands


def _write(folder: Path, turn: Turn) -> None:
    with turns.taken(str(folder)) as mine:
        assert mine is not None
        turns.write(mine, turn)


def test_without_the_file_nothing_is_done(tmp_path: Path, started: list[list[str]]) -> None:
    assert not turns.start_if_due(str(tmp_path), "")
    assert turns.read(str(tmp_path)) is None
    assert started == []
    assert list(tmp_path.iterdir()) == []


def test_one_child_is_started_when_it_is_due(tmp_path: Path, started: list[list[str]]) -> None:
    _write(tmp_path, Turn(due_s=int(time.time()) - 1, tried_s=5, failed="no answer"))
    assert turns.start_if_due(str(tmp_path), "")
    assert not turns.start_if_due(str(tmp_path), "")
    assert [words[1:5] for words in started] == [["-P", "-m", "ccmeter", "sync"]]
    found = turns.read(str(tmp_path))
    assert found is not None
    assert (found.tried_s, found.failed) == (5, "no answer")


def test_nobody_is_started_before(tmp_path: Path, started: list[list[str]]) -> None:
    now_s = int(time.time())
    _write(tmp_path, Turn(due_s=now_s + 100, tried_s=now_s))
    assert not turns.start_if_due(str(tmp_path), str(tmp_path / "config.toml"))
    _write(tmp_path, Turn(due_s=NEVER, tried_s=now_s))
    assert not turns.start_if_due(str(tmp_path), "")
    assert started == []


def test_changed_settings_and_clocks_are_looked_at(tmp_path: Path, started: list[list[str]]) -> None:
    """What was switched off may be on again, and a clock that was far ahead must not stop syncing for years."""
    now_s = int(time.time())
    settings = tmp_path / "config.toml"
    settings.write_text("", "utf-8")
    _write(tmp_path, Turn(due_s=NEVER, tried_s=now_s))
    os.utime(settings, (now_s + 10, now_s + 10))
    assert turns.start_if_due(str(tmp_path), str(settings))
    _write(tmp_path, Turn(due_s=now_s + 10**8, tried_s=now_s + 10**8))
    assert turns.start_if_due(str(tmp_path), "")
    assert len(started) == 2


def test_a_turn_is_one_process_alone(tmp_path: Path, started: list[list[str]]) -> None:
    with turns.taken(str(tmp_path)) as mine:
        assert mine is not None
        with turns.taken(str(tmp_path), patience_s=0) as other:
            assert other is None
        assert not turns.start_if_due(str(tmp_path), "")
    with turns.taken(str(tmp_path), patience_s=0) as other:
        assert other is not None
    assert started == []


def test_a_file_that_makes_no_sense_is_due(tmp_path: Path, started: list[list[str]]) -> None:
    turns_file = tmp_path / turns.NAME
    turns_file.write_bytes(b"\xff nonsense")
    assert turns.read(str(tmp_path)) == Turn()
    assert turns.start_if_due(str(tmp_path), "")


def test_words_are_kept_in_one_line(tmp_path: Path) -> None:
    _write(tmp_path, Turn(due_s=1, tried_s=2, failed="long\nwords " * 500))
    _write(tmp_path, Turn(due_s=3, tried_s=4, failed="short\nwords"))
    assert turns.read(str(tmp_path)) == Turn(due_s=3, tried_s=4, failed="short words")


def test_what_cannot_be_started_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: list[str]) -> None:
        raise OSError

    monkeypatch.setattr(turns, "_spawn", refuse)
    _write(tmp_path, Turn())
    assert not turns.start_if_due(str(tmp_path), "")
    turns.end(str(tmp_path))
    turns.end(str(tmp_path))
    assert not turns.start_if_due(str(tmp_path), "")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's way to start")
def test_the_child_outlives_and_holds_nothing(tmp_path: Path) -> None:
    """It is of a session of its own, its streams lead nowhere, and it has none of our files open."""
    told, script = tmp_path / "told", tmp_path / "child.py"
    script.write_text(
        "import os, sys\n"
        "links = [os.readlink(f'/proc/self/fd/{n}') for n in (0, 1, 2)] if os.path.isdir('/proc/self/fd') else []\n"
        "held = sys.argv[2] in [os.path.realpath(f'/proc/self/fd/{n}') for n in range(3, 50)] if links else False\n"
        "text = f'{os.getsid(0) == os.getpid()} {set(links) <= {os.devnull}} {held}'\n"
        "open(sys.argv[1] + '.new', 'w').write(text)\n"
        "os.rename(sys.argv[1] + '.new', sys.argv[1])\n",
        "utf-8",
    )
    with turns.taken(str(tmp_path)):
        turns._spawn([sys.executable, str(script), str(told), turns.path_of(str(tmp_path))])
    until_s = time.monotonic() + 60
    while not told.exists() and time.monotonic() < until_s:
        time.sleep(0.05)
    assert told.read_text("utf-8") == "True True False"


def test_a_killed_holder_frees_the_turn(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom ccmeter.cli import turns\n"
        "with turns.taken(sys.argv[1]):\n print('held', flush=True)\n time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with turns.taken(str(tmp_path), patience_s=0) as mine:
            assert mine is None
        holder.kill()
        holder.wait()
        with turns.taken(str(tmp_path), patience_s=30) as mine:
            assert mine is not None
