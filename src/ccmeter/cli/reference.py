"""Writes what is told about the commands anywhere from the commands themselves: `python -m ccmeter.cli.reference`.

The pages of `docs/reference`, the man page and the packaged schema of the settings file are kept, so that they can be
read without running anything; a test makes them anew and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccmeter.cli import schema, settings
from ccmeter.cli.app import SECTIONS, app, made, module_of, names
from ccmeter.cli.handle import GENERAL, OFF, Handle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typer._click.core import Command, Parameter

_MADE: Final = "<!-- Made by `python -m ccmeter.cli.reference` from the command's own options. -->"
_MAN_HEAD: Final = r"""
.SH NAME
ccmeter \- tell what you used, what it cost and what is left
.SH SYNOPSIS
.B ccmeter
[\fB\-\-config\fR \fIFILE\fR] [\fICOMMAND\fR] [\fIOPTIONS\fR]
.SH DESCRIPTION
Reads the logs that Claude Code leaves on disk into a store of your own and reports from there.
Without a command, \fBccmeter\fR means \fBccmeter daily\fR.
"""
_MAN_TAIL: Final = r"""
.SH ENVIRONMENT
.TP
.B CCMETER_\fIOPTION\fR
Sets a shared option for every command: \fBCCMETER_ORDER=desc\fR.
.TP
.B CCMETER_\fICOMMAND\fR_\fIOPTION\fR
Sets an option of one command: \fBCCMETER_DAILY_BREAKDOWN=1\fR. Lists are parted by commas.
.TP
.B CCMETER_CONFIG
The settings file.
.TP
.B CLAUDE_CONFIG_DIR
Folders of Claude Code, in place of the usual ones.
.TP
.BR NO_COLOR ", " FORCE_COLOR ", " COLUMNS
As elsewhere.
.SH FILES
.TP
.I ~/.config/ccmeter/config.toml
The settings; \fBccmeter config path\fR says where they are on your system.
.SH EXIT STATUS
0: done, also when there is nothing to show. 1: failed. 2: wrong usage. 130: interrupted.
"""


class Option(NamedTuple):
    """What is told about an option or an argument."""

    name: str
    about: str
    variable: str
    """Empty where no variable sets it."""


def files(root: Path) -> dict[Path, str]:
    """Give every file that is made, with its text."""
    reference = root / "docs" / "reference"
    return {
        reference / "README.md": index(),
        **{reference / f"{name}.md": page(name) for name in names()},
        root / "docs" / "ccmeter.1": man(),
        root / "src" / "ccmeter" / "config" / "settings.schema.json": schema.text(),
    }


def index() -> str:
    """Give the page that lists all others."""
    lines = [_MADE, "", "# Commands", ""]
    for section, found in _by_section().items():
        lines += [f"## {section}", "", "| command | |", "|---|---|"]
        lines += [f"| [`ccmeter {name}`]({name}.md) | {_cell(_about(made(name))[0])} |" for name in found]
        lines.append("")
    return "\n".join(lines)


def page(name: str) -> str:
    """Give the page of a command, or of a group with all of its commands."""
    command = made(name)
    parts = [_MADE, f"# ccmeter {name}"]
    if not isinstance(command, Handle):
        parts += _about(command)
    for path, handle in schema.handles():
        if path[0] == name:
            parts += [*([f"## ccmeter {' '.join(path)}"] if len(path) > 1 else []), *_of_handle(path, handle)]
    return "\n\n".join(parts) + "\n"


def man() -> str:
    """Give the man page."""
    from ccmeter import __version__

    lines = [f'.TH CCMETER 1 "" "ccmeter {__version__}" "User Commands"', _MAN_HEAD.strip(), ".SH COMMANDS"]
    for path, handle in schema.handles():
        lines += [f".SS ccmeter {_roff(' '.join(path))}", *(f"{_roff(text)}\n.PP" for text in _about(handle))]
        for options in sections(path, handle).values():
            for option in options:
                lines += [".TP", f".B {_roff(option.name)}", _roff(option.about or option.name)]
    return "\n".join([*lines, ".PP", _roff(OFF), _MAN_TAIL.strip(), ""])


def sections(path: tuple[str, ...], handle: Handle) -> dict[str, list[Option]]:
    """Give the options of a command under the headings that its help has."""
    from typer.main import get_command

    root = handle.context_class(get_command(app), info_name="ccmeter", help_option_names=["-h", "--help"])
    context = handle.context_class(handle, info_name=path[-1], parent=root)
    found: dict[str, list[Option]] = {}
    for param in handle.get_params(context):
        if record := param.get_help_record(context):
            option = Option(record[0], " ".join(record[1].split()), _variable(path, handle, param))
            found.setdefault(handle.heading(param), []).append(option)
    return {heading: found[heading] for heading in sorted(found, key=handle.order_of)}


def _of_handle(path: tuple[str, ...], handle: Handle) -> Iterator[str]:
    about, *more = _about(handle)
    yield about
    yield f"```sh\nccmeter {' '.join(path)} {_arguments(handle)}\n```"
    for text in more:
        yield f"Example: `{text.removeprefix('Example: ')}`" if text.startswith("Example: ") else text
    for heading, options in sections(path, handle).items():
        is_set = heading not in ("Arguments", GENERAL) and handle.is_settable
        lines = ["| | | variable |", "|---|---|---|"] if is_set else ["| | |", "|---|---|"]
        for option in options:
            cells = [
                f"`{option.name}`",
                option.about,
                *([option.variable and f"`{option.variable}`"] if is_set else []),
            ]
            lines.append(f"| {' | '.join(map(_cell, cells))} |")
        yield f"**{heading}**"
        yield "\n".join(lines)


def _arguments(handle: Handle) -> str:
    arguments = [
        param.metavar or str(param.name) for param in handle.params if param.param_type_name == "argument"
    ]
    return " ".join(["[OPTIONS]", *arguments])


def _about(command: Command) -> list[str]:
    """Give what a command's help says, by paragraphs."""
    import inspect

    text = inspect.cleandoc(command.help or "")
    return [" ".join(part.split()) for part in text.replace("\b", "").split("\n\n") if part.strip()]


def _variable(path: tuple[str, ...], handle: Handle, param: Parameter) -> str:
    key = settings.key_of(param)
    return settings.variable_of(path, key) if key and handle.is_settable else ""


def _by_section() -> Mapping[str, list[str]]:
    listed: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for name in names():
        listed[module_of(name).SECTION].append(name)
    return {section: found for section, found in listed.items() if found}


def _cell(text: str) -> str:
    """Give a text that stays within its cell of a Markdown table."""
    return text.replace("|", "\\|")


def _roff(text: str) -> str:
    """Give a text that roff takes as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def main(root: Path) -> None:
    """Write all files anew, and take away pages of commands that went."""
    made_anew = files(root)
    for file, text in made_anew.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    for file in (root / "docs" / "reference").iterdir():
        if file not in made_anew:
            file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[3])
