"""Several machines of one person, each with a home of its own, and the real server between them."""

from __future__ import annotations

import io
import os
import re
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ccmeter.__main__ import run
from support.command import Command, Done
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SETTINGS = '[sync]\nkeystore = "file"\n'
_ASKED = re.compile(r"Word (\d+): $")


class Typed(io.StringIO):
    """Somebody at a terminal who types lines, then nothing more."""

    def isatty(self) -> bool:
        return True


class Reader(Typed):
    """Somebody who reads the phrase that is shown, and types the words that are asked back."""

    def __init__(self, capsys: pytest.CaptureFixture[str], slip: str = "") -> None:
        super().__init__()
        self._capsys, self._slip = capsys, slip
        self._words: dict[int, str] = {}

    def readline(self, *_: Any) -> str:  # type: ignore[override]  # of whatever size
        said = self._capsys.readouterr().err
        if not self._words:
            self._words = {int(number): word for number, word in re.findall(r"(\d+) ([a-z]+)", said)}
        asked = _ASKED.search(said)
        assert asked, said
        return (self._slip or self._words[int(asked[1])]) + "\n"


@dataclass(frozen=True)
class Household:
    """Makes machines, and runs commands on them in this process."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    homes: dict[str, Home] = field(default_factory=dict)

    def home(self, name: str, *, settings: str = SETTINGS) -> Home:
        """Give a machine, made the first time."""
        if name not in self.homes:
            home = self.folder / name
            home.mkdir(parents=True)
            self.homes[name] = Home(name=name, person=Command(home), household=self)
            self.homes[name].configure(settings)
        return self.homes[name]


@dataclass(frozen=True)
class Home:
    """One machine."""

    name: str
    person: Command
    household: Household

    def configure(self, text: str) -> None:
        """Write the settings file, newer than anything that is there."""
        file = self.person.home / ".config" / "ccmeter" / "config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def log(self, *lines: Line, name: str = "one") -> None:
        """Let Claude Code have written lines on this machine."""
        Folder(self.person.claude).write(f"-x/{name}.jsonl", joined([each.assistant() for each in lines]))

    def run(self, *arguments: str, typed: io.StringIO | str | None = None) -> Done:
        """Run a command to its end; `typed` is piped in, or typed at a terminal."""
        patch, capsys = self.household.monkeypatch, self.household.capsys
        capsys.readouterr()
        environment = self.person.env(COLUMNS="100")
        with patch.context() as there:
            for name in list(os.environ):
                there.delenv(name)
            for name, value in environment.items():
                there.setenv(name, value)
            there.setattr(
                sys, "stdin", io.StringIO(typed or "") if not isinstance(typed, io.StringIO) else typed
            )
            status = run(list(arguments))
        said = capsys.readouterr()
        return Done(status=status, stdout=said.out, stderr=said.err)

    def good(self, *arguments: str, typed: io.StringIO | str | None = None) -> str:
        """Run a command that must work; give what it says."""
        done = self.run(*arguments, typed=typed)
        assert done.status == 0, done.stderr
        return done.stdout

    def begin(self, url: str, *more: str) -> str:
        """Make a vault; give the recovery phrase."""
        return self.good("sync", "init", url, "--yes", "--name", self.name, *more).splitlines()[0]

    def let_in(self, other: Home) -> None:
        """Pair with another machine."""
        code = self.good("sync", "pair", "--no-wait").strip()
        other.good("sync", "join", "-", "--name", other.name, typed=code + "\n")

    def totals(self, *arguments: str) -> dict[str, Any]:
        """Ask for everything."""
        totals: dict[str, Any] = self.run("daily", "--json", *arguments).document["totals"]
        return totals

    def status(self, *arguments: str) -> dict[str, Any]:
        """Ask how it stands."""
        return self.run("sync", "status", "--json", *arguments).document


def calls(first: int, count: int, **more: Any) -> list[Line]:
    """Give calls, each with an id of its own, a minute apart."""
    start = 1_767_225_600_000_000
    return [
        replace(
            Line(
                message_id=f"msg_{number}",
                request_id=f"req_{number}",
                at_us=start + number * 60_000_000,
                output_tokens=10 + number,
                stop_reason="end_turn",
            ),
            **more,
        )
        for number in range(first, first + count)
    ]
