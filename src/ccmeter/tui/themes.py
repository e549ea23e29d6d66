"""The looks that the monitor can have: ours first, then all of Textual's.

Hues were chosen to be told apart by people who see red and green alike: good is a blue green, bad an orange red, and no
state is said by colour alone.
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="dark",
    primary="#5aa9e6",
    secondary="#8f7ee7",
    accent="#e6b450",
    foreground="#d7dae0",
    background="#12151c",
    surface="#191d26",
    panel="#232936",
    success="#3fb8a0",
    warning="#e6b450",
    error="#ef6f53",
    dark=True,
)
LIGHT: Final = Theme(
    name="light",
    primary="#1f6fb2",
    secondary="#6450c8",
    accent="#8a5a00",
    foreground="#22262e",
    background="#fbfbf9",
    surface="#f1f1ed",
    panel="#e4e4de",
    success="#0d7a66",
    warning="#8a5a00",
    error="#b83a1e",
    dark=False,
)
CONTRAST: Final = Theme(
    name="contrast",
    primary="#66ccff",
    secondary="#cc99ff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    success="#00ffaa",
    warning="#ffff00",
    error="#ff7755",
    dark=True,
)
OWN: Final = (DARK, LIGHT, CONTRAST)
ANSI: Final = ("ansi-dark", "ansi-light")
"""Textual's own, of the terminal's sixteen colours."""
CYCLE: Final = (*(theme.name for theme in OWN), *ANSI)
"""What the key `t` goes through."""


def names() -> tuple[str, ...]:
    """Give the names of all looks, ours first."""
    from textual.theme import BUILTIN_THEMES

    return tuple(dict.fromkeys((*CYCLE, *sorted(BUILTIN_THEMES))))


def after(name: str) -> str:
    """Give the look that follows in the cycle."""
    return CYCLE[(CYCLE.index(name) + 1) % len(CYCLE)] if name in CYCLE else CYCLE[0]
