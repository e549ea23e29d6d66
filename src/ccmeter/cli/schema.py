"""Makes the schema of the settings file from the commands' own options and the tables of `config.settings_schema`.

So there is no second list of settings that could differ from the first. The result is packaged, because to make it
takes every command: `config.schema` checks files with it, and editors complete and check with it as people write.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ccmeter.cli import choices, settings
from ccmeter.cli.app import made, names
from ccmeter.cli.handle import Handle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer._click.core import Command, Parameter

_TYPES: Final = {"boolean": "boolean", "bool": "boolean", "int": "integer", "float": "number"}


def text() -> str:
    """Give the schema as it is packaged."""
    return json.dumps(made_anew(), indent=1, ensure_ascii=False) + "\n"


def made_anew() -> dict[str, Any]:
    """Make the schema."""
    from ccmeter.config import settings_schema

    tables = settings_schema.rules()
    shared: dict[str, Any] = {}
    commands: dict[str, Any] = {}
    for path, handle in handles():
        if not handle.is_settable:
            continue
        rules = {key: rule_of(param) for param in handle.params if (key := settings.key_of(param))}
        for param in handle.params:
            if param.name in handle.shared and (key := settings.key_of(param)):
                shared[key] = rules[key]
                rules[key] = {"$ref": f"#/$defs/--{key}"}
        if rules:
            _place(commands, path, rules)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of ccmeter",
        "x-tables": sorted(tables["properties"]),
        **_table(_merged(sorted_by_name(_for_all(shared)), commands, tables["properties"])),
        "$defs": {
            "options": _table(_for_all(shared)),
            **{f"--{key}": rule for key, rule in sorted(shared.items())},
            **tables["$defs"],
        },
    }


def handles() -> Iterator[tuple[tuple[str, ...], Handle]]:
    """Give every command with its path: `("daily",)`, `("config", "show")`."""
    for name in names():
        yield from _within((name,), made(name))


def rule_of(param: Parameter) -> dict[str, Any]:
    """Give what an option may be set to."""
    one: dict[str, Any] = {"type": _TYPES.get(param.type.name, "string")}
    if values := choices.of(param):
        one["enum"] = list(values)
    rule = {"anyOf": [one, {"type": "array", "items": one}]} if getattr(param, "multiple", False) else one
    return {**rule, "description": getattr(param, "help", None) or ""}


def sorted_by_name(rules: dict[str, Any]) -> dict[str, Any]:
    """Give rules in the order of their names."""
    return dict(sorted(rules.items()))


def _within(path: tuple[str, ...], command: Command) -> Iterator[tuple[tuple[str, ...], Handle]]:
    if isinstance(command, Handle):
        yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from _within((*path, name), each)


def _for_all(shared: dict[str, Any]) -> dict[str, Any]:
    return {key: {"$ref": f"#/$defs/--{key}"} for key in sorted(shared)}


def _place(commands: dict[str, Any], path: tuple[str, ...], rules: dict[str, Any]) -> None:
    """Put a command's options into its table, within the table of its group."""
    for name in path[:-1]:
        commands = commands.setdefault(name, _table({}))["properties"]
    commands[path[-1]] = _table(sorted_by_name(rules))


def _merged(*kinds: dict[str, Any]) -> dict[str, Any]:
    """Give the top of the file: where an option and a table bear one name, either may stand there."""
    merged: dict[str, Any] = {settings.ALL: {"$ref": "#/$defs/options"}}
    for kind in kinds:
        for name, rule in kind.items():
            merged[name] = {"anyOf": [merged[name], rule]} if name in merged else rule
    return merged


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}
