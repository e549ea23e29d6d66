"""What a person does to the settings file: make one, edit it, set a key, and check it all."""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from ccmeter.cli import settings
from ccmeter.config import document, edit, schema
from ccmeter.domain.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_HEAD: Final = """\
# Settings of ccmeter. A line without # at its beginning counts; all of them are optional.
# A flag goes before the environment (CCMETER_ORDER), which goes before this file.
# `ccmeter config show` says what is in force, `ccmeter config check` whether this file is right.

# For every command
"""
_TAIL: Final = """
# For one command, in a table of its name
# [daily]
# breakdown = true

# Prices of your own, in USD per million tokens
# [pricing.models."my-model"]
# input = 1.25
# output = 5

# What a dollar is worth, from a day on
# [currency]
# code = "EUR"
# [currency.rates.EUR]
# "2026-01-01" = 0.92
"""
_EDITORS: Final = ("notepad",) if os.name == "nt" else ("nano", "vi")


def template() -> str:
    """Give a settings file in which everything is commented out."""
    lines = [_HEAD]
    options = schema.schema()["$defs"]["options"]["properties"]
    for key in options:
        rule = schema.schema()["$defs"][f"--{key}"]
        lines.append(f"# {rule['description'].partition(' [default')[0]}\n# {key} = {_example(rule)}\n")
    return "".join(lines) + _TAIL


def open_editor(file: Path) -> None:
    """Let a person edit a settings file, which is made where there is none. Raises UsageError and ConfigError."""
    command = editor()
    if not file.exists():
        edit.replace(file, template())
    try:
        status = subprocess.run([*command, str(file)], check=False).returncode  # noqa: S603 - the person's own editor
    except OSError as error:
        raise UsageError(
            f"{command[0]} cannot be started: {error.strerror}.", hint="Set VISUAL or EDITOR."
        ) from error
    if status:
        raise UsageError(f"{command[0]} ended with status {status}.", hint=f"The file is {file}.")


def editor() -> list[str]:
    """Give the command of the person's editor: VISUAL, EDITOR, or one that is there. Raises UsageError."""
    for variable in ("VISUAL", "EDITOR"):
        if words := shlex.split(os.environ.get(variable, ""), posix=os.name != "nt"):
            return words
    if not _has_terminal():  # one that nobody named would wait there for ever
        raise UsageError(
            "There is no terminal to edit in.", hint="Set VISUAL or EDITOR, or use `ccmeter config set`."
        )
    for name in _EDITORS:
        if found := shutil.which(name):
            return [found]
    raise UsageError("There is no editor.", hint="Set VISUAL or EDITOR, or use `ccmeter config set`.")


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def set_key(file: Path, key: str, text: str) -> None:
    """Set a key to what a person typed, read as the type that the setting has. Raises ConfigError."""
    path = _spelled(file, key)
    values = list(_readings(text))
    faults = [schema.fault_of(path, value) for value in values]
    if None not in faults:
        fault = faults[-1]
        assert fault
        raise ConfigError(f"{'.'.join(fault.key)} {fault.reason}.", hint=fault.hint or "Nothing was changed.")
    if path[-1] in (readings := _days_and_zones()):
        try:
            readings[path[-1]](text)
        except UsageError as error:
            raise ConfigError(f"{document.dotted(path)}: {error}", hint=error.hint) from error
    edit.set_value(file, path, values[faults.index(None)])


def unset_key(file: Path, key: str) -> None:
    """Take a key out. Raises ConfigError."""
    path = _spelled(file, key)
    if not edit.unset_value(file, path):
        raise ConfigError(
            f"{document.dotted(path)} is not set in {file}.", hint="`ccmeter config show` says what is."
        )


def check(file: Path) -> str:
    """Look at the file and the environment; say that they are right. Raises ConfigError, which lists every mistake."""
    found = document.read(file)
    given, wrong = _variables()
    errors = [*(mistakes(found) if found else ()), *wrong]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ConfigError(f"{len(errors)} mistakes in the settings.", hint="\n".join(map(_line, errors)))
    said = f"{file} is right." if found is not None else f"There is no {file}: everything is at its default."
    return f"{said} From the environment: {', '.join(given)}." if given else said


