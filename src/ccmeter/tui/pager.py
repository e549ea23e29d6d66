"""What a transcript is opened with: a person's pager, else their editor, started by argv and never through a shell."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASKED: Final = ("PAGER", "VISUAL", "EDITOR")
_USUAL: Final = ("less", "more", "notepad")
_QUIET: Final = {"LESSSECURE": "1", "LESSOPEN": "", "LESSCLOSE": ""}
"""`less` would otherwise run what other variables name over the file, through a shell."""


def command(path: str, environment: Mapping[str, str]) -> list[str] | None:
    """Give the command line that shows a file; None if there is no program for it on the search path."""
    said = [environment.get(name, "") for name in _ASKED]
    for words in (*map(_words, said), *([name] for name in _USUAL)):
        if words and (program := shutil.which(words[0], path=environment.get("PATH"))):
            return [program, *words[1:], path]
    return None


def run(argv: list[str], environment: Mapping[str, str]) -> bool:
    """Run it on this terminal until it ends; tell whether it could be started."""
    try:
        subprocess.run(argv, env={**environment, **_QUIET}, check=False)  # noqa: S603 - a person's own program, no shell
    except OSError:
        return False
    return True


def is_there(path: str) -> bool:
    """Tell whether the file can be opened still. What was read from a copy cannot."""
    return os.path.isabs(path) and os.path.isfile(path)  # noqa: PTH113, PTH117 - text from the store


def _words(said: str) -> list[str]:
    try:
        return shlex.split(said)
    except ValueError:  # a quote that is never closed
        return []
