"""Completion in the real shells, in a terminal of their own."""

from __future__ import annotations

import os
import re
import select
import shutil
import sys
import time
from typing import TYPE_CHECKING

import pytest

from support import bulk
from support.command import TIMEOUT_S

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Command

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are not the same there", allow_module_level=True)

import pty

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What places and colours the text of a terminal."""
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(ccmeter completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(ccmeter completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "ccmeter completion fish | source"),
}


class Typing:
    """A person at a shell."""

    def __init__(self, argv: list[str], environment: dict[str, str], folder: Path) -> None:
        self.process, self.terminal = pty.fork()
        if not self.process:
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def wait_for(self, text: str) -> None:
        """Read on until a text was shown."""
        ends_at = time.monotonic() + TIMEOUT_S / 4
        while text not in _CODES.sub("", self.seen):
            assert time.monotonic() < ends_at, f"never saw {text!r} in {self.seen!r}"
            if select.select([self.terminal], [], [], 0.1)[0]:
                shown = os.read(self.terminal, 65536).decode("utf-8", "replace")
                if "\x1b[c" in shown or "\x1b[0c" in shown:
                    self.type("\x1b[?62;c")  # some ask which terminal they are on
                self.seen += shown

    def end(self) -> None:
        os.close(self.terminal)
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_options_and_names(shell: str, person: Command, tmp_path: Path) -> None:
    """The tab key, in the shell itself: a command, an option and its value, a project of the store."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    bulk.write(person.claude, files=1, calls=3)
    assert person.run("ingest").status == 0
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "ccmeter").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ccmeter "$@"\n', encoding="utf-8")
    (tools / "ccmeter").chmod(0o755)
    argv, setup = SHELLS[shell]
    environment = person.env(
        TERM="xterm", PS1="$ ", PATH=f"{tools}{os.pathsep}{os.environ['PATH']}", COLUMNS="200"
    )
    typing = Typing(argv, environment, tmp_path)
    try:
        typing.type(f"{setup}; echo rea''dy\r")
        typing.wait_for("ready")
        for typed, completed in (
            ("ccmeter week\t", "weekly"),
            ("--ord\t", "--order"),
            ("d\t", "desc"),
            ("--project \t", "project-0"),
        ):
            typing.seen = ""
            typing.type(typed)
            typing.wait_for(completed)
    finally:
        typing.end()
