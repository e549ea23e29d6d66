"""The command in this process: as quick as a function call, and seen by coverage."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.__main__ import run
from support.command import Command, Done

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


@dataclass(frozen=True, slots=True)
class Inside:
    """`ccmeter`, for a person whose environment this process has taken on."""

    person: Command
    capsys: pytest.CaptureFixture[str]

    @classmethod
    def of(
        cls, person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Inside:
        """Take on a person's environment, 80 columns wide."""
        for name in os.environ:
            monkeypatch.delenv(name)
        for name, value in person.env(COLUMNS="80").items():
            monkeypatch.setenv(name, value)
        return cls(person, capsys)

    @property
    def settings(self) -> Path:
        """Where the settings file would be."""
        return self.person.home / ".config" / "ccmeter" / "config.toml"

    def configure(self, text: str) -> None:
        """Write the settings file."""
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Done:
        """Run a command to its end."""
        self.capsys.readouterr()
        status = run(list(arguments))
        said = self.capsys.readouterr()
        return Done(status=status, stdout=said.out, stderr=said.err)
