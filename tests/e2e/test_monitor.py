"""The live screen as a person has it: the real program on a terminal, while another process writes logs."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import bulk
from support.command import CCMETER, Command
from support.transcripts import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

TIMEOUT_S = 30
_CODES = re.compile(r"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07]*\x07")


class Terminal:
    """A program on a terminal of its own, and all that it ever drew."""

    def __init__(self, person: Command, *arguments: str, size: tuple[int, int] = (100, 90)) -> None:
        import fcntl
        import pty
        import struct
        import termios

        environment = person.env(TERM="xterm-256color", COLUMNS=str(size[0]), LINES=str(size[1]))
        environment.pop("PYTHONWARNINGS")
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execvpe(CCMETER[0], [*CCMETER, "monitor", *arguments], environment)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.drawn = ""
        self.status: int | None = None

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self.file, keys.encode())

    def read(self, wait_s: float = 0.1) -> None:
        """Take what was drawn meanwhile."""
        if select.select([self.file], [], [], wait_s)[0]:
            with contextlib.suppress(OSError):  # it ended
                self.drawn += _CODES.sub("", os.read(self.file, 1 << 16).decode("utf-8", "replace"))

    def wait(self, text: str, *, since: int = 0) -> None:
        """Wait until something is drawn."""
        until_s = time.monotonic() + TIMEOUT_S
        while text not in self.drawn[since:]:
            assert time.monotonic() < until_s, f"{text!r} never came: {self.drawn[-3_000:]}"
            self.read()

    def end(self) -> int:
        """Wait for its end; give its status."""
        until_s = time.monotonic() + TIMEOUT_S
        while self.status is None:
            assert time.monotonic() < until_s, "it does not end"
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def kill(self) -> None:
        """Make an end of it."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        os.close(self.file)


@pytest.fixture
def busy(person: Command) -> Command:
    """Give somebody with some logs."""
    bulk.write(person.claude, files=3, calls=40)
    return person


@contextlib.contextmanager
def shown(person: Command, *arguments: str) -> Iterator[Terminal]:
    terminal = Terminal(person, *arguments)
    try:
        yield terminal
    finally:
        terminal.kill()


def append(person: Command, number: int, output_tokens: int) -> None:
    """Write a line as Claude Code does, a moment ago."""
    now = dt.datetime.now(dt.UTC)
    line = Line(
        message_id=f"msg_live_{number}",
        request_id=f"req_live_{number}",
        session="live",
        at_us=round(now.timestamp() * 1_000_000),
        output_tokens=output_tokens,
        stop_reason="end_turn",
    )
    file = person.claude / "projects" / "-home-dev-live" / "live.jsonl"
    file.parent.mkdir(exist_ok=True)
    with file.open("ab") as log:
        log.write(line.assistant().rstrip(b"\n") + b"\n")


def test_a_new_line_comes_onto_the_screen_while_a_report_runs(busy: Command) -> None:
    with shown(busy, "--screen", "reports") as terminal:
        terminal.wait("Reports")
        terminal.wait("Total")
        terminal.wait(":")
        assert busy.totals()["messages"] == 120, "the screen does not hold the store"
        append(busy, 1, 7_777)
        terminal.wait("7,777")
        append(busy, 2, 1_111)
        terminal.wait("8,888")
        assert busy.totals("--no-ingest")["messages"] == 122, "the screen has stored it"
        terminal.press("q")
        assert terminal.end() == 0
    assert (busy.data / "snapshot.json").exists(), "the status line is told, too"


def kept(person: Command, *arguments: str) -> str:
    """Let the monitor leave an afterimage; give its text."""
    file = person.data / "afterimage.json"
    with shown(person, *arguments) as terminal:
        until_s = time.monotonic() + TIMEOUT_S
        while not file.exists():
            assert time.monotonic() < until_s, f"nothing is left: {terminal.drawn[-3_000:]}"
            terminal.read()
        terminal.press("q")
        assert terminal.end() == 0
    return _CODES.sub("", "".join(json.loads(file.read_text("utf-8"))["lines"]))


def test_what_was_shown_last_is_there_until_the_store_has_answered(busy: Command) -> None:
    import termios

    append(busy, 1, 7_777)
    assert "7.7k" in kept(busy)
    append(busy, 2, 1_111)
    with shown(busy) as terminal:
        before = termios.tcgetattr(terminal.file)
        terminal.wait("asking for now")
        terminal.wait("7.7k")
        first = len(terminal.drawn)
        assert re.match(r"[^\n]{0,9}Now  as of \d\d:\d\d, \d+[sm] ago; asking for now", terminal.drawn)
        terminal.wait("7.7k", since=first)
        assert "asking for now" not in terminal.drawn[first:].partition("7.7k")[2]
        terminal.wait("1.1k", since=first)
        terminal.press("q")
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal.file) == before, "keys are echoed again"


