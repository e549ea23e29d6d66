"""When a refresh starts, and when it must not."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ccmeter.statusline import refresh

if TYPE_CHECKING:
    from pathlib import Path

NOW_US = 1_795_260_000_000_000


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the refresh be a program that writes down its process and arguments, and what it has open, and stays."""
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys, time\n"
        f"told = open({str(tmp_path / 'told')!r}, 'a')\n"
        'told.write(f\'{os.getsid(0) == os.getpid()} {len(os.listdir("/proc/self/fd"))} '
        '{os.readlink("/proc/self/fd/1")} {sys.argv[1:]}\\n\')\n'
        "told.close()\n"
        f"while not os.path.exists({str(tmp_path / 'end')!r}): time.sleep(0.01)\n"
    )
    monkeypatch.setattr(
        refresh, "command", lambda data_dir, config: [sys.executable, str(program), data_dir, config]
    )
    return tmp_path


def start(folder: Path, *, made_at_us: int = 0, now_us: int = NOW_US) -> bool:
    return refresh.start(str(folder), made_at_us, now_us, data_dir="d", config="c")


def until(file: Path, lines: int) -> list[str]:
    for _ in range(2_000):
        if file.exists() and len(told := file.read_text().splitlines()) >= lines:
            return told
        time.sleep(0.01)
    raise AssertionError(f"{file} never came")


def is_free(folder: Path) -> bool:
    descriptor = os.open(folder / refresh.NAME, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_one_at_a_time(started: Path) -> None:
    folder = started / "kept"
    assert start(folder)
    # its standard streams, the lock, what it writes and what it looks at
    assert until(started / "told", 1) == ["True 6 /dev/null ['d', 'c']"]
    assert not is_free(folder)
    assert not start(folder, now_us=NOW_US + 3_600_000_000), "it still runs"
    (started / "end").touch()
    for _ in range(2_000):
        if is_free(folder):
            break
        time.sleep(0.01)
    assert start(folder, now_us=NOW_US + 3_600_000_000)
    until(started / "told", 2)


def test_not_too_often(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While the snapshot stays the same the pauses grow; a new one begins anew."""
    spawned: list[int] = []
    monkeypatch.setattr(refresh, "_spawn", lambda *_: spawned.append(1))
    now_us, pauses_s = NOW_US, []
    for _ in range(9):
        assert start(tmp_path, made_at_us=5, now_us=now_us)
        pause_s = next(pause for pause in range(1_000) if _would(tmp_path, 5, now_us + pause * 10**6))
        pauses_s.append(pause_s)
        now_us += pause_s * 10**6
    assert pauses_s == [20, 40, 80, 160, 320, 600, 600, 600, 600]
    assert _would(tmp_path, 6, now_us - 590 * 10**6), "a newer snapshot is tried at once"
    assert len(spawned) == 9


def _would(folder: Path, made_at_us: int, now_us: int) -> bool:
    descriptor = os.open(folder / refresh.NAME, os.O_RDWR)
    try:
        return refresh._due(descriptor, made_at_us, now_us) is not None
    finally:
        os.close(descriptor)


def _nothing(*_: object) -> None:
    """Start no process."""


def test_clock_that_was_set_back_does_not_stop_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(refresh, "_spawn", _nothing)
    assert start(tmp_path)
    assert not start(tmp_path, now_us=NOW_US - 5_000_000)
    assert start(tmp_path, now_us=NOW_US - 3_600_000_000)


def test_lock_with_nonsense_in_it_is_as_good_as_new(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(refresh, "_spawn", _nothing)
    (tmp_path / refresh.NAME).write_text("never mind")
    assert start(tmp_path)
    assert not start(tmp_path, now_us=NOW_US + 1)


def test_command_takes_no_module_from_the_current_folder() -> None:
    assert refresh.command("", "") == [sys.executable, "-P", "-m", "ccmeter", "ingest"]
    assert refresh.command("/d", "/c")[-4:] == ["--data-dir", "/d", "--config", "/c"]
