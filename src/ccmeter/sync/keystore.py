"""Keeps what only this device may know, as one secret in the keyring of the system or the file for the owner alone.

Where it lies is `config.secrets`' concern. The store knows the vault without any of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from ccmeter.domain.errors import ConfigError, SyncError
from ccmeter.sync import subkeys
from ccmeter.sync.cipher import Keyed
from ccmeter.sync.glance import secret_name
from ccmeter.wire.v1 import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.config.secrets import Secrets

KEPT: Final = 8
"""Generations whose keys are kept: Windows holds 1,280 characters in an entry."""
_VERSION: Final = 1
_AGAIN: Final = (
    "`ccmeter sync leave --offline`, then `ccmeter sync recover URL` makes new ones from the recovery phrase."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKeys:
    """What lets a device read and write its vault."""

    vault: bytes
    device: bytes
    identity: bytes = field(repr=False)
    private: bytes = field(repr=False)
    """Of its X25519 pair; the public half is `cipher.public_of` it."""
    token: str = field(repr=False)
    """Lets it speak to the server."""
    generations: Mapping[int, bytes] = field(repr=False)
    """Key of each generation that it knows."""

    @property
    def newest(self) -> int:
        """The highest generation that it knows: it never adopts a lower one."""
        return max(self.generations)

    def keyed(self, gen: int) -> Keyed:
        """Give the secrets of a generation. Raises SyncError where it has none of it."""
        if gen not in self.generations:
            raise SyncError(f"This device has no keys of generation {gen}.")
        return Keyed(vault=self.vault, gen=gen, identity=self.identity, generation=self.generations[gen])

    def of(self, gen: int) -> subkeys.GenerationKeys:
        """Give the sub-keys of a generation. Raises SyncError where it has none of it."""
        return subkeys.of_generation(self.keyed(gen).generation)

    def with_generation(self, gen: int, key: bytes) -> DeviceKeys:
        """Give the same with one more generation."""
        return replace(self, generations={**self.generations, gen: key})


class _Kept(msgspec.Struct, frozen=True):
    version: int
    vault: str
    device: str
    identity: str
    private: str
    token: str
    generations: dict[Annotated[str, msgspec.Meta(pattern="^[0-9]{1,10}$")], str]


def save(secrets: Secrets, keys: DeviceKeys) -> str:
    """Keep the keys of a device in the place of what was kept of it; give in words where. Raises ConfigError."""
    newest = sorted(keys.generations)[-KEPT:]
    kept = _Kept(
        _VERSION,
        encoded(keys.vault),
        encoded(keys.device),
        encoded(keys.identity),
        encoded(keys.private),
        keys.token,
        {str(gen): encoded(keys.generations[gen]) for gen in newest},
    )
    return secrets.put(_name(keys.device), msgspec.json.encode(kept).decode())


def load(secrets: Secrets, device: bytes) -> DeviceKeys:
    """Give the keys of a device. Raises SyncError where there are none, ConfigError where they cannot be read."""
    try:
        text = secrets.get(_name(device))
    except ConfigError as error:
        raise SyncError(
            f"The keys of this device are not there. {error}",
            hint=_AGAIN,
        ) from error
    try:
        kept = msgspec.json.decode(text, type=_Kept)
        keys = DeviceKeys(
            vault=decoded(kept.vault),
            device=decoded(kept.device),
            identity=decoded(kept.identity),
            private=decoded(kept.private),
            token=kept.token,
            generations={int(gen): decoded(key) for gen, key in kept.generations.items()},
        )
    except (msgspec.MsgspecError, ValueError):  # its words may hold what was kept
        raise _unreadable() from None
    sizes = {len(keys.identity), len(keys.private), *map(len, keys.generations.values())}
    if (
        kept.version != _VERSION
        or keys.device != device
        or not keys.generations
        or sizes != {subkeys.KEY_BYTES}
    ):
        raise _unreadable()
    return keys


def where(secrets: Secrets, device: bytes) -> str:
    """Say in words where the keys of a device lie. Raises ConfigError."""
    return secrets.where(_name(device))


def remove(secrets: Secrets, device: bytes) -> bool:
    """Forget the keys of a device; False if there were none. Raises ConfigError."""
    return secrets.remove(_name(device))


def _name(device: bytes) -> str:
    return secret_name(device.hex())


def _unreadable() -> SyncError:
    return SyncError(
        "The keys of this device are not as ccmeter keeps them.",
        hint=_AGAIN,
    )
