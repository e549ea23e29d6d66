"""Lists the settings and where each is from: of all commands, or as one command line would have them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccmeter.cli import settings
from ccmeter.cli.settings import Origin, Settled
from ccmeter.config import schema
from ccmeter.config.document import dotted, plain
from ccmeter.domain.errors import UsageError
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from typer._click.core import Context, Parameter

    from ccmeter.cli.handle import Handle
    from ccmeter.config.document import Document
    from ccmeter.reports.table import Json

_COLUMNS = (
    Column(key="key", title="Setting", kind=Kind.TEXT, is_foreign=True, wraps=True),
    Column(key="value", title="Value", kind=Kind.TEXT, is_foreign=True, wraps=True),
    Column(key="from", title="From", kind=Kind.TEXT, is_foreign=True, wraps=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value and where it is from."""

    key: str
    value: Any
    origin: Origin


def of_command(context: Context, words: Sequence[str]) -> list[Setting]:
    """Give every option of a command as a command line has it. Raises UsageError, and typer's own."""
    path, handle, rest = _handle_of(words)
    parent = context.find_root()
    for name in path[:-1]:
        parent = type(parent)(handle, info_name=name, parent=parent)
    made = handle.make_context(path[-1], rest, parent=parent)
    assert isinstance(made, Settled)
    return [
        Setting(key=key, value=_value(made, param), origin=made.origin_of(param))
        for param in handle.params
        if (key := settings.key_of(param))
    ]


def _value(made: Settled, param: Parameter) -> Any:
    """Give the value that holds, also where a variable of another program says it."""
    said = made.said(str(param.name))
    is_elsewhere = said is not None and made.origin_of(param).name in settings.ELSEWHERE.values()
    return said.value if said and is_elsewhere else made.params.get(str(param.name))


def of_all(document: Document | None) -> list[Setting]:
    """Give what is said for all commands, then what is set for single ones, then what the tables hold."""
    from ccmeter.cli.schema import handles

    environment = {name: value for name, value in os.environ.items() if value}
    shared: dict[str, Setting] = {}
    defaults: dict[str, set[str]] = {}
    own: list[Setting] = []
    for path, handle in handles():
        for param in handle.params if handle.is_settable else ():
            key = settings.key_of(param)
            if key is None:
                continue
            if param.name in handle.shared:
                defaults.setdefault(key, set()).add(told(param.default))
                shared[key] = _said((), key, environment, document) or Setting(
                    key=key,
                    value=param.default
                    if len(defaults[key]) == 1
                    else " or ".join(sorted(filter(None, defaults[key]))),
                    origin=Origin("default"),
                )
            if said := _said(path, key, environment, document):
                own.append(said)
    return [*sorted(shared.values(), key=lambda setting: setting.key), *own, *_of_tables(document)]


def lay_out(settings: Sequence[Setting], file: Path) -> Report:
    """Give settings as a table and a document."""
    rows = tuple(Row(cells=(each.key, told(each.value), _from(each.origin))) for each in settings)
    there = "" if file.exists() else ", which is not there: `ccmeter config edit` makes it"
    document: Json = {
        "file": str(file),
        "settings": [
            {
                "key": each.key,
                "value": _json(each.value),
                "source": each.origin.kind,
                "name": each.origin.name or None,
                "line": each.origin.line,
            }
            for each in settings
        ],
    }
    note = Note(text=f"Settings file: {file}{there}.")
    return Report(
        table=Table(title="Settings", columns=_COLUMNS, rows=rows, notes=(note,)), document=document
    )


def told(value: object) -> str:
    """Give a value as one would write it."""
    if value is None or value in ((), []):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(plain(value))


def _from(origin: Origin) -> str:
    """Say where a value is from, with the home folder as `~`."""
    home = os.path.expanduser("~")  # noqa: PTH111 - text in, text out
    text = str(origin)
    return f"~{text.removeprefix(home)}" if origin.kind == "file" and text.startswith(home + os.sep) else text


def _json(value: object) -> Json:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_json(each) for each in value] or None
    return str(plain(value))


def _handle_of(words: Sequence[str]) -> tuple[list[str], Handle, list[str]]:
    """Find the command that a command line names, and what follows it. Raises UsageError."""
    from ccmeter.cli.schema import handles

    known = {path: handle for path, handle in handles() if handle.is_settable}
    for length in (2, 1):
        path = tuple(words[:length])
        if len(path) == length and path in known:
            return list(path), known[path], list(words[length:])
    raise UsageError(
        f"There is no command {words[0]} that takes settings.",
        hint=f"There are: {', '.join(' '.join(path) for path in known)}.",
    )


def _said(
    path: tuple[str, ...], key: str, environment: Mapping[str, str], document: Document | None
) -> Setting | None:
    name = ".".join((*path, key))
    variables = [settings.variable_of(path, key), *([] if path else [settings.ELSEWHERE.get(key, "")])]
    for variable in variables:
        if variable in environment:
            return Setting(key=name, value=environment[variable], origin=Origin("environment", variable))
    if document is not None and (found := settings.in_file(document, path, key)):
        place, value = found
        return Setting(
            key=name, value=value, origin=Origin("file", str(document.file), document.line_of(place))
        )
    return None


def _of_tables(document: Document | None) -> Iterator[Setting]:
    if document is None:
        return
    for name in schema.tables(document.content):
        if isinstance(document.content[name], dict):
            yield from _leaves(document, (name,), document.content[name])


def _leaves(document: Document, path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[Setting]:
    for name, value in table.items():
        place = (*path, name)
        if isinstance(value, dict):
            yield from _leaves(document, place, value)
        elif place != ("currency", "code"):  # it is the option `currency`
            line = document.line_of(place)
            yield Setting(key=dotted(place), value=value, origin=Origin("file", str(document.file), line))
