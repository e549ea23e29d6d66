"""Answers a shell that asks what could follow: commands, options, and values, those of the store among them.

The shell's script sets `_CCMETER_COMPLETE` and hands over the words up to the cursor. The first line of the answer is
what the shell should do (`words`, `files` or `dirs`), the others are a word and what it is, parted by a tab. It never
reads logs, never makes or waits for a store, and says nothing where something is wrong: a person is typing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from ccmeter.cli import choices, settings
from ccmeter.cli.handle import Handle, off_switches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from typer._click.core import Command, Context, Parameter
    from typer.core import TyperGroup

    from ccmeter.queries.names import Thing

WORDS_VARIABLE: Final = "_CCMETER_WORDS"
"""The words, one on a line, from a shell that cannot hand over an empty argument (Windows PowerShell 5)."""
_DAYS: Final = ("today", "yesterday", "monday", "7d", "30d")
_THINGS: Final[Mapping[str, Thing]] = {
    "project": "project",
    "model": "model",
    "session": "session",
    "SESSION": "session",
}
_FILES: Final = frozenset({"FILE", "PATH"})
_FOLDERS: Final = frozenset({"DIR", "FOLDER"})


class Word(NamedTuple):
    """Something that could follow."""

    text: str
    about: str = ""


class Answer(NamedTuple):
    """What a shell should offer."""

    kind: str
    words: tuple[Word, ...] = ()


def answer(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Print what could follow the arguments, the last of which is still being typed. Give the exit status."""
    words = environment[WORDS_VARIABLE].split("\n") if WORDS_VARIABLE in environment else list(arguments)
    try:
        found = following(words or [""])
        lines = [found.kind, *(f"{word.text}\t{_one_line(word.about)}" for word in found.words)]
        sys.stdout.buffer.write(("\n".join(lines) + "\n").encode())
        sys.stdout.flush()
    except Exception:  # noqa: BLE001 - an outer guard: whatever is wrong, the person is typing a command
        return 1
    return 0


def following(words: Sequence[str]) -> Answer:
    """Find out what could follow. `words` begin behind the program's name and end with what is being typed."""
    from typer._click.shell_completion import _resolve_context, _resolve_incomplete
    from typer.main import get_command

    from ccmeter.cli.app import app
    from ccmeter.cli.front import CONFIG, with_command

    *before, typed = [word for place, word in enumerate(words) if word != "=" or place == len(words) - 1]
    root = get_command(app)
    if before == [CONFIG]:
        return Answer("files")
    given = with_command([*before, typed])[:-1]
    context = _resolve_context(root, {}, "ccmeter", given)
    if context.command is root and context._protected_args:  # noqa: SLF001 - a command that is not there
        return Answer("words")
    wanted, typed = _resolve_incomplete(context, given, typed)
    if isinstance(wanted, Handle) or hasattr(wanted, "commands"):
        found = Answer("words", tuple(_of_command(context, wanted, typed)))  # type: ignore[arg-type]
    else:
        found = _of_parameter(context, wanted, typed)  # type: ignore[arg-type]
    return Answer(
        found.kind,
        tuple(
            dict.fromkeys(
                word for word in found.words if word.text.startswith(typed) and word.text.isprintable()
            )
        ),
    )


def _of_command(context: Context, command: Command, typed: str) -> Iterator[Word]:
    """Give the commands of a group, or the options that were not given yet."""
    from typer._click.core import ParameterSource

    if not typed.startswith("-") and hasattr(command, "list_commands"):
        group = cast("TyperGroup", command)
        for name in group.list_commands(context):
            each = group.get_command(context, name)
            if each is not None and not each.hidden:
                yield Word(name, each.get_short_help_str(70))
        return
    for param in command.get_params(context):
        is_given = context.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
        if param.param_type_name == "option" and (getattr(param, "multiple", False) or not is_given):
            yield from (
                Word(name, getattr(param, "help", "") or "") for name in param.opts if name.startswith("--")
            )
    if typed.startswith("--n") or len(typed) > len("--n"):
        for param, name in off_switches(command.params):
            yield Word(name, f"The opposite of --{settings.key_of(param)}.")


def _of_parameter(context: Context, param: Parameter, typed: str) -> Answer:
    """Give the values that an option or an argument could have."""
    metavar = (param.metavar or "").strip("[]").partition(" ")[0].rstrip(".")
    if metavar in _FILES and settings.key_of(param) != "project":
        return Answer("files")
    if metavar in _FOLDERS:
        return Answer("dirs")
    return Answer("words", tuple(_values(context, param, metavar, typed)))


def _values(context: Context, param: Parameter, metavar: str, typed: str) -> Iterator[Word]:
    key = settings.key_of(param) or ""
    yield from map(Word, choices.of(param))
    if thing := _THINGS.get(key) or _THINGS.get(metavar.partition("|")[0]):
        yield from _named(context, thing, typed)
    if "DAY" in metavar and key != "start-of-week":
        yield from map(Word, _DAYS)
    if key == "timezone":
        import zoneinfo

        yield from map(Word, sorted(zoneinfo.available_timezones()))
    if param.param_type_name == "argument" and metavar == "KEY":
        yield from _keys()
    if metavar == "COMMAND":
        from ccmeter.cli.app import names

        yield from map(Word, names())


def _named(context: Context, thing: Thing, typed: str) -> Iterator[Word]:
    """Give the names of the store, the latest first; nothing where it cannot be read at once."""
    from pathlib import Path

    from ccmeter.config import paths
    from ccmeter.domain.errors import StoreError

    folder = context.params.get("data_dir")
    file = paths.data_dir(Path(folder) if folder else None, os.environ) / paths.STORE_NAME
    if not file.exists():
        return
    from ccmeter.queries.names import latest
    from ccmeter.store import lease

    try:
        with lease.glancing(file) as connection:
            found = latest(connection, thing)
    except StoreError:
        return
    for each in found:
        if thing == "project":
            # people type a folder's name; its path only where they began with it
            name = each.name if typed.startswith(("/", "~")) or "\\" in typed else _base(each.name)
            yield Word(name, each.name)
        else:
            yield Word(each.name, f"{each.last_on} {_base(each.project) if thing == 'session' else ''}")


def _keys() -> Iterator[Word]:
    """Give the keys of the settings file: the options of all commands, then those of each."""
    from ccmeter.config import schema

    top = schema.schema()["properties"]
    for key, rule in schema.schema()["$defs"]["options"]["properties"].items():
        yield Word(key, schema.described(rule))
    for name, rule in top.items():
        for key, within in schema.properties_of(rule).items() if name != settings.ALL else ():
            yield Word(f"{name}.{key}", schema.described(within))


def _base(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
