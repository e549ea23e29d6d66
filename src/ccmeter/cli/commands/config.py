"""`ccmeter config`: the settings, where each is from, and the file that keeps them.

These commands take no settings themselves: they must work when the file does not.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

SECTION = "Settings"
SETTABLE = False

app = typer.Typer(
    help="Show, change and check the settings.\n\nExample: ccmeter config set timezone Europe/Berlin"
)

Key = Annotated[str, typer.Argument(metavar="KEY", help="As in the file: order, daily.breakdown.")]


@app.command(context_settings={"allow_interspersed_args": False})
def show(
    context: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND [OPTIONS]]", help="As this command line would have them. [default: all]"
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", "-j", help="As JSON.")] = False,
) -> None:
    """Show each setting and where it is from.

    Example: ccmeter config show daily --last 7
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import settings, settings_shown
    from ccmeter.reports import formats

    file = settings.file_of(os.environ)
    found = (
        settings_shown.of_command(context, command) if command else settings_shown.of_all(settings.read(file))
    )
    report = settings_shown.lay_out(found, file)
    out.write(formats.render("json" if as_json else "table", report, out.render_options(None)))


@app.command()
def edit() -> None:
    """Open the settings file in your editor, and check it afterwards.

    Example: ccmeter config edit
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import settings, settings_file

    file = settings.file_of(os.environ)
    settings_file.open_editor(file)
    out.say(settings_file.check(file))


@app.command(name="set")
def set_(
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Text, or a value as TOML writes it.")],
) -> None:
    """Set one key; the rest of the file stays as it is.

    Example: ccmeter config set daily.breakdown true
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import settings, settings_file

    file = settings.file_of(os.environ)
    settings_file.set_key(file, key, value)
    out.say("\n".join(filter(None, (f"{key} is set to {value} in {file}.", settings_file.left(file)))))


@app.command()
def unset(key: Key) -> None:
    """Take one key out, so that its default holds again.

    Example: ccmeter config unset daily.breakdown
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import settings, settings_file

    file = settings.file_of(os.environ)
    settings_file.unset_key(file, key)
    out.say("\n".join(filter(None, (f"{key} is taken out of {file}.", settings_file.left(file)))))


@app.command()
def check() -> None:
    """Check the settings file and the environment.

    Example: ccmeter config check
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import settings, settings_file

    out.write(settings_file.check(settings.file_of(os.environ)) + "\n")


@app.command()
def path() -> None:
    """Say where the settings file is.

    Example: ccmeter config path
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import settings

    out.write(f"{settings.file_of(os.environ)}\n")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the settings file, for an editor.

    Example: ccmeter config schema > ccmeter.schema.json
    """
    from ccmeter.cli import output as out
    from ccmeter.config.schema import FILE

    out.write(FILE.read_text("utf-8"))
