"""The command line: finds the command that was named, and hands it its options.

Commands are the modules of `commands/`. A parameter that is a group of options (`options.Which`) stands for all of
them, so that what commands share is written once.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import typer
from typer.core import TyperGroup

from ccmeter import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from typer._click import Command, Context, HelpFormatter

COMMANDS: Final = "ccmeter.cli.commands"
SECTIONS: Final = ("Reports", "Export", "Store", "Settings")
"""The order of `SECTION`s in the help."""

_SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def names() -> list[str]:
    """Give the names of all commands, sorted."""
    folder = os.path.join(os.path.dirname(__file__), "commands")  # noqa: PTH118, PTH120 - read by every start
    modules = (name.partition(".") for name in os.listdir(folder))  # noqa: PTH208
    return sorted(
        name.rstrip("_").replace("_", "-")
        for name, _, ending in modules
        if ending == "py" and not name.startswith("_")
    )


def module_of(name: str) -> ModuleType:
    """Load the module of a command."""
    stem = name.replace("-", "_")
    is_word = stem in ("import", "global")
    return import_module(f"{COMMANDS}.{stem}{'_' if is_word else ''}")


class Commands(TyperGroup):
    """A group that loads its commands when they are asked for."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - typer's signature
        """Give the names of all commands."""
        return names()

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - typer's signature
        """Give one command; None if there is none of that name."""
        return made(cmd_name) if cmd_name in names() else None

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the commands by section."""
        listed: dict[str, list[tuple[str, str]]] = {section: [] for section in SECTIONS}
        limit = formatter.width - 6 - max(map(len, self.list_commands(ctx)))
        for name in self.list_commands(ctx):
            command = made(name)
            if not command.hidden:
                listed[module_of(name).SECTION].append((name, command.get_short_help_str(limit)))
        for section, rows in listed.items():
            if rows:
                with formatter.section(section):
                    formatter.write_dl(rows)


def made(name: str) -> Command:
    """Make the command of a name from its module."""
    module = module_of(name)
    if hasattr(module, "app"):
        command = typer.main.get_command(module.app)
    else:
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(name, context_settings=_SETTINGS)(
            flat(getattr(module, module.__name__.rpartition(".")[2].rstrip("_")))
        )
        command = typer.main.get_command(alone)
    command.name = name
    return command


def flat(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes the options of its groups one by one."""
    groups: dict[str, type[Any]] = {}
    parameters: list[inspect.Parameter] = []
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        if dataclasses.is_dataclass(hints[name]):
            groups[name] = group = hints[name]
            options = get_type_hints(group, include_extras=True)
            parameters += [
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=field.default,
                    annotation=options[field.name],
                )
                for field in dataclasses.fields(group)
            ]
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name]))

    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in dataclasses.fields(group)})
        command(**given)

    run.__doc__ = command.__doc__
    run.__name__ = command.__name__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


app = typer.Typer(
    cls=Commands,
    name="ccmeter",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ccmeter {__version__}")
        raise typer.Exit


@app.callback()
def _ccmeter(
    _: bool = typer.Option(
        False, "--version", "-V", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Tell what you used, what it cost and what is left.

    Reads the logs that Claude Code leaves on disk into a store of your own and reports from there.
    Without a command, `ccmeter` means `ccmeter daily`.
    """
