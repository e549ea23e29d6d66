"""What the arguments mean before any command is known: which command they are for.

It stands alone, because the front door and the completion both need it and it costs nothing.
"""

from __future__ import annotations

from typing import Final

COMMAND: Final = "daily"
"""What `ccmeter` means without a command."""
OWN_OPTIONS: Final = ("-h", "--help", "-V", "--version")
COMPLETING: Final = "_CCMETER_COMPLETE"
"""Set by the shells' completion, which wants to know what could follow the arguments."""
CONFIG: Final = "--config"
"""The option that may stand before the command."""


def with_command(arguments: list[str]) -> list[str]:
    """Give the arguments with the command that they mean where they name none. `--config FILE` may come first."""
    given = 0
    if arguments and arguments[0].startswith(CONFIG):
        given = 2 if arguments[0] == CONFIG else 1 if arguments[0].startswith(f"{CONFIG}=") else 0
    rest = arguments[given:]
    if given > len(arguments):
        return arguments  # `--config` names no file
    if not rest or (rest[0].startswith("-") and rest[0] not in OWN_OPTIONS):
        rest = [COMMAND, *rest]
    return [*arguments[:given], *rest]
