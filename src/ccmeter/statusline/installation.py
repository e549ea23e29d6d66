"""Puts the hook into Claude Code's settings, around the status line that stands there, and takes it out again.

A command of the user's own is never replaced: it becomes the argument of `--wrap`, from which it is restored, word by word.
"""

import os
import shlex
import sys

from ccmeter.statusline import settings, settings_json, spool
from ccmeter.statusline.settings_json import KEY, File, Refused

SILENCERS = ("disableAllHooks", "allowManagedHooksOnly")
_WORDS_WITH_MODULE = ("-m", "ccmeter", "statusline")


class Outcome:
    """What was done to a settings file."""

    __slots__ = ("command", "copy", "is_changed", "path", "wrapped")

    def __init__(self, path: str, *, is_changed: bool, copy: str, command: str, wrapped: str) -> None:
        """Say what was done."""
        self.path = path
        self.is_changed = is_changed
        self.copy = copy
        """The copy of the file as it was; empty where there was none, or nothing changed."""
        self.command = command
        """What stands there now; empty for nothing."""
        self.wrapped = wrapped
        """The user's own command; empty for none."""


def install(path: str, own: list[str], now_s: float) -> Outcome:
    """Put the hook into a settings file; `own` is its command as words. Raises Refused and OSError."""
    file = File(path)
    before = command_of(file.document)
    wrapped = wrapped_in(before) if is_ours(before) else before
    command = joined([*own, "--wrap", wrapped] if wrapped else own)
    if command == before:
        return Outcome(file.path, is_changed=False, copy="", command=command, wrapped=wrapped)
    if before:
        text = settings_json.with_command(file.text, command)
    else:
        text = settings_json.with_member(file.text, {"type": "command", "command": command})
    return Outcome(file.path, is_changed=True, copy=file.write(text, now_s), command=command, wrapped=wrapped)


def uninstall(path: str, now_s: float) -> Outcome:
    """Take the hook out of a settings file, and restore the command that it wraps. Raises Refused and OSError."""
    file = File(path)
    before = command_of(file.document)
    if not is_ours(before):
        return Outcome(file.path, is_changed=False, copy="", command=before, wrapped="")
    wrapped = wrapped_in(before)
    text = (
        settings_json.with_command(file.text, wrapped) if wrapped else settings_json.without_member(file.text)
    )
    return Outcome(file.path, is_changed=True, copy=file.write(text, now_s), command=wrapped, wrapped=wrapped)


def command_of(document: dict[str, object]) -> str:
    """Give the status line's command; empty for none. Raises Refused for one of another shape."""
    line = document.get(KEY)
    if line is None:
        return ""
    command = line.get("command") if type(line) is dict else None
    if (
        type(line) is not dict
        or line.get("type") != "command"
        or type(command) is not str
        or not command.strip()
    ):
        raise Refused(f"its {KEY} is not a command as Claude Code describes it")
    return command


def is_ours(command: str) -> bool:
    """Tell whether a command is our hook."""
    words = parted(command)
    name = words[0].replace("\\", "/").rpartition("/")[2].lower() if words else ""
    if name in ("ccmeter", "ccmeter.exe"):
        return words[1:2] == ["statusline"]
    place = words.index("-m") if "-m" in words else -1
    return place > 0 and tuple(words[place : place + 3]) == _WORDS_WITH_MODULE


def wrapped_in(command: str) -> str:
    """Give the command that a hook of ours wraps; empty for none."""
    words = parted(command)
    found = settings.parsed(words[words.index("statusline") + 1 :]) if "statusline" in words else None
    return (found or {}).get("wrap", "")


def parted(command: str) -> list[str]:
    """Part a command into words; one that no shell would take has none."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def joined(words: list[str]) -> str:
    """Make a command of words. On Windows Claude Code runs it in a POSIX shell too, where a backslash is an escape."""
    return shlex.join(words)


def own_words(program: str, places: list[str]) -> list[str]:
    """Give the command of the hook: the installed program, or this Python with our module."""
    start = [program] if program else [sys.executable, "-P", "-m", "ccmeter"]
    if sys.platform == "win32":
        start[0] = start[0].replace("\\", "/")
    return [*start, "statusline", *places]


def silencers(document: dict[str, object]) -> list[str]:
    """Give the settings that keep Claude Code from running any status line."""
    return [name for name in SILENCERS if document.get(name) is True]


def managed_files() -> list[str]:
    """Give where an organization's settings may stand; they go before all others."""
    if sys.platform == "win32":
        return [
            r"C:\Program Files\ClaudeCode\managed-settings.json",
            r"C:\ProgramData\ClaudeCode\managed-settings.json",
        ]
    if sys.platform == "darwin":
        return ["/Library/Application Support/ClaudeCode/managed-settings.json"]
    return ["/etc/claude-code/managed-settings.json"]


def last_reading_us(folder: str, now_us: int) -> int | None:
    """Give when the hook last wrote a reading, of those in the spool; None for none."""
    newest = None
    for day in range(4):
        path = spool.path_of(folder, now_us + (1 - day) * 86_400_000_000)
        try:
            at_us = os.stat(path).st_mtime_ns // 1_000  # noqa: PTH116
        except OSError:
            continue
        newest = at_us if newest is None else max(newest, at_us)
    return newest
