"""Reads and writes the small sealed documents of a vault: msgpack maps by short names, with a version.

What a newer ccmeter put in is kept as it stands, so that an older one may rewrite the document without loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from ccmeter.domain.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = 1
Unknown = tuple[tuple[str, bytes], ...]
"""Fields that this version does not know, by name, as msgpack."""
NOTHING: Final[Unknown] = ()
_VERSION_NAME: Final = "v"
_T = TypeVar("_T")


def write(fields: Mapping[str, object], unknown: Unknown = NOTHING) -> bytes:
    """Give a document of this version."""
    kept = {name: msgspec.Raw(value) for name, value in unknown}
    return msgspec.msgpack.encode({_VERSION_NAME: VERSION, **fields, **kept})


class Document:
    """A document whose fields are taken out one by one; the rest is unknown."""

    def __init__(self, body: bytes) -> None:
        """Refuse with CodecError a form that this version cannot read."""
        try:
            self._fields = msgspec.msgpack.decode(body, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise CodecError("A document of the vault is not as ccmeter writes them.") from error
        if self.take(_VERSION_NAME, int) != VERSION:
            raise CodecError("A document of the vault has a form that this version cannot read.")

    def take(self, name: str, kind: type[_T]) -> _T:
        """Give a field. Raises CodecError where it is missing or something else."""
        try:
            return msgspec.msgpack.decode(self._fields.pop(name), type=kind)
        except (KeyError, msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise CodecError("A document of the vault is not as ccmeter writes them.") from error

    @property
    def unknown(self) -> Unknown:
        """What was not taken."""
        return tuple((name, bytes(value)) for name, value in sorted(self._fields.items()))
