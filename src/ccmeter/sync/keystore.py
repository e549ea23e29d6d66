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
from ccmeter.wire.v1 import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.config.secrets import Secrets

KEPT: Final = 8
"""Generations whose keys are kept: Windows holds 1,280 characters in an entry."""
