"""What the vault looks like from here: every record that is known, and whether all of it agrees.

A record that opens was sealed by a device of the vault, for that place. What a server can still do is to show an old one,
or none: so versions only rise, each device's manifest must fit its records, and what devices saw of each other, and this
machine itself, must still be there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccmeter.domain.errors import TamperError
from ccmeter.domain.vaults import Note
from ccmeter.sync import cipher
from ccmeter.sync import manifest as manifests
from ccmeter.sync import roster as rosters
from ccmeter.sync.cipher import Kind
from ccmeter.sync.records import Name, of_device
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccmeter.domain.vaults import ChunkMark
    from ccmeter.sync.ledger import Ledger
    from ccmeter.sync.manifest import Manifest
    from ccmeter.sync.records import Opened, Seal
    from ccmeter.sync.roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A record as it was last seen."""

    name: Name
    ver: int
    digest: bytes


class View:
    """The records of one generation of a vault."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal
        self.known: dict[bytes, Known] = {}
        self.payloads: dict[bytes, bytes] = {}
        """Of all but chunks, by record id."""
        self.drafts: dict[Name, bytes] = {}
        """Payloads of shared records that this machine was to push, done or not."""

    @classmethod
    def of(cls, seal: Seal, ledger: Ledger) -> View:
        """Give what a ledger knows."""
        view = cls(seal)
        for note in ledger.notes().values():
            name = Name(kind=Kind(note.kind), owner=bytes.fromhex(note.owner), number=note.number)
            rid = bytes.fromhex(note.rid)
            if not note.version:
                view.drafts[name] = note.body
                continue
            view._keep(rid, name, note.version, bytes.fromhex(note.digest))
            view.payloads[rid] = note.body
        for owner in ledger.owners():
            for mark in ledger.chunks(owner):
                view.note_chunk(mark)
        return view

    def take(self, opened: Opened) -> bool:
        """Take in a record; False if it is the one that is known. Raises TamperError for an older one."""
        known = self.known.get(opened.rid)
        if known is not None and opened.ver <= known.ver:
            if (opened.ver, opened.digest) == (known.ver, known.digest):
                return False
            raise TamperError("The server shows an older version of a record that this machine has seen.")
        self._keep(opened.rid, opened.name, opened.ver, opened.digest)
        if opened.name.kind is not Kind.CHUNK:
            self.payloads[opened.rid] = opened.payload
        return True

    def note_chunk(self, mark: ChunkMark) -> None:
        """Take in a chunk that this machine wrote."""
        name = Name(kind=Kind.CHUNK, owner=bytes.fromhex(mark.device), number=mark.number)
        self._keep(self.seal.rid(name), name, mark.version, bytes.fromhex(mark.digest))

    def version(self, name: Name) -> int:
        """Give the version of a record; 0 if there is none."""
        known = self.known.get(self.seal.rid(name))
        return 0 if known is None else known.ver

    def payload(self, name: Name) -> bytes | None:
        """Give what a record other than a chunk holds; None if there is none."""
        return self.payloads.get(self.seal.rid(name))

    @property
    def roster(self) -> Roster | None:
        """Who belongs to the vault; None before its first record."""
        payload = self.payload(Name(kind=Kind.ROSTER, owner=self.seal.vault))
        return None if payload is None else rosters.decode(payload)

    @property
    def last_roster(self) -> Roster | None:
        """Who belongs to the vault as was known before it was taken from its start, where that is not known anew yet."""
        draft = self.drafts.get(Name(kind=Kind.ROSTER, owner=self.seal.vault))
        return self.roster or (None if draft is None else rosters.decode(draft))

    def carried(self) -> dict[Name, bytes]:
        """Give what is not to be lost when the vault is taken from its start: what was to be pushed, and the roster."""
        name = Name(kind=Kind.ROSTER, owner=self.seal.vault)
        payload = self.payload(name)
        return self.drafts if payload is None else {**self.drafts, name: payload}

    def manifest(self, device: bytes) -> Manifest | None:
        """Give what a device vouches for."""
        payload = self.payload(Name(kind=Kind.MANIFEST, owner=device))
        return None if payload is None else manifests.decode(payload)

    def counters(self) -> dict[bytes, int]:
        """Give the version of every device's manifest."""
        return {each.name.owner: each.ver for each in self._of_kind(Kind.MANIFEST)}

    def shared(self) -> dict[bytes, int]:
        """Give the version of every shared record."""
        return {rid: each.ver for rid, each in self.known.items() if each.name.owner == self.seal.vault}

    def forgotten(self) -> dict[str, int]:
        """Give the cut-offs by device."""
        found: dict[str, int] = {}
        for each in self._of_kind(Kind.FORGET):
            forget = rosters.decode_forget(self.payloads[self.seal.rid(each.name)])
            if each.name.number == of_device(forget.device):
                device = forget.device.hex()
                found[device] = max(found.get(device, 0), forget.before_slot)
        return found

    def devices(self) -> dict[str, str]:
        """Give what all devices are called that ever belonged to the vault, in the order in which they joined."""
        members = self.roster.members if self.roster else ()
        joined = sorted(members, key=lambda member: (member.added_us, member.id))
        return {member.id.hex(): member.name for member in joined}

    def projects(self) -> Iterable[tuple[bytes, bytes]]:
        """Give what devices told of projects, as owner and payload, by owner."""
        names = sorted((each.name for each in self._of_kind(Kind.PROJECTS)), key=lambda name: name.owner)
        return [(name.owner, self.payloads[self.seal.rid(name)]) for name in names]

    def elements(self, device: bytes) -> dict[bytes, int]:
        """Give what each record of a device, but its manifest, adds to the device's set hash."""
        return {
            rid: manifests.element(self.seal.keys, rid, each.ver, each.digest)
            for rid, each in self.known.items()
            if each.name.owner == device and each.name.kind is not Kind.MANIFEST
        }

    def base(self, seq: int, tick: bytes) -> v1.Base:
        """Give this state as what a new generation is made from."""
        digest = hashlib.sha256()
        for rid, each in sorted(self.known.items()):
            digest.update(rid + each.ver.to_bytes(8, "big") + each.digest)
        return v1.Base(seq=seq, tick=tick, count=len(self.known), digest=digest.digest())

    def verify(self, remembered: Mapping[str, int]) -> None:
        """Raise TamperError unless everything agrees; `remembered` are counters that this machine knew before."""
        roster = self.roster
        if roster is None:
            if self.known:
                raise TamperError("The server shows records of a vault, but not who belongs to it.")
            return
        owners = {each.name.owner for each in self.known.values()} - {self.seal.vault}
        if any(roster.member(owner) is None for owner in owners):
            raise TamperError("The server shows records of a device that does not belong to the vault.")
        counters = self.counters()
        found = {device: self.manifest(device) for device in owners}
        for device, told in found.items():
            self._fits(device, told)
        seen: dict[bytes, int] = {bytes.fromhex(device): count for device, count in remembered.items()}
        shared: dict[bytes, int] = {}
        for told in filter(None, found.values()):
            _raise_to(seen, told.seen)
            _raise_to(shared, told.shared)
        if any(counters.get(device, 0) < count for device, count in seen.items()):
            raise TamperError("The server hides what a device wrote that another has seen.")
        known = self.shared()
        if any(known.get(rid, 0) < version for rid, version in shared.items()):
            raise TamperError("The server shows an older list of devices than one that a device has seen.")

    def _fits(self, device: bytes, told: Manifest | None) -> None:
        elements = self.elements(device)
        chunks = sum(
            each.name.kind is Kind.CHUNK and each.name.owner == device for each in self.known.values()
        )
        if (
            told is None
            or told.chunks != chunks
            or told.set_hash != manifests.changed(0, (), elements.values())
        ):
            raise TamperError("The server does not show all that a device wrote, or something else.")

    def _keep(self, rid: bytes, name: Name, ver: int, digest: bytes) -> None:
        self.known[rid] = Known(name=name, ver=ver, digest=digest)

    def _of_kind(self, kind: Kind) -> list[Known]:
        return [each for each in self.known.values() if each.name.kind is kind]


def note_of(opened: Opened) -> Note:
    """Give a record as a ledger keeps it."""
    return Note(
        rid=opened.rid.hex(),
        kind=opened.name.kind.value,
        owner=opened.name.owner.hex(),
        number=opened.name.number,
        version=opened.ver,
        digest=opened.digest.hex(),
        body=opened.payload,
    )


def draft_of(seal: Seal, name: Name, payload: bytes) -> Note:
    """Give a shared record that has yet to be pushed, as a ledger keeps it: beside the record that there may be by now."""
    return Note(
        rid=cipher.digest(b"draft" + seal.rid(name))[:16].hex(),
        kind=name.kind.value,
        owner=name.owner.hex(),
        number=name.number,
        version=0,
        digest="",
        body=payload,
    )


def _raise_to(counts: dict[bytes, int], others: Mapping[Any, int]) -> None:
    for key, count in others.items():
        counts[key] = max(counts.get(key, 0), count)
