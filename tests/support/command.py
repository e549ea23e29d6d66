"""The real command in a home of its own, as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.bulk import Sums

TIMEOUT_S = 120
"""So that a hang fails a test instead of stopping the suite; nothing is measured by it."""
_OURS = ("CCMETER_", "CLAUDE_", "XDG_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "PYTHON", "TZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """Its answer, where that is JSON."""
        assert self.status == 0, self.stderr
        document: dict[str, Any] = json.loads(self.stdout)
        return document


@dataclass(frozen=True, slots=True)
class Command:
    """`ccmeter`, for a person whose home is `home`."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def claude(self) -> Path:
        """Where Claude Code keeps its logs."""
        return self.home / ".claude"

    @property
    def data(self) -> Path:
        """Where ccmeter keeps its store."""
        return self.home / "kept"

    @property
    def store(self) -> Path:
        """The store."""
        return self.data / "ccmeter.duckdb"

    def env(self, **more: str) -> dict[str, str]:
        """Give the environment of the process: nothing of the person who runs the tests."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return {
            **kept,
            "HOME": str(self.home),
            "CCMETER_DATA_DIR": str(self.data),
            "TZ": "UTC",
            "PYTHONWARNINGS": "error",
            **self.environment,
            **more,
        }

    def run(self, *arguments: str, **more: str) -> Done:
        """Run a command to its end; `more` goes into its environment."""
        ended = subprocess.run(
            [*CCMETER, *arguments],
            env=self.env(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        return Done(status=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)

    def start(self, *arguments: str, new_group: bool = False, **more: str) -> subprocess.Popen[str]:
        """Start a command and go on."""
        return subprocess.Popen(
            [*CCMETER, *arguments],
            env=self.env(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=new_group,
        )

    def totals(self, *arguments: str) -> dict[str, Any]:
        """Ask for everything, as JSON, and give the totals."""
        totals: dict[str, Any] = self.run("daily", "--json", *arguments).document["totals"]
        return totals


CCMETER = (sys.executable, "-m", "ccmeter")


def finished(process: subprocess.Popen[str]) -> Done:
    """Wait for a process that was started."""
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    return Done(status=process.returncode, stdout=stdout, stderr=stderr)


def agree(totals: Mapping[str, Any], sums: Sums) -> bool:
    """Tell whether the totals of a report are these sums."""
    return (
        totals["messages"],
        totals["inputTokens"],
        totals["outputTokens"],
        totals["cacheCreationTokens"],
        totals["cacheReadTokens"],
    ) == (
        sums.calls,
        sums.input_tokens,
        sums.output_tokens,
        sums.cache_creation_tokens,
        sums.cache_read_tokens,
    )
