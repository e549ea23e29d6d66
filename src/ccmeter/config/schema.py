"""Checks what a settings file says against the one definition of all settings, the packaged JSON Schema.

The schema is made from the commands' options and the tables of `settings_schema` (`ccmeter.cli.schema`), shipped for
editors, and read here as well: it takes 1 ms where pydantic takes 60. Only the words that the schema uses are known.
"""

from __future__ import annotations

import difflib
import json
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ccmeter.config.document import plain
from ccmeter.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from ccmeter.config.document import Document

FILE: Final = Path(__file__).with_name("settings.schema.json")

_WORDS: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "string": ((str,), "text in quotes"),
    "array": ((list,), "a list"),
    "object": ((dict,), "a table"),
    "null": ((type(None),), "nothing"),
}


class Fault(NamedTuple):
    """What is wrong with a key."""

    key: tuple[str, ...]
    reason: str
    hint: str | None = None


@cache
def schema() -> Mapping[str, Any]:
    """Give the schema of the settings file."""
    found: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def check(document: Document) -> None:
    """Look at every key and value. Raises ConfigError: file, line, nearest key."""
    found = faults(document)
    if first := next(found, None):
        error = refusal(document, first)
        if next(found, None):
            error.hint += " `ccmeter config check` lists all mistakes."
        raise error


def faults(document: Document) -> Iterator[Fault]:
    """Give all that is wrong with a file, table by table in the order of the file."""
    return _faults_of(schema(), dict(document.content), ())


def refusal(document: Document, fault: Fault) -> ConfigError:
    """Make the error that names the file, the line and the nearest key."""
    return ConfigError(f"{document.place(fault.key)}: {'.'.join(fault.key)} {fault.reason}.", hint=fault.hint)


def tables(content: Container[str]) -> list[str]:
    """Give the tables among the keys of a file that only pydantic checks to the end."""
    return [name for name in schema()["x-tables"] if name in content]


def fault_of(key: Sequence[str], value: object) -> Fault | None:
    """Tell what would be wrong with a key and its value, whatever else there is or should be beside it."""
    for part in reversed(key[1:]):
        value = {part: value}
    for fault in _faults_of(schema(), {key[0]: value}, ()):
        if list(fault.key[: len(key)]) == list(key)[: len(fault.key)]:
            return fault
    return None


def properties_of(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the keys of a table, and what each may be set to."""
    found: dict[str, Any] = {}
    for each in _alternatives(rule):
        found |= each.get("properties", {})
    return found


def described(rule: Mapping[str, Any]) -> str:
    """Give what a setting is for; nothing for what needs no words."""
    return str(rule.get("description") or _resolved(rule).get("description", ""))


def find(properties: Mapping[str, Any], key: str) -> str | None:
    """Give the name under which a key is known: an option's `-` may be written `_`."""
    return next((name for name in (key, key.replace("_", "-")) if name in properties), None)


def _faults_of(rule: Mapping[str, Any], value: object, key: tuple[str, ...]) -> Iterator[Fault]:
    rule, value = _resolved(rule), plain(value)
    rules = list(_alternatives(rule))
    fitting = [list(_faults_of_one(each, value, key)) for each in rules if _is_of_type(each, value)]
    if not fitting:
        yield Fault(key, f"is refused: it must be {_either(rules)}, not {_told(value)}")
    elif [] not in fitting:
        yield from fitting[0]


def _faults_of_one(rule: Mapping[str, Any], value: object, key: tuple[str, ...]) -> Iterator[Fault]:
    """Look at a value of the right type."""
    if isinstance(value, dict):
        yield from _faults_within(rule, value, key)
    elif isinstance(value, list):
        wrong = (fault for each in value for fault in _faults_of(rule.get("items", {}), each, key))
        yield from islice(wrong, 1)
    elif fault := _fault_of_value(rule, value, key):
        yield fault


def _fault_of_value(rule: Mapping[str, Any], value: object, key: tuple[str, ...]) -> Fault | None:
    if "enum" in rule and value not in rule["enum"]:
        near = difflib.get_close_matches(str(value), rule["enum"], 1)
        return Fault(
            key,
            f"cannot be {_told(value)}",
            f"Did you mean {near[0]}?" if near else f"It takes {', '.join(rule['enum'])}.",
        )
    if isinstance(value, int | float) and not rule.get("minimum", value) <= value <= rule.get(
        "maximum", value
    ):
        limits = [
            f"{word} {rule[name]}"
            for name, word in (("minimum", "at least"), ("maximum", "at most"))
            if name in rule
        ]
        return Fault(key, f"is refused: it must be {' and '.join(limits)}")
    return None


def _faults_within(rule: Mapping[str, Any], table: dict[str, Any], key: tuple[str, ...]) -> Iterator[Fault]:
    """Look at the keys of a table, in their order in the file."""
    properties = rule.get("properties", {})
    others = rule.get("additionalProperties", True)
    for name, value in table.items():
        known = find(properties, name)
        if known is None and others is False:
            yield Fault((*key, name), "is not a setting", _nearest(name, properties))
            continue
        within = properties[known] if known is not None else others
        if isinstance(within, dict):
            yield from _faults_of(within, value, (*key, name))
    for name in rule.get("required", ()):
        if name not in table:
            yield Fault((*key, name), "is refused: it must be set")


def _nearest(name: str, properties: Mapping[str, Any]) -> str | None:
    """Give the right key nearest to a wrong one; among all there are, for it may stand in the wrong table."""
    near = difflib.get_close_matches(name.replace("_", "-"), properties, 1) or difflib.get_close_matches(
        name, properties, 1
    )
    if near:
        return f"Did you mean {near[0]}?"
    return None


def _resolved(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    return rule


def _alternatives(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the rules of which one is enough."""
    rule = _resolved(rule)
    if "anyOf" not in rule:
        yield rule
    for each in rule.get("anyOf", ()):
        yield from _alternatives(each)


def _is_of_type(rule: Mapping[str, Any], value: object) -> bool:
    if "type" not in rule:
        return True
    types, _ = _WORDS[rule["type"]]
    value = plain(value)
    return isinstance(value, types) and (rule["type"] == "boolean" or not isinstance(value, bool))


def _either(rules: list[Mapping[str, Any]]) -> str:
    return " or ".join(
        dict.fromkeys(_WORDS[rule["type"]][1] for rule in rules if rule.get("type", "null") != "null")
    )


def _told(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
