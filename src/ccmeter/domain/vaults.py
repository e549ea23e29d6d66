"""What a machine knows of its vault: where it stands, which chunks it has seen, and what a step changes at once.

Nothing here is secret: keys lie elsewhere (`sync.keystore`). Device ids and record ids are hexadecimal text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from ccmeter.domain.facts import Fact


EVERYTHING: Final = 2**32
"""A cut-off behind every slot, also that of calls without a readable time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a machine stands in its vault."""

    server: str
    """Address of the server."""
    vault: str
    device: str
    """This machine."""
    name: str
    """What its owner calls it."""
    added_by: str
    """The device that let it in; itself where that was the recovery phrase, or nobody was there before."""
    fp_key: str
    """64 hexadecimal digits: what `domain.facts.fingerprint` takes. It opens no record."""
    gen: int
    """Generation of keys that chunks and notes were sealed under."""
    seq: int
    """Cursor: the commit up to which changes were taken; 0 for none."""
    tick: str
    """The random mark of that commit; empty at the start."""
    witness: str
    """The mark of the newest commit that this machine knows of, its own included; empty at the start."""
    witness_seq: int
    counters: Mapping[str, int] = field(default_factory=dict)
    """By device, the highest counter of its manifest that this machine knows of, its own included."""
    projects: str = "names"
    """What is told of projects: `names`, `ids` or `off`."""
    synced_at: dt.datetime | None = None
    """When a sync last went through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkMark:
    """A chunk of facts as it was last seen."""

    device: str
    number: int
    version: int
    digest: str
    """SHA-256 of the sealed body."""
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A record other than a chunk, opened: manifest, roster, projects, forget."""

    rid: str
    kind: str
    owner: str
    """Device, or vault where it is shared."""
    number: int
    version: int
    """0 for a draft that has yet to be pushed."""
    digest: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk with its facts, as it is to be kept."""

    mark: ChunkMark
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one step changes, all of it or nothing."""

    state: State
    """As it is after the step."""
    chunks: tuple[Chunk, ...] = ()
    """They replace those of the same device and number."""
    notes: tuple[Note, ...] = ()
    """They replace those of the same record id."""
    is_fresh: bool = False
    """The vault is taken from its start: marks and notes of before go first. Facts stay, whoever knew them."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What projects are called, by project id: all that was told, as it stands after the step."""
    devices: Mapping[str, str] = field(default_factory=dict)
    """All machines of the vault by id, in the order in which they joined, with their names; empty where nothing is new."""
    forgotten: Mapping[str, int] = field(default_factory=dict)
    """By device, all cut-offs as they stand after the step: what is known through it from before this slot is dropped, and
    what this machine's own logs say of it is not published. `EVERYTHING` drops all."""
