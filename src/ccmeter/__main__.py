"""The front door: hands the command line to its command, and is the one place where errors become messages."""

from __future__ import annotations

import gc
import sys

COMMAND = "daily"
"""What `ccmeter` means without a command."""
OWN_OPTIONS = ("-h", "--help", "-V", "--version")


def main() -> None:
    """Run the command line of this process."""
    gc.disable()  # a command makes few cycles and ends soon: collecting while modules load costs a tenth of the time
    arguments = sys.argv[1:]
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in OWN_OPTIONS):
        arguments = [COMMAND, *arguments]
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """Run one command; give its exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    from ccmeter.cli.app import app
    from ccmeter.domain.errors import CcmeterError

    try:
        app(arguments, prog_name="ccmeter")
    except CcmeterError as error:
        sys.stderr.write(f"ccmeter: {error}\n")
        if error.hint:
            sys.stderr.write(f"{error.hint}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


if __name__ == "__main__":
    main()
