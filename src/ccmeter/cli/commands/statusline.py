"""`ccmeter statusline`: one line for Claude Code, and its place in Claude Code's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from typer._click.core import ParameterSource

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECTION = "Live"

Action = Annotated[
    str | None,
    typer.Argument(
        metavar="[install|uninstall|status]", help="Put it into Claude Code's settings, or take it out."
    ),
]
Template = Annotated[
    str,
    typer.Option("--template", metavar="TEXT", help="What the line says. [default: see docs/statusline.md]"),
]
Wrap = Annotated[
    str, typer.Option("--wrap", metavar="CMD", help="Run this status line first, and write ours behind it.")
]
WrapTimeout = Annotated[
    float, typer.Option("--wrap-timeout", metavar="SECONDS", help="Wait for the wrapped command so long.")
]
Warn = Annotated[
    float, typer.Option("--warn", metavar="PERCENT", help="Limits and context in yellow from here on.")
]
Alarm = Annotated[float, typer.Option("--alarm", metavar="PERCENT", help="In red from here on.")]
Refresh = Annotated[
    bool,
    typer.Option("--refresh/--no-refresh", help="Read the logs in the background when the figures are old."),
]


def statusline(
    context: typer.Context,
    action: Action = None,
    *,
    template: Template = "",
    wrap: Wrap = "",
    wrap_timeout: WrapTimeout = 5.0,
    warn: Warn = 70.0,
    alarm: Alarm = 90.0,
    refresh: Refresh = True,
    currency: o.Currency = None,
    claude_dirs: o.ClaudeDirs = None,
    data_dir: o.DataDir = None,
) -> None:
    """Write one line of figures for Claude Code's status line.

    Claude Code runs it and tells it, on standard input, what it knows: `ccmeter statusline install` sets that up. A status
    line that you have already is kept, and ours stands behind it.

    Example: ccmeter statusline install
    """
    from ccmeter.cli import asking, lining

    shown = {
        "template": template,
        "wrap": wrap,
        "wrap-timeout": str(wrap_timeout),
        "warn": str(warn),
        "alarm": str(alarm),
        "refresh": str(refresh).lower(),
        "currency": currency or "",
    }
    given = [
        f"--{name}" if name != "refresh" else f"--{'' if refresh else 'no-'}refresh"
        for name in shown
        if context.get_parameter_source(name.replace("-", "_")) is ParameterSource.COMMANDLINE
    ]
    if action is None:
        lining.show({name: value for name, value in shown.items() if value}, data_dir)
        return
    chosen = asking.chosen(action.lower(), "The action", ("install", "uninstall", "status"))
    if chosen == "status":
        lining.tell(_dirs(claude_dirs), data_dir, currency)
    elif chosen == "install":
        if "--currency" in given:
            asking.currency(currency)
        words = [word for name in given for word in _words(name, shown)]
        lining.install(_dirs(claude_dirs), data_dir, words)
    else:
        lining.uninstall(_dirs(claude_dirs))


def _words(flag: str, shown: dict[str, str]) -> list[str]:
    """Give an option as it is written into the command that is installed."""
    return [flag] if flag.endswith("refresh") else [flag, shown[flag[2:]]]


def _dirs(named: Sequence[Path] | None) -> Sequence[Path]:
    return named or ()
