"""`ccmeter completion`: the script that lets a shell complete commands, options and values.

It takes no settings itself, because a shell reads it at each start.
"""

from __future__ import annotations

from typing import Annotated

import typer

SECTION = "Settings"
SETTABLE = False

Shell = Annotated[str, typer.Argument(metavar="bash|zsh|fish|powershell", help="Your shell.")]


def completion(shell: Shell) -> None:
    """Print what makes your shell complete ccmeter.

    bash: eval "$(ccmeter completion bash)" in ~/.bashrc

    zsh: eval "$(ccmeter completion zsh)" in ~/.zshrc, after compinit

    fish: ccmeter completion fish > ~/.config/fish/completions/ccmeter.fish

    PowerShell: ccmeter completion powershell | Out-String | Invoke-Expression

    Example: ccmeter completion bash
    """
    from pathlib import Path

    from ccmeter.cli import asking
    from ccmeter.cli import output as out

    name = asking.chosen(shell.lower(), "The shell", ("bash", "zsh", "fish", "powershell"))
    out.write((Path(__file__).parents[1] / "shells" / f"completion.{name}").read_text("utf-8"))
