"""The status line's place in Claude Code's settings: what `install`, `uninstall` and `status` do and say."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.cli import asking
from ccmeter.cli import output as out
from ccmeter.cli.settings import PREFIX
from ccmeter.config import paths
from ccmeter.domain.errors import CcmeterError, OutputError, UsageError
from ccmeter.reports.foreign import harmless
from ccmeter.statusline import hook, installation, settings_json, snapshot
from ccmeter.statusline.line import lasting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ccmeter.statusline.installation import Outcome

FILE: Final = "settings.json"
_US: Final = 1_000_000


def show(flags: dict[str, str], data_dir: Path | None) -> None:
    """Write the line, as the side door does."""
    places = {} if data_dir is None else {"data-dir": os.fspath(paths.expanded(data_dir))}
    hook.run(flags | places)


def install(claude_dirs: Sequence[Path], data_dir: Path | None, options: list[str]) -> None:
    """Put the hook into the settings of each folder. Raises UsageError and OutputError."""
    if "--wrap" in options:
        raise UsageError(
            "install goes without --wrap.",
            hint="It wraps the status line that stands in the settings by itself.",
        )
    own = installation.own_words(_program(), [*_places(data_dir), *options])
    has_changed = False
    for file in _files(claude_dirs):
        done = _edited(file, lambda path: installation.install(path, own, time.time()))
        if not done.is_changed:
            out.write(f"Installed already: {harmless(done.path)}\n")
            continue
        has_changed = True
        out.write(f"Installed: {harmless(done.path)}\n  {harmless(done.command)}\n")
        if done.wrapped:
            out.say(f"Your own status line is kept and comes first: {harmless(done.wrapped)}")
        _tell_copy(done)
    if has_changed:
        out.say(
            "Claude Code shows it after its next answer; `ccmeter statusline status` says whether it does."
        )


def uninstall(claude_dirs: Sequence[Path]) -> None:
    """Take the hook out of the settings of each folder. Raises OutputError."""
    for file in _files(claude_dirs):
        done = _edited(file, lambda path: installation.uninstall(path, time.time()))
        if not done.is_changed:
            other = f" (the status line there is not ours: {harmless(done.command)})" if done.command else ""
            out.write(f"Not installed: {harmless(done.path)}{other}\n")
            continue
        out.write(f"Removed: {harmless(done.path)}\n")
        if done.wrapped:
            out.say(f"Your own status line is back: {harmless(done.wrapped)}")
        _tell_copy(done)


def tell(claude_dirs: Sequence[Path], data_dir: Path | None, currency: str | None) -> None:
    """Say what is installed, what keeps it silent, how old the readings and the snapshot are, and what money is not in."""
    now_us = time.time_ns() // 1_000
    folder = os.fspath(paths.data_dir(data_dir, os.environ))
    lines = [line for file in _files(claude_dirs) for line in _installed(file)]
    lines += _silenced()
    made_at_us = snapshot.load(folder).made_at_us
    last_us = installation.last_reading_us(folder, now_us)
    lines.append(
        f"Last reading: {_ago(last_us, now_us)}"
        if last_us
        else "Last reading: none of late. Claude Code writes one after its next answer, once installed."
    )
    lines.append(
        f"Snapshot: {_ago(made_at_us, now_us)}"
        if made_at_us
        else "Snapshot: none yet. `ccmeter ingest` makes it, as does the hook by itself."
    )
    lines += _without_rate(currency)
    out.write("".join(f"{line}\n" for line in lines))


def _without_rate(currency: str | None) -> list[str]:
    """Say why amounts are in dollars where another currency is set: the line itself can only show them so."""
    try:
        asking.currency(currency)
    except CcmeterError as error:
        return [f"Currency: amounts are in dollars. {error}", *([f"  {error.hint}"] if error.hint else [])]
    return []


def _installed(file: Path) -> list[str]:
    """Say what stands in one settings file."""
    try:
        found = settings_json.File(os.fspath(file))
        command = installation.command_of(found.document)
    except (settings_json.Refused, OSError) as error:
        return [f"Settings: {harmless(str(file))} cannot be used: {_reason(error)}"]
    if not command:
        state = "no status line. `ccmeter statusline install` sets it up."
    elif not installation.is_ours(command):
        state = f"another status line: {harmless(command)}\n  `ccmeter statusline install` keeps it and adds ours."
    else:
        state = f"installed\n  {harmless(command)}"
    silent = installation.silencers(found.document)
    return [
        f"Settings: {harmless(found.path)}: {state}",
        *(f"Silenced: {name} is true in {harmless(found.path)}: no status line is run." for name in silent),
    ]


def _silenced() -> list[str]:
    """Say what stands above the person's own settings: an organization's, and the project's where this runs."""
    lines = []
    for path in (*installation.managed_files(), *_of_project()):
        try:
            document = settings_json.File(path).document
        except (settings_json.Refused, OSError):
            continue
        lines += [
            f"Silenced: {name} is true in {harmless(path)}: no status line is run."
            for name in installation.silencers(document)
        ]
        if settings_json.KEY in document:
            lines.append(
                f"Overruled: {harmless(path)} has a status line of its own, which goes before yours."
            )
    return lines


def _of_project() -> list[str]:
    folder = Path.cwd() / ".claude"
    if folder == Path.home() / ".claude":
        return []
    return [os.fspath(folder / name) for name in ("settings.local.json", FILE)]


def _files(claude_dirs: Sequence[Path]) -> list[Path]:
    """Give the settings files that are meant: of the folders named, else of the one that Claude Code takes."""
    folders = paths.claude_dirs(claude_dirs, os.environ, paths.expanded(Path("~")))
    return [folder / FILE for folder in (folders if claude_dirs else folders[:1])]


def _edited(file: Path, edit: Callable[[str], Outcome]) -> Outcome:
    """Edit a settings file. Raises OutputError, which says why it was left alone."""
    try:
        return edit(os.fspath(file))
    except (settings_json.Refused, OSError) as error:
        raise OutputError(
            f"{harmless(str(file))} was left as it is: {_reason(error)}.",
            hint="Mend the file, or write the line into it by hand; docs/statusline.md shows how.",
        ) from error


def _reason(error: Exception) -> str:
    return harmless((error.strerror if isinstance(error, OSError) else None) or str(error))


def _tell_copy(done: Outcome) -> None:
    if done.copy:
        out.say(f"The file as it was: {harmless(done.copy)}")


def _program() -> str:
    """Give the program that runs this, with its path: another project's `ccmeter` may come first on somebody's PATH.

    Empty where it was started in another way.
    """
    started = Path(sys.argv[0])
    return os.fspath(started.absolute()) if started.stem == "ccmeter" else ""


def _places(data_dir: Path | None) -> list[str]:
    """Give the options that make the hook find what this command finds, whatever its environment is."""
    places: list[str] = []
    folder = os.fspath(paths.data_dir(data_dir, os.environ).absolute())
    if folder != os.fspath(paths.data_dir(None, {})):
        places += ["--data-dir", folder]
    if named := os.environ.get(f"{PREFIX}_CONFIG"):
        places += ["--config", os.fspath(paths.expanded(Path(named)).absolute())]
    return places


def _ago(at_us: int, now_us: int) -> str:
    return f"{lasting((now_us - at_us) // _US)} ago"
