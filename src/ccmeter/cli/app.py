"""The command line: finds the command that was named, and hands it its options.

Commands are the modules of `commands/`. A parameter that is a group of options (`options.Which`) stands for all of
them, so that what commands share is written once.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import typer
from typer.core import TyperGroup
from typer.models import DefaultPlaceholder

from ccmeter import __version__
from ccmeter.cli.handle import Handle, Handles, first_sentence
from ccmeter.cli.misuse import no_such_command
from ccmeter.cli.settings import point_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from typer._click import Command, Context, HelpFormatter

COMMANDS: Final = "ccmeter.cli.commands"
SECTIONS: Final = ("Reports", "Live", "Export", "Store", "Sync", "Settings")
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

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the command that was named, or say which one is nearest."""
        if args[0] not in names() and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise no_such_command(args[0], args[0], names())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the commands by section."""
        listed: dict[str, list[tuple[str, str]]] = {section: [] for section in SECTIONS}
        for name in self.list_commands(ctx):
            command = made(name)
            if not command.hidden:
                listed[module_of(name).SECTION].append((name, first_sentence(command)))
        for section, rows in listed.items():
            if rows:
                with formatter.section(section):
                    formatter.write_dl(rows)


def made(name: str) -> Command:
    """Make the command, or the group of commands, of a name from its module."""
    module = module_of(name)
    if hasattr(module, "app"):
        app = module.app
    else:
        app = typer.Typer()
        app.command(name, context_settings=_SETTINGS)(getattr(module, module.__name__.rpartition(".")[2]))
    app.rich_markup_mode, app.pretty_exceptions_enable, app._add_completion = None, False, False  # noqa: SLF001
    if isinstance(app.info.cls, DefaultPlaceholder):
        app.info.cls = Handles
    for each in app.registered_commands:
        if each.cls is not Handle:
            each.cls, each.callback = Handle, flat(each.callback)
    command: Command = typer.main.get_command(app)
    command.name = name
    is_settable = getattr(module, "SETTABLE", True)
    for handle in (command, *getattr(command, "commands", {}).values()):
        if isinstance(handle, Handle):
            handle.is_settable = is_settable
            handle.takes_dashes = getattr(module, "TAKES_DASHES", False)
    return command


def flat(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes the options of its groups one by one.

    It says which of them are shared by all commands, and what the group of each is about.
    """
    groups: dict[str, type[Any]] = {}
    headings: dict[str, str] = {}
    parameters: list[inspect.Parameter] = []
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        if dataclasses.is_dataclass(hints[name]):
            groups[name] = group = hints[name]
            hints |= get_type_hints(group, include_extras=True)
            fields = dataclasses.fields(group)
            headings |= dict.fromkeys((field.name for field in fields), _heading(group))
            parameters += [
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=field.default,
                    annotation=hints[field.name],
                )
                for field in fields
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
    run.headings = headings  # type: ignore[attr-defined]
    run.shared = frozenset(each.name for each in parameters if is_shared(each.annotation))  # type: ignore[attr-defined]
    return run


def is_shared(annotation: object) -> bool:
    """Tell whether an option is one of those that mean the same in every command: the first of its name there."""
    from ccmeter.cli import options

    info = next(iter(getattr(annotation, "__metadata__", ())), None)
    for option in vars(options).values():
        for each in getattr(option, "__metadata__", ()):
            if _long_names(each) & _long_names(info):
                return each is info
    return False


def _long_names(info: Any) -> set[str]:
    """Give the long names of an option: typer keeps the first of them where a default would be."""
    decls = (getattr(info, "default", None), *(getattr(info, "param_decls", None) or ()))
    return {decl for decl in decls if isinstance(decl, str) and decl.startswith("--")}


def _heading(group: type[Any]) -> str:
    """Give what a group is about: its docstring up to the first stop."""
    return re.split("[.,:]", group.__doc__ or "")[0]


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
    context: typer.Context,
    _: bool = typer.Option(
        False, "--version", "-V", callback=_version, is_eager=True, help="Show the version."
    ),
    config: str = typer.Option(
        None, "--config", metavar="FILE", help="Take the settings from this file, for any command."
    ),
) -> None:
    """Tell what you used, what it cost and what is left.

    Reads the logs that Claude Code leaves on disk into a store of your own and reports from there.
    Without a command, `ccmeter` means `ccmeter daily`.
    """
    if config is not None:
        point_at(context, Path(config))
