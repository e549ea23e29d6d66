"""The front door: hands the command line to its command, and is the one place where errors become messages.

The status line hook goes in by a side door: it must be over before what the other commands need would be loaded, so
nothing stands at the top here that it does not need, not even `typing`. The monitor draws its afterimage there before it
goes on as any other command.
"""

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ccmeter.domain.errors import CcmeterError
    from ccmeter.tui.afterimage import Afterimage


def main() -> None:
    """Run the command line of this process. Ctrl-C ends it without a word, also while it is still loading."""
    try:
        _main()
    except KeyboardInterrupt:
        sys.exit(130)


def _main() -> None:
    if sys.argv[1:2] == ["statusline"] and "_CCMETER_COMPLETE" not in os.environ:
        from ccmeter.statusline import hook

        if hook.answer(sys.argv[2:]):
            return
    _mend_streams()
    image = _afterimage()
    try:
        sys.exit(_run(image))
    finally:
        if image is not None:
            image.leave()


def _run(image: "Afterimage | None") -> int:
    from ccmeter.cli.front import COMPLETING, with_command

    gc.disable()  # a command makes few cycles and ends soon: collecting while modules load costs a tenth of the time
    if COMPLETING in os.environ:
        from ccmeter.cli import completing

        return completing.answer(sys.argv[1:], os.environ)
    return run(with_command(sys.argv[1:]), image)


def _afterimage() -> "Afterimage | None":
    """Draw what the monitor showed last, if it is the monitor that is started and that is still true."""
    if sys.argv[1:2] != ["monitor"] or "_CCMETER_COMPLETE" in os.environ:
        return None
    import time

    from ccmeter.tui import afterimage

    image = afterimage.found(sys.argv[2:], os.environ)
    if image is not None:
        image.draw(time.time_ns() // 1_000)
    return image


def _mend_streams() -> None:
    """Put empty streams where the process was started without some: else the store's file might get their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for good


def run(arguments: list[str], image: "Afterimage | None" = None) -> int:
    """Run one command; give its exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

    What stands on the terminal meanwhile is taken away before anything is said of errors.
    """
    import contextlib

    from typer._click.exceptions import ClickException

    from ccmeter.cli import misuse
    from ccmeter.cli.app import app
    from ccmeter.domain.errors import CcmeterError

    stdout = sys.stdout
    try:
        with image or contextlib.nullcontext():
            status = app(arguments, prog_name="ccmeter", standalone_mode=False, obj=image)
    except ClickException as error:
        return _failed(misuse.told(error))
    except CcmeterError as error:
        return _failed(error)
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:
        if sys.stdout is not stdout:  # typer wraps it once its pipe is closed: whoever reads had enough
            return 0
        return end.code if isinstance(end.code, int) else 0
    return status if isinstance(status, int) else 0


def _failed(error: "CcmeterError") -> int:
    """Say what went wrong and what to do about it; give the exit status."""
    sys.stderr.write("".join(f"{line}\n" for line in (f"ccmeter: {error}", error.hint) if line))
    return error.exit_status


if __name__ == "__main__":
    main()
