"""Asks the terminal for a notification: OSC 9 (iTerm2, Windows Terminal, WezTerm, Ghostty), OSC 777 (urxvt, foot, VTE).

A text that holds control characters could end the sequence and begin another, so there are none left in it. One that
begins with a digit and a semicolon would be another command to some (OSC 9;4 is a progress bar).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.alerts.message import TITLE, Undelivered
from ccmeter.domain.alerts import plain

if TYPE_CHECKING:
    from ccmeter.alerts.message import Means, Message

NEEDS_TERMINAL = True
_BEGIN: Final = "\x1b]"
_END: Final = "\a"


def send(message: Message, means: Means) -> None:
    """Ask for it. Raises Undelivered."""
    if means.terminal is None:
        raise Undelivered("there is no terminal")
    text = plain(message.text)
    forms = {
        "9": f"{_BEGIN}9;{TITLE}: {text}{_END}",
        "777": f"{_BEGIN}777;notify;{TITLE};{text.replace(';', ',')}{_END}",
    }
    means.terminal("".join(forms[each] for each in forms if means.notify.osc in (each, "both")))
