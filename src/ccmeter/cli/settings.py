"""Finds the value of an option that no flag gives: in the environment, in the settings file, else its default.

`--order` of `ccmeter daily` is `CCMETER_DAILY_ORDER`, else `CCMETER_ORDER`, else `order` in the file's table `[daily]`,
else `order` at its top: what is said for one command goes before what is said for all, and the environment before the
file. Only options that commands share (`cli.options`) can be said for all. Nothing is loaded where there is no file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from typer._click.core import Context, ParameterSource
from typer._click.exceptions import BadParameter

from ccmeter.cli import misuse
from ccmeter.domain.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typer._click.core import Command, Parameter

    from ccmeter.config.document import Document

PREFIX: Final = "CCMETER"
ALL: Final = "options"
"""The table whose keys mean what they mean at the top, for a key that is a command's name as well (`model`)."""
UNSETTABLE: Final = frozenset({"help", "version", "config"})
PLACES: Final = frozenset({"claude-dir", "data-dir", "timezone"})
"""What is said for all is meant by commands that change history, too: else they would change another store."""
RIVALS: Final[Mapping[str, frozenset[str]]] = {
    "format": frozenset({"json", "csv"}),
    "json": frozenset({"format", "csv"}),
    "csv": frozenset({"format", "json"}),
    "last": frozenset({"since", "until"}),
    "since": frozenset({"last"}),
    "until": frozenset({"last"}),
}
"""Options that cannot be meant together: the one that is said closer to the command keeps the others away."""
ELSEWHERE: Final[Mapping[str, str]] = {"claude-dir": "CLAUDE_CONFIG_DIR"}
"""Variables of other programs that say the same as an option, and go before the file."""
_NAMED: Final = "ccmeter.config"
"""Where a context remembers the file that `--config` named."""
OF_THE_FILTERS: Final = "Which usage"
"""The group of options that sample logs are not filtered by, unless by a flag."""


class Origin(NamedTuple):
    """Where a value is from."""

    kind: str
    """`flag`, `environment`, `file` or `default`."""
    name: str = ""
    """The flag, the variable, or the file."""
    line: int | None = None

    def __str__(self) -> str:
        """Say it in a few words: `CCMETER_ORDER`, `/home/me/.config/ccmeter/config.toml:3`."""
        return f"{self.name}:{self.line}" if self.line else self.name or self.kind


class Said(NamedTuple):
    """A value that the environment or the file gives."""

    value: Any
    origin: Origin
    rank: int
    """0 is closest to the command."""


class Settled(Context):
    """What a command line says, filled up from the environment and the settings file."""

    document: Document | None = None
    environment: Mapping[str, str] = {}
    """Only what begins with our prefix, and what stands in `ELSEWHERE`."""
    is_loaded = False

    @property
    def path(self) -> tuple[str, ...]:
        """The command's name, behind the name of its group."""
        names: list[str] = []
        context: Context | None = self
        while context is not None and context.parent is not None:
            names.insert(0, str(context.info_name))
            context = context.parent
        return tuple(names)

    def load(self, file: Path | None) -> None:
        """Find out what the environment and the file say. Raises ConfigError and UsageError."""
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if value and (name.startswith(f"{PREFIX}_") or name in ELSEWHERE.values())
        }
        self.document = read(file or file_of(os.environ))
        self.is_loaded = True

    def lookup_default(self, name: str, call: bool = True) -> Any:  # noqa: ARG002 - click's signature
        """Give the value of a parameter that no flag gives; None leaves it at its default."""
        said = self.said(name)
        return None if said is None or said.origin.name in ELSEWHERE.values() else said.value

    def said(self, name: str) -> Said | None:
        """Find what is said about a parameter outside of the command line."""
        if not self.is_loaded or self._is_for_samples(name):
            return None
        param = next((each for each in self.command.params if each.name == name), None)
        key = None if param is None else key_of(param)
        if param is None or key is None or not (is_settable(self.command) or key in PLACES):
            return None
        found = next(self._all_said(param, key), None)
        return None if found is None or self._has_rival(key, found.rank) else found

    def origin_of(self, param: Parameter) -> Origin:
        """Tell where the value of a parameter is from."""
        if self.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE:
            return Origin("flag", max(param.opts, key=len))
        said = self.said(str(param.name))
        return said.origin if said else Origin("default")

    def explain(self, error: UsageError) -> None:
        """Add to an error where the values that it complains of are set, if that is not the command line."""
        text = str(error)
        for param in self.command.params:
            key, origin = key_of(param), self.origin_of(param)
            value = str(self.params.get(str(param.name)))
            if origin.kind in ("environment", "file") and (f"--{key} " in f"{text} " or f"'{value}'" in text):
                error.hint = f"{error.hint} {key} is set in {origin}.".strip()

    def _all_said(self, param: Parameter, key: str) -> Iterator[Said]:
        """Give what is said about an option, closest to the command first."""
        is_shared = param.name in getattr(self.command, "shared", ())
        paths = [*([self.path] if is_settable(self.command) else []), *([()] if is_shared else [])]
        for rank, path in enumerate(paths):
            variable = variable_of(path, key)
            if variable in self.environment:
                yield Said(_given(self, param, variable), Origin("environment", variable), rank)
        if is_shared and (other := ELSEWHERE.get(key)) in self.environment:
            yield Said(self.environment[str(other)], Origin("environment", str(other)), len(paths))
        if self.document is None:
            return
        from ccmeter.config.document import plain

        for rank, path in enumerate(paths, len(paths) + 1):
            if found := in_file(self.document, path, key):
                place, value = found
                line = self.document.line_of(place)
                value = (
                    [value] if getattr(param, "multiple", False) and not isinstance(value, list) else value
                )
                yield Said(plain(value), Origin("file", str(self.document.file), line), rank)

    def _has_rival(self, key: str, rank: int) -> bool:
        for param in self.command.params:
            if (other := key_of(param)) not in RIVALS.get(key, ()):
                continue
            if self.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE:
                if self.params.get(str(param.name)):
                    return True
            elif any(said.value and said.rank < rank for said in self._all_said(param, str(other))):
                return True
        return False

    def _is_for_samples(self, name: str) -> bool:
        headings: Mapping[str, str] = getattr(self.command, "headings", {})
        is_demo = self.get_parameter_source("demo") is ParameterSource.COMMANDLINE and self.params.get("demo")
        return bool(is_demo) and name != "time_zone" and headings.get(name) == OF_THE_FILTERS


