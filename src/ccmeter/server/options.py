"""How a server is run: what `ccmeter serve` was told."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ccmeter.server.rates import RATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.server.rates import Rate

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the person who runs it decides."""

    registration: Literal["open", "invite", "closed"] = "invite"
    name: str = "ccmeter"
    notice: str = ""
    """Shown to everybody who syncs."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    admins: tuple[str, ...] = LOOPBACK
    """Networks that may read `/metrics`; for all others there is no such page."""
    rates: Mapping[str, Rate] = field(default_factory=lambda: RATES)
    body_s: float = 30.0
    """Seconds within which a request must have come in."""

    def is_admin(self, host: str) -> bool:
        """Tell whether an address may read `/metrics`."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in ipaddress.ip_network(network, strict=False) for network in self.admins)
