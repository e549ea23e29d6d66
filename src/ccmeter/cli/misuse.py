"""Turns what typer has against a command line into our own kind of error: what is wrong, then what to do.

A person should not be able to tell who found a mistake, the reader of the command line or the command itself.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from typer._click.exceptions import BadOptionUsage, BadParameter, MissingParameter, NoSuchOption

from ccmeter.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typer._click.exceptions import ClickException

_KINDS: Final[Mapping[str, str]] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "boolean": "true or false",
}
_WRONG_KIND: Final = re.compile(r"(?P<value>.*) is not a valid (?P<kind>\w+)\b.*", re.DOTALL)
_EXTRA: Final = re.compile(r"Got unexpected extra argument\S* \((?P<words>.*)\)", re.DOTALL)


def told(error: ClickException) -> UsageError:
    """Give the error of ours that says what this one says."""
    context: Any = getattr(error, "ctx", None)
    hint = f"`{context.command_path if context else 'ccmeter'} -h` says what it takes."
    if isinstance(error, NoSuchOption):
        hint = nearest(error.option_name.split()[0], _options(context)) or hint
        return UsageError(f"There is no option {_quoted(error.option_name)}.", hint=hint)
    if isinstance(error, BadOptionUsage | BadParameter):
        return UsageError(_of_value(error, context), hint=hint)
    if extra := _EXTRA.match(error.message):
        return UsageError(f"There is no place for {_quoted(extra['words'])}.", hint=hint)
    if error.message == "Missing command." and context is not None:
        return UsageError(
            f"`{context.command_path}` needs a command.",
            hint=f"There are: {', '.join(context.command.list_commands(context))}.",
        )
    return UsageError(error.format_message(), hint=hint)


def _of_value(error: BadOptionUsage | BadParameter, context: Any) -> str:
    """Say what is wrong with the value of an option or an argument, or that it has none."""
    if isinstance(error, BadOptionUsage):
        return f"{error.option_name} {'takes no' if 'does not take' in error.message else 'needs a'} value."
    if error.param is None:
        return error.format_message()
    if isinstance(error, MissingParameter):
        return f"An argument is missing: {error.param.make_metavar(context)}."
    return f"{max(error.param.opts, key=len)} is refused: {reason(error)}"


def reason(error: BadParameter) -> str:
    """Say why a value is refused, in the words that the settings file is refused with."""
    found = _WRONG_KIND.fullmatch(error.message)
    if found and found["kind"] in _KINDS:
        return f"it must be {_KINDS[found['kind']]}, not {found['value']}."
    return error.message


def no_such_command(called: str, name: str, names: Iterable[str]) -> UsageError:
    """Make the error for a command that is not there: it names the nearest, or all."""
    names = list(names)
    return UsageError(
        f"There is no command {called if called.isprintable() else repr(called)}.",
        hint=nearest(name, names) or f"There are: {', '.join(names)}.",
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which name was probably meant; nothing where none is near."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"Did you mean {near[0]}?" if near else ""


def _options(context: Any) -> list[str]:
    """Give the long options of the command that was called."""
    params = context.command.params if context else ()
    return [name for param in params for name in param.opts if name.startswith("--")]


def _quoted(words: str) -> str:
    """Give what was typed so that it is told from the sentence around it, and moves no cursor."""
    is_plain = words.isprintable() and not re.search(r"\s", words.strip())
    return words if is_plain else repr(words)
