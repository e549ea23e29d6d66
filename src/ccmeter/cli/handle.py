"""What every command has beside its own options: grouped help, off switches, `--config`, and settings.

A flag that the settings file can switch on needs a way to be switched off: `--breakdown` has `--no-breakdown`,
`--no-cost` has `--cost`. They stand in no help of their own, because the rule is said once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer._click.exceptions import NoSuchOption
from typer._click.exceptions import UsageError as Misused
from typer.core import TyperCommand, TyperGroup, TyperOption

from ccmeter.cli import misuse, settings
from ccmeter.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from typer._click.core import Command, Context, Parameter
    from typer._click.formatting import HelpFormatter
    from typer._click.parser import _OptionParser

ARGUMENTS = "Arguments"
OWN = "Options"
GENERAL = "General"
_NO_LIMIT = 1_000
OFF = "--no-X switches off what the settings switch on."


def config_option() -> TyperOption:
    """Make the option that every command has."""
    return TyperOption(
        param_decls=["config", "--config"],
        metavar="FILE",
        help="Take the settings from this file. [default: CCMETER_CONFIG, else your settings folder]",
        is_eager=True,
        expose_value=False,
        callback=settings.begin,
    )


class Handle(TyperCommand):
    """A command."""

    context_class = settings.Settled
    is_settable: bool = True
    """Whether its options can be set outside of the command line."""
    takes_dashes: bool = False
    """Whether an argument of several words may begin with a dash, as a comment in SQL does."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.headings: Mapping[str, str] = getattr(self.callback, "headings", {})
        """By parameter, what its group of options is about."""
        self.shared: frozenset[str] = getattr(self.callback, "shared", frozenset())
        """The parameters that mean the same in every command."""
        if not any("--config" in param.opts for param in self.params):
            self.params.append(config_option())

    def make_parser(self, ctx: Context) -> _OptionParser:
        """Make the parser, with an off switch for each flag."""
        parser = super().make_parser(ctx)
        for option, name in off_switches(self.params):
            parser.add_option(obj=option, opts=[name], dest=option.name, action="store_const", const=False)
        return parser

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the command line."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except NoSuchOption:
            text = next(filter(self._is_text, given), None) if self.takes_dashes else None
            if text is None:
                raise
            given.remove(text)
            return super().parse_args(ctx, [*given, *([] if "--" in given else ["--"]), text])
        except Misused as error:
            error.ctx = error.ctx or ctx  # some do not say of which command they speak
            raise

    def _is_text(self, word: str) -> bool:
        """Tell whether what begins with a dash can only be an argument: several words, the first no option."""
        first = word.split(maxsplit=1)[0] if word.startswith("-") else ""
        return first not in ("", word) and not any(first in param.opts for param in self.params)

    def invoke(self, ctx: Context) -> Any:
        """Run the command; where a value is refused that no flag gave, the error says where it is set."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            if isinstance(ctx, settings.Settled):
                ctx.explain(error)
            raise

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the options under the headings of their groups: the command's own first."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            if record := param.get_help_record(ctx):
                sections.setdefault(self.heading(param), []).append(record)
        widest = min(max(len(first) for section in sections.values() for first, _ in section), 30)
        for heading in sorted(sections, key=self.order_of):
            with formatter.section(heading):
                # so that all sections have one left edge
                formatter.write_dl([(first.ljust(widest), second) for first, second in sections[heading]])
        if self.is_settable and any(True for _ in off_switches(self.params)):
            formatter.write_paragraph()
            formatter.write_text(OFF)

    def heading(self, param: Parameter) -> str:
        """Give the heading under which an option stands."""
        if param.param_type_name == "argument":
            return ARGUMENTS
        if {"--help", "--config"} & set(param.opts):
            return GENERAL
        return self.headings.get(str(param.name), OWN)

    def order_of(self, heading: str) -> int:
        """Give the place of a heading: arguments and own options first, then groups as they were taken."""
        first, last = (ARGUMENTS, OWN), (GENERAL,)
        return [*first, *dict.fromkeys(self.headings.values()), *last].index(heading)


class Handles(TyperGroup):
    """A group of commands."""

    command_class = Handle

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - typer's signature
        """Write the commands, each with its first sentence in full."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(command)) for name, command in self.commands.items()])

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the command that was named, or say which one is nearest."""
        if args[0] not in self.commands and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise misuse.no_such_command(f"{ctx.info_name} {args[0]}", args[0], self.commands)
        return super().resolve_command(ctx, args)


class DefaultHandles(Handles):
    """A group whose first command is meant where none is named."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the command line, with the command that it means."""
        is_help = bool(args) and args[0] in ctx.help_option_names
        if not ctx.resilient_parsing and not is_help and (not args or args[0].startswith("-")):
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


def first_sentence(command: Command) -> str:
    """Give what a command does, however long that is."""
    return command.get_short_help_str(_NO_LIMIT)


def off_switches(params: Iterable[Parameter]) -> Iterator[tuple[TyperOption, str]]:
    """Give each flag that can be set, and the name of its opposite."""
    params = list(params)
    taken = {name for param in params for name in (*param.opts, *param.secondary_opts)}
    for param in params:
        key = settings.key_of(param)
        if (
            key is not None
            and isinstance(param, TyperOption)
            and param.is_bool_flag
            and not param.secondary_opts
        ):
            name = f"--{key[3:] if key.startswith('no-') else f'no-{key}'}"
            if name not in taken:
                yield param, name
