"""The user's own status line, and everything that it may do."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from ccmeter.statusline import wrap

INPUT = b'{"session_id":"s1"}'


def output(command: str, content: bytes = INPUT, *, timeout_s: float = 20.0, columns: int = 0) -> str:
    return wrap.start(command, content, timeout_s).before("ours", columns)


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("echo theirs", "theirs\nours"),
        ("cat", '{"session_id":"s1"}\nours'),
        ("printf 'a\\nb\\n\\n'", "a\nb\nours"),
        ("exit 3", "ours"),
        ("echo theirs; exit 3", "theirs\nours"),
        ("echo trouble >&2", "ours"),
        ("/no/such/program", "ours"),
        ("kill -9 $$", "ours"),
        ("exec <&-; echo deaf", "deaf\nours"),
        ("printf '\\377\\000x'", "\ufffdx\nours"),
        ("(sleep 30 &) ; echo theirs", "theirs\nours"),
    ],
)
def test_commands(command: str, meant: str) -> None:
    assert output(command) == meant


@pytest.mark.parametrize(("columns", "meant"), [(13, "theirs · ours"), (12, "theirs\nours")])
def test_ours_stands_behind_where_there_is_room(columns: int, meant: str) -> None:
    assert (
        output("printf '\\033[31mtheirs\\033[0m'", columns=columns)
        .replace("\x1b[31m", "")
        .replace("\x1b[0m", "")
        == meant
    )


def test_no_line_of_ours_leaves_theirs_alone() -> None:
    assert wrap.start("echo theirs", INPUT, 20.0).before("", 80) == "theirs"


def test_command_out_of_time_is_ended_with_its_children(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    command = wrap.start(f"echo early; sleep 60 & echo $! > {told}; wait", INPUT, 0.5)
    for _ in range(6_000):
        if told.exists() and told.read_text().strip():
            break
        time.sleep(0.01)
    pid = int(told.read_text())
    assert command.before("ours", 0) == "ours"
    for _ in range(500):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.01)
    raise AssertionError("the child lives on")


def test_output_of_a_command_that_ends_while_it_is_fed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine it may print and end between two looks at it."""

    class Ended(subprocess.Popen[bytes]):
        def poll(self) -> int | None:
            return int(self.wait())

    monkeypatch.setattr(subprocess, "Popen", Ended)
    assert output("read x; echo theirs") == "theirs\nours"


def test_large_input_and_large_output_pass_each_other() -> None:
    """Neither waits for the other, and what is too much is cut."""
    content = b"x" * 3_000_000
    assert output("wc -c", content).split() == ["3000000", "ours"]
    assert len(output("cat", content)) <= 70_000
    assert output("echo deaf", content) == "deaf\nours"


def test_command_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    assert output("a\0b") == "ours"
    monkeypatch.setattr(os, "environ", {"PATH": ""})
    assert output("true") == "ours"
