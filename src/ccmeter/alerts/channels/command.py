"""Runs a program of a person's own: a list of words, no shell; the alert as JSON on its standard input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccmeter.alerts import running
from ccmeter.alerts.message import Undelivered

if TYPE_CHECKING:
    from ccmeter.alerts.message import Means, Message

NEEDS_TERMINAL = False


def send(message: Message, means: Means) -> None:
    """Run it. Raises Undelivered."""
    chosen = means.notify.command
    if not chosen.argv:
        raise Undelivered("[notify.command] is not set")
    told = {
        "CCMETER_ALERT_TEXT": message.text,
        "CCMETER_ALERT_RULE": message.rule,
        "CCMETER_ALERT_SUBJECT": message.subject,
        "CCMETER_ALERT_LEVEL": message.level,
    }
    running.run(
        chosen.argv,
        {**means.environment, **told},
        given=json.dumps(message.document).encode() + b"\n",
        timeout_s=chosen.timeout_s,
    )
