"""What other threads tell the screen: messages, because only the screen's own thread may change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccmeter.tui.feed import Crashed, Told


class Answered(Message):
    """An answer came from the feed."""

    def __init__(self, told: Told | Crashed) -> None:
        super().__init__()
        self.told = told


class Noticed(Message):
    """Another thread has something to be done in the screen's own."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act = act
