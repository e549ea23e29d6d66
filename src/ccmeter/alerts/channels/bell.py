"""Rings the bell of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.alerts.message import Undelivered

if TYPE_CHECKING:
    from ccmeter.alerts.message import Means, Message

NEEDS_TERMINAL = True


def send(_: Message, means: Means) -> None:
    """Ring it. Raises Undelivered."""
    if means.terminal is None:
        raise Undelivered("there is no terminal")
    means.terminal("\a")
