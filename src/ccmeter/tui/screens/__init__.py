"""The screens, one file each: `<name>.py` names its page `PAGE`. Their order is that of the keys 1 to 8."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ccmeter.tui.page import AnyPage

ORDER: Final = ("now", "blocks", "week", "sessions", "reports", "projects", "advice", "trust")


def names() -> tuple[str, ...]:
    """Give the names of the screens in the order of their keys."""
    return tuple(name for name in ORDER if find_spec(f"{__name__}.{name}"))


def page(name: str) -> AnyPage:
    """Make a screen. Its module is loaded when it is shown for the first time."""
    made: AnyPage = import_module(f"{__name__}.{name}").PAGE()
    return made
