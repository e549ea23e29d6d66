"""Sends an alert to an address of a person's own: as JSON, or in the form that Slack or Discord take.

Only https, or this machine. No redirect is followed, and the address and headers, which are often secrets, stand in no
error and no log. A server that is busy is tried again after a while that grows and differs, a few times.
"""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ccmeter.alerts.message import TITLE, Undelivered
from ccmeter.config import addresses
from ccmeter.domain.alerts import plain
from ccmeter.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from ccmeter.alerts.message import Means, Message

NEEDS_TERMINAL = False
_TRIES: Final = 3
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 5.0
_BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
_OK: Final = range(200, 300)


def send(message: Message, means: Means) -> None:
    """Send it. Raises Undelivered."""
    chosen = means.notify.webhook
    if not chosen.url:
        raise Undelivered("[notify.webhook] is not set")
    try:
        url = means.secrets.resolved(chosen.url).strip()
        headers = {name: means.secrets.resolved(value).strip() for name, value in chosen.headers.items()}
    except ConfigError as error:
        raise Undelivered(str(error)) from None
    if fault := addresses.fault(url):
        raise Undelivered(fault)
    _post(url, headers, body(message, chosen.form), timeout_s=chosen.timeout_s, transport=means.transport)


def body(message: Message, form: str) -> dict[str, Any]:
    """Give what is sent."""
    text = f"{TITLE}: {plain(message.text)}"
    if form == "slack":  # these three characters are its mark-up
        return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    if form == "discord":
        return {"content": text, "username": TITLE, "allowed_mentions": {"parse": []}}
    return message.document


def _post(
    url: str,
    headers: Mapping[str, str],
    content: Mapping[str, Any],
    *,
    timeout_s: float,
    transport: httpx.BaseTransport | None,
) -> None:
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it notes every address that it asks
    # a proxy is for what is far away
    with httpx.Client(
        follow_redirects=False,
        timeout=timeout_s,
        transport=transport,
        trust_env=urlsplit(url).scheme == "https",
    ) as client:
        for tried in range(1, _TRIES + 1):
            failed, after = _once(client, url, headers, content)
            if not failed:
                return
            if after is None or tried == _TRIES:
                raise Undelivered(failed)
            wait_s = max(_FIRST_WAIT_S * 2 ** (tried - 1) * random.uniform(0.5, 1.5), after)  # noqa: S311 - no secret
            time.sleep(min(wait_s, _LONGEST_WAIT_S))


def _once(
    client: httpx.Client, url: str, headers: Mapping[str, str], content: Mapping[str, Any]
) -> tuple[str, float | None]:
    """Try once: give why it failed, and after how many seconds at least it may be tried again, None for never."""
    import httpx

    try:
        with client.stream(
            "POST", url, headers=dict(headers), json=dict(content)
        ) as answer:  # nobody reads what it says
            status, after = answer.status_code, answer.headers.get("retry-after", "")
    except httpx.TimeoutException:
        return "the server did not answer in time", 0.0
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError):
        return "the address or a header cannot be used", None  # their own words may hold it
    except httpx.TransportError as error:
        return f"the server could not be reached ({type(error).__name__})", 0.0
    if status in _OK:
        return "", None
    reason = f"the server answered with status {status}"
    if status in _BUSY:
        return reason, float(after) if after.isdecimal() else 0.0
    return reason, None
