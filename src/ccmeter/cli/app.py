"""The command line: every command and its handle. Heavy imports stand in the handles, so `--help` stays light."""

from __future__ import annotations

import typer

from ccmeter import __version__
from ccmeter.cli import daily, doctor, ingest, prices

app = typer.Typer(
    name="ccmeter",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

app.command()(daily.daily)
app.command()(ingest.ingest)
app.command()(prices.prices)
app.command()(doctor.doctor)


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
