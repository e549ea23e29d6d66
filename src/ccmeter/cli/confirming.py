"""Asks a person before something is done that cannot simply be undone; a script says `--yes`."""

from __future__ import annotations

import sys

from ccmeter.cli.output import say
from ccmeter.domain.errors import UsageError


def is_confirmed(question: str, *, yes: bool) -> bool:
    """Tell whether to go on. Raises UsageError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            f"{question} Nobody is there to say so.",
            hint="Nothing was changed. Add --yes to do it without being asked.",
        )
    sys.stderr.write(f"{question} Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() == "yes":
        return True
    say("Nothing was changed.")
    return False
