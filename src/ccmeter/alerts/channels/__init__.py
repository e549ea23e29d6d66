"""The ways to tell a person something: one module each, and the folder is the registry.

A channel is a module with `send(message, means)`, which raises `Undelivered`; `NEEDS_TERMINAL` says that it can only
be tried where a person sits at one.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from ccmeter.alerts.message import Means, Message


class Channel(Protocol):
    """What a module of this folder offers."""

    NEEDS_TERMINAL: bool

    def send(self, message: Message, means: Means) -> None:
        """Tell it. Raises Undelivered."""


def names() -> tuple[str, ...]:
    """Give the names of all channels, sorted."""
    files = os.listdir(os.path.dirname(__file__))  # noqa: PTH208, PTH120
    return tuple(sorted(name[:-3] for name in files if name.endswith(".py") and not name.startswith("_")))


def channel(name: str) -> Channel:
    """Load the channel of a name."""
    assert name in names()
    return cast("Channel", import_module(f"{__name__}.{name}"))
