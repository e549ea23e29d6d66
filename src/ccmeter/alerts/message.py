"""What is told of an episode, and what a channel has at hand to tell it with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    import httpx

    from ccmeter.config.secrets import Secrets
    from ccmeter.config.settings import NotifySettings

TITLE: Final = "ccmeter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told: plain text without control characters, and what a program may want to know besides."""

    text: str
    rule: str
    subject: str
    level: str
    at: dt.datetime

    @property
    def document(self) -> dict[str, Any]:
        """The message for programs."""
        return {
            "schemaVersion": 1,
            "program": TITLE,
            "text": self.text,
            "rule": self.rule,
            "subject": self.subject,
            "level": self.level,
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a channel has at hand."""

    notify: NotifySettings
    environment: Mapping[str, str]
    secrets: Secrets
    terminal: Callable[[str], object] | None = None
    """Writes to the terminal that a person is at; None where there is none."""
    transport: httpx.BaseTransport | None = None
    """None: the network."""


class Undelivered(Exception):  # noqa: N818 - what happened, as our other values of the kind
    """A message did not go out. What it says is shown, so it never holds a secret, nor what others answered."""