def left(file: Path) -> str:
    """Say what is wrong with a file that was just changed; nothing where it is right. Raises ConfigError."""
    found = document.read(file)
    errors = mistakes(found) if found else []
    if not errors:
        return ""
    count = "one mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
    return "\n".join((f"Still wrong: {count}.", *map(_line, errors)))


def mistakes(found: document.Document) -> list[ConfigError]:
    """Give an error for everything that is wrong with a file, in the order of its lines."""
    from ccmeter.config import settings as tables

    faults = tables.faults(found)
    wrong = {fault.key: schema.refusal(found, fault) for fault in faults}
    for place, error in _check_meaning(found):
        wrong.setdefault(place, error)
    return [wrong[key] for key in sorted(wrong, key=lambda key: found.line_of(key) or 0)]


def _line(error: ConfigError) -> str:
    return str(error) if error.hint == ConfigError.hint else f"{error} {error.hint}"


def _check_meaning(found: document.Document) -> Iterator[tuple[tuple[str, ...], ConfigError]]:
    """Look at what no schema knows: whether there is such a zone, such a day, a rate for the currency."""
    from ccmeter.cli import asking

    own = [(name,) for name, value in found.content.items() if isinstance(value, dict)]
    for key, read in {**_days_and_zones(), "currency": asking.currency}.items():
        for path in ((), *own):
            if at := settings.in_file(found, path, key):
                place, value = at
                try:
                    read(str(document.plain(value)))
                except UsageError as error:
                    yield place, ConfigError(f"{found.place(place)}: {error}", hint=error.hint)
                except ConfigError:
                    return  # the rates cannot be read, which is said of them


def _days_and_zones() -> dict[str, Callable[[str], object]]:
    """Give what reads the settings whose words mean a day or a zone. The readers raise UsageError."""
    from ccmeter.cli import asking

    def day(text: str) -> object:
        return asking.filters(now=_now(), since=text, time_zone="UTC")

    return {"timezone": asking.zone_name, "since": day, "until": day}


def _now() -> Any:
    import datetime as dt

    return dt.datetime.now(dt.UTC)


def _variables() -> tuple[list[str], list[ConfigError]]:
    """Give the variables that say something, and an error for each that would if it were spelled right."""
    from ccmeter.cli.schema import handles

    known = {f"{settings.PREFIX}_CONFIG"}
    for path, handle in handles():
        for param in handle.params if handle.is_settable else ():
            if key := settings.key_of(param):
                known |= {settings.variable_of(path, key)}
                known |= {settings.variable_of((), key)} if param.name in handle.shared else set()
    given = sorted(name for name in os.environ if name.startswith(f"{settings.PREFIX}_"))
    wrong = []
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), 1)
            hint = f"Did you mean {near[0]}?" if near else "Unset it."
            wrong.append(ConfigError(f"The environment variable {name} is not a setting.", hint=hint))
    return [*given, *(name for name in settings.ELSEWHERE.values() if os.environ.get(name))], wrong


def _readings(text: str) -> Iterator[Any]:
    """Give what a text may mean, likeliest first: a value as TOML writes it, or itself."""
    import tomllib

    try:
        found = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        found = {}
    if list(found) == ["value"]:
        yield found["value"]
    yield text


def _spelled(file: Path, key: str) -> list[str]:
    """Give the parts of a key as the schema has them, or as the file has them already. Raises ConfigError."""
    path = edit.path_of(key)
    rule: Mapping[str, Any] = schema.schema()
    there: Any = getattr(document.read(file), "content", {})
    for place, part in enumerate(path):
        properties = schema.properties_of(rule)
        known = schema.find(properties, part)
        other = part.replace("-", "_")
        if known is not None:
            path[place] = (
                other if isinstance(there, dict) and other in there and known not in there else known
            )
            rule = properties[known]
        there = there.get(path[place], {}) if isinstance(there, dict) else {}
    return path


def _example(rule: Mapping[str, Any]) -> str:
    """Give a value that a setting could have."""
    one = rule["anyOf"][0] if "anyOf" in rule else rule
    value = {"boolean": "true", "integer": "7", "number": "1.0"}.get(one["type"], '"…"')
    if "enum" in one:
        value = f'"{one["enum"][0]}"'
    return f"[{value}]" if "anyOf" in rule else value