def is_settable(command: Command) -> bool:
    """Tell whether the options of a command can be set outside of the command line."""
    return bool(getattr(command, "is_settable", True))


def key_of(param: Parameter) -> str | None:
    """Give the name under which an option is set: its first long one; None for what cannot be set."""
    if param.param_type_name != "option":
        return None
    name = next((option[2:] for option in param.opts if option.startswith("--")), None)
    return None if name in UNSETTABLE else name


def variable_of(path: tuple[str, ...], key: str) -> str:
    """Give the name of the variable for an option of a command, or, with an empty path, of all."""
    return "_".join((PREFIX, *path, key)).replace("-", "_").upper()


def in_file(document: Document, path: tuple[str, ...], key: str) -> tuple[tuple[str, ...], Any] | None:
    """Find an option in the file: where it stands and what it is set to. An empty path is what is said for all."""
    for places in (path,) if path else ((ALL,), ()):
        table: Any = document.content
        for name in places:
            table = table.get(name, {}) if isinstance(table, dict) else {}
        for name in (key, key.replace("-", "_")):
            value = table.get(name) if isinstance(table, dict) else None
            if value is not None and not isinstance(value, dict):
                return (*places, name), value
            if not path and key == "currency" and isinstance(value, dict) and "code" in value:
                return (name, "code"), value["code"]
    return None


def file_of(environment: Mapping[str, str]) -> Path:
    """Give the settings file, whether or not it is there."""
    from ccmeter.config import paths

    return paths.config_file(environment)


def read(file: Path) -> Document | None:
    """Read and check the settings file; None if there is none. Raises ConfigError."""
    if not os.path.lexists(file):
        return None
    from ccmeter.config import document, schema

    found = document.read(file)
    if found is not None:
        schema.check(found)
    return found


def begin(context: Context, _: Parameter, file: Path | None) -> None:
    """Handle `--config FILE`, and load what is said outside of the command line, before any other option is read."""
    if file is not None:
        point_at(context, file)
    if isinstance(context, Settled) and (
        is_settable(context.command) or any(key_of(param) in PLACES for param in context.command.params)
    ):
        named = context.meta.get(_NAMED)
        if named is not None and not named.exists():
            raise UsageError(f"There is no settings file {named}.", hint="`ccmeter config edit` makes one.")
        context.load(None)


def point_at(context: Context, file: Path) -> None:
    """Let all that a command does find its settings in this file."""
    from ccmeter.config import paths

    file = context.meta[_NAMED] = paths.expanded(Path(file))
    # In the environment, so that whoever asks for the file, in this process or a worker, finds the same one.
    name, before = f"{PREFIX}_CONFIG", os.environ.get(f"{PREFIX}_CONFIG")
    os.environ[name] = str(file)

    def restore() -> None:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before

    context.find_root().call_on_close(restore)


def _given(context: Settled, param: Parameter, variable: str) -> Any:
    """Read a variable as the option would be; lists are parted by commas. Raises ConfigError."""
    text = context.environment[variable]
    value = (
        [part.strip() for part in text.split(",") if part.strip()]
        if getattr(param, "multiple", False)
        else text
    )
    try:
        return param.type_cast_value(context, value)
    except BadParameter as error:
        raise ConfigError(
            f"{variable} is refused: {misuse.reason(error)}", hint="Correct it, or unset it."
        ) from error
