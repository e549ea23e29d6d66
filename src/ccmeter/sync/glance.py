"""Asks a server whether anything has changed, and nothing else: by far the most frequent question, so the cheapest.

Whatever is not plainly "no" is left to the engine, which asks again and checks. So nothing is believed here but that the
random mark of the newest commit is the one that this machine knows.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ccmeter.config import addresses

if TYPE_CHECKING:
    from ccmeter.config.secrets import Secrets
    from ccmeter.store.standing import Standing

_MOST_BYTES: Final = 4_096
_TIMEOUT_S: Final = 10.0
_PROTOCOL: Final = {"Ccmeter-Protocol": "1", "Accept": "application/json", "Accept-Encoding": "identity"}


def secret_name(device: str) -> str:
    """Give the name under which the keys of a device are kept."""
    return f"sync-{device}"


def is_unchanged(secrets: Secrets, standing: Standing) -> bool:
    """Tell whether the vault is surely as this machine knows it. Raises ConfigError where its keys cannot be had."""
    kept = json.loads(secrets.get(secret_name(standing.device)))
    head = _head(standing.server, str(kept["token"]))
    return head is not None and (
        _hex(head.get("vault")),
        head.get("gen"),
        head.get("seq"),
        _hex(head.get("tick")),
    ) == (standing.vault, standing.gen, standing.seq, standing.tick)


def _head(server: str, token: str) -> dict[str, Any] | None:
    """Ask where the vault stands; None for any answer but a good one."""
    if addresses.fault(server):
        return None
    import httpx

    is_far = urlsplit(server).scheme == "https"
    headers = {**_PROTOCOL, "Authorization": f"Bearer {token}"}
    try:
        with (
            httpx.Client(
                follow_redirects=False, timeout=_TIMEOUT_S, trust_env=is_far, verify=is_far
            ) as client,
            client.stream("GET", f"{server}/v1/sync/head", headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                return None
            content = b""
            for part in answer.iter_raw():
                content += part
                if len(content) > _MOST_BYTES:
                    return None
        found = json.loads(content)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _hex(value: object) -> str:
    try:
        return base64.urlsafe_b64decode(f"{value}==").hex()
    except ValueError:
        return ""