def test_keys_that_come_early_are_heard_and_not_drawn(busy: Command) -> None:
    append(busy, 1, 7_777)
    kept(busy)
    with shown(busy) as terminal:
        terminal.wait("asking for now")
        terminal.press("4")
        terminal.wait("Sessions  limits")
        terminal.press("q")
        assert terminal.end() == 0


def test_what_is_wrong_is_told_below_the_prompt(busy: Command, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    append(busy, 1, 7_777)
    arguments = ("--claude-dir", str(busy.claude), "--claude-dir", str(other))
    kept(busy, *arguments)
    other.rmdir()
    with shown(busy, *arguments) as terminal:
        assert terminal.end() == 2
        drawn = terminal.drawn
    assert drawn.index("asking for now") < drawn.index("There is no folder")


def test_logs_that_come_later_are_found(person: Command) -> None:
    with shown(person, "--screen", "reports") as terminal:
        terminal.wait("Nothing to show yet")
        terminal.wait("No log folder")
        (person.claude / "projects").mkdir(parents=True)
        append(person, 1, 4_242)
        terminal.wait("4,242")
        terminal.press("q")
        assert terminal.end() == 0


def test_a_store_that_goes_away_is_told_and_comes_back(busy: Command) -> None:
    with shown(busy, "--screen", "reports") as terminal:
        terminal.wait("Total")
        aside = busy.store.with_suffix(".aside")
        deadline = time.monotonic() + TIMEOUT_S
        while not (busy.data / "snapshot.json").exists() and time.monotonic() < deadline:
            terminal.read()
        busy.store.rename(aside)
        terminal.press("r")
        terminal.wait("The store is gone")
        aside.rename(busy.store)
        seen = len(terminal.drawn)
        terminal.press("rm")
        terminal.wait("2026-0", since=seen)
        terminal.press("q")
        assert terminal.end() == 0


def test_every_screen_of_the_sample_logs_and_back_to_the_shell(busy: Command) -> None:
    with shown(busy, "--demo") as terminal:
        terminal.wait("Now")
        for number, name in enumerate(
            ("Blocks", "Week", "Sessions", "Reports", "Projects", "Advice", "Trust"), 2
        ):
            terminal.press(str(number))
            terminal.wait(name)
        terminal.press("\x03")
        terminal.press("q")
        assert terminal.end() == 0
    assert not busy.store.exists(), "sample logs leave nothing behind"


@pytest.mark.parametrize("screen", ["reports", "trust"])
def test_once_prints_the_screen_into_a_pipe(busy: Command, screen: str) -> None:
    done = busy.run("monitor", "--once", "--screen", screen, COLUMNS="90", LINES="20")
    assert done.status == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].split()[0] == screen.title()
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 90
    assert "\x1b" not in done.stdout
    colour = busy.run("monitor", "--once", "--screen", screen, FORCE_COLOR="1", COLUMNS="90", LINES="20")
    assert "\x1b[" in colour.stdout
    assert (
        busy.run("monitor", "--once", "--screen", "reports", PYTHONIOENCODING="ascii")
        .stdout.encode()
        .isascii()
        is not False
    )


def test_once_without_any_log_says_what_to_do(person: Command) -> None:
    done = person.run("monitor", "--once", "--screen", "reports", COLUMNS="90", LINES="20")
    assert done.status == 0, done.stderr
    assert "ccmeter doctor" in done.stdout
    assert "No log folder" in done.stdout


def test_what_cannot_be_shown_is_said(person: Command) -> None:
    done = person.run("monitor")
    assert (done.status, done.stdout) == (2, "")
    assert "--once" in done.stderr
    for wrong in (("--screen", "moon"), ("--theme", "plaid"), ("--last", "0")):
        done = person.run("monitor", "--once", *wrong)
        assert done.status == 2, done.stderr
        assert wrong[0] in done.stderr


def test_a_store_that_is_no_store_is_told_on_the_screen(busy: Command) -> None:
    """To whoever reads it, and by the status to scripts."""
    busy.data.mkdir()
    busy.store.write_bytes(b"no database" * 1_000)
    done = busy.run("monitor", "--once", "--no-ingest", "--screen", "reports", COLUMNS="120", LINES="20")
    assert done.status == 1
    assert Path(busy.store).name in done.stdout
    assert f"ccmeter: The store {busy.store} is damaged." in done.stderr
    assert "nanobind" not in done.stderr
