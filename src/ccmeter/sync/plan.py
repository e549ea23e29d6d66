"""What a machine has to push, as a pure function of what it knows: chunks, what it tells of projects, who it is, its manifest.

All of one plan goes into one push, so that the manifest always fits. Nothing is queued anywhere: whatever was not
acknowledged is found again as the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ccmeter.domain.vaults import Chunk, ChunkMark
from ccmeter.sync import chunks as packing
from ccmeter.sync import cipher, manifest
from ccmeter.sync import roster as rosters
from ccmeter.sync.cipher import Kind
from ccmeter.sync.manifest import Manifest
from ccmeter.sync.records import SHARED, Name, Opened
from ccmeter.sync.roster import Member
from ccmeter.wire import v1

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from ccmeter.domain.facts import Fact
    from ccmeter.domain.vaults import State
    from ccmeter.sync.view import View

MOST_CHUNKS: Final = v1.MAX_RECORDS - 10
"""In one push, so that there is room for the other records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What this machine has to say besides facts."""

    public: bytes
    """Of its key pair."""
    now_us: int
    projects: bytes | None = None
    """What it tells of its projects (`naming.encode`); None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One push, and what is known once it is acknowledged."""

    push: v1.Push
    chunks: tuple[Chunk, ...]
    records: tuple[Opened, ...]
    """All that are no chunks."""
    facts: int
    """How many are told that were not before, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    name: Name
    payload: bytes
    facts: tuple[Fact, ...] = ()


def planned(
    view: View, state: State, own: Own, facts: Sequence[Fact], tail: Sequence[Fact], tail_number: int
) -> Plan | None:
    """Give the next push; None where there is nothing to say. `tail` holds the facts of the chunk `tail_number`, the last."""
    device = bytes.fromhex(state.device)
    drafts = [
        *_chunks(device, facts, tail, tail_number),
        *_projects(view, device, own.projects),
        *_roster(view, state, own),
        *_forgets(view),
    ]
    if not drafts and view.payload(Name(kind=Kind.MANIFEST, owner=device)) is not None:
        return None
    return _sealed(view, state, device, drafts, len(facts))


def retirement(view: View, state: State, at: dt.datetime) -> v1.Push | None:
    """Give the push that enters a machine's leaving into the roster; None where there is nothing to enter."""
    name, device = Name(kind=Kind.ROSTER, owner=view.seal.vault), bytes.fromhex(state.device)
    member = view.roster.member(device) if view.roster else None
    if view.roster is None or member is None or member.revoked_us is not None:
        return None
    gone = replace(member, revoked_us=int(at.timestamp() * 1_000_000))
    draft = _Draft(name=name, payload=rosters.encode(view.roster.with_member(gone)))
    return _sealed(view, state, device, [draft], 0).push


def _chunks(device: bytes, facts: Sequence[Fact], tail: Sequence[Fact], tail_number: int) -> list[_Draft]:
    if not facts:
        return []
    bodies = packing.packed(facts, tail)[:MOST_CHUNKS]
    return [
        _Draft(
            name=Name(kind=Kind.CHUNK, owner=device, number=tail_number + place),
            payload=each.body,
            facts=each.facts,
        )
        for place, each in enumerate(bodies)
        if place or each.facts != tuple(tail)
    ]


def _projects(view: View, device: bytes, payload: bytes | None) -> list[_Draft]:
    name = Name(kind=Kind.PROJECTS, owner=device)
    if payload is None or view.payload(name) == payload:
        return []
    return [_Draft(name=name, payload=payload)]


def _roster(view: View, state: State, own: Own) -> list[_Draft]:
    """Enter this machine, or its new name."""
    name = Name(kind=Kind.ROSTER, owner=view.seal.vault)
    roster = view.last_roster
    if roster is None:
        return []
    device = bytes.fromhex(state.device)
    known = roster.member(device)
    me = Member(
        id=device,
        name=state.name,
        public=own.public,
        added_by=bytes.fromhex(state.added_by) if known is None else known.added_by,
        added_us=own.now_us if known is None else known.added_us,
        revoked_us=None if known is None else known.revoked_us,
    )
    if known == me and view.payload(name) is not None:
        return []
    return [_Draft(name=name, payload=rosters.encode(roster.with_member(me)))]


def _forgets(view: View) -> list[_Draft]:
    """Give the cut-offs that a person has set and nobody was told of."""
    return [
        _Draft(name=name, payload=payload)
        for name, payload in view.drafts.items()
        if name.kind is Kind.FORGET and not _is_said(view.payload(name), payload)
    ]


def _is_said(known: bytes | None, wanted: bytes) -> bool:
    """Tell whether a cut-off, or one behind it, is known already."""
    return known is not None and (
        rosters.decode_forget(known).before_slot >= rosters.decode_forget(wanted).before_slot
    )


def _sealed(view: View, state: State, device: bytes, drafts: Sequence[_Draft], facts: int) -> Plan:
    """Seal drafts and the manifest that fits them."""
    seal = view.seal
    elements = view.elements(device)
    shared = view.shared()
    sealed: list[v1.Sealed] = []
    chunks: list[Chunk] = []
    records: list[Opened] = []

    def add(draft: _Draft) -> None:
        ver = view.version(draft.name) + 1
        ct = seal.sealed(draft.name, ver, draft.payload)
        rid, digest = seal.rid(draft.name), cipher.digest(ct)
        is_shared = draft.name.kind in SHARED
        sealed.append(v1.Sealed(rid=rid, prev=ver - 1, ver=ver, is_shared=is_shared, ct=ct))
        if draft.name.kind is Kind.CHUNK:
            mark = ChunkMark(
                device=device.hex(),
                number=draft.name.number,
                version=ver,
                digest=digest.hex(),
                facts=len(draft.facts),
            )
            chunks.append(Chunk(mark=mark, facts=draft.facts))
        else:
            records.append(Opened(name=draft.name, rid=rid, ver=ver, digest=digest, payload=draft.payload))
        if is_shared:
            shared[rid] = ver
        elif draft.name.kind is not Kind.MANIFEST:
            elements[rid] = manifest.element(seal.keys, rid, ver, digest)

    for draft in drafts:
        add(draft)
    numbers = {each.name.number for each in view.known.values() if _is_chunk_of(each.name, device)}
    numbers |= {draft.name.number for draft in drafts if draft.name.kind is Kind.CHUNK}
    before = view.manifest(device)
    told = Manifest(
        chunks=len(numbers),
        set_hash=manifest.changed(0, (), elements.values()),
        seen={other: count for other, count in view.counters().items() if other != device},
        shared=shared,
        unknown=() if before is None else before.unknown,
    )
    add(_Draft(name=Name(kind=Kind.MANIFEST, owner=device), payload=manifest.encode(told)))
    push = v1.Push(gen=state.gen, records=tuple(sealed))
    return Plan(push=push, chunks=tuple(chunks), records=tuple(records), facts=facts)


def _is_chunk_of(name: Name, device: bytes) -> bool:
    return name.kind is Kind.CHUNK and name.owner == device
