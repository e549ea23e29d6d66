"""Makes the vault of fixtures/vault: two devices, chunks, manifests, roster, a mailbox, keys for the phrase.

Every later version must open what the first one sealed, so a fixture of a protocol is made once and never again:
`python -m support.golden_vault FOLDER`, in the folder `tests`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccmeter.domain.facts import Counts, FactPart
from ccmeter.sync import chunks, cipher, manifest, pairing, phrase, roster, subkeys
from ccmeter.sync.cipher import Keyed, Kind
from ccmeter.sync.records import Name, Seal
from ccmeter.wire.v1 import encoded
from support.facts import days

if TYPE_CHECKING:
    from ccmeter.domain.facts import Fact

FOLDER = Path(__file__).parents[2] / "fixtures" / "vault"
PROTOCOL = "1"
GEN = 2


def vault() -> dict[str, Any]:
    """Give a vault as JSON: what the server holds, what a person holds, and what is in it."""
    name, secret = subkeys.fresh()[:16], subkeys.fresh()
    keyed = Keyed(vault=name, gen=GEN, identity=subkeys.fresh(), generation=subkeys.fresh())
    keys, recovery = subkeys.of_generation(keyed.generation), phrase.recovery(secret)
    locked = cipher.lock(recovery.lock_key, name, keyed.identity)
    pairs = {subkeys.fresh()[:16]: cipher.key_pair() for _ in range(2)}
    first, second = pairs
    told = {first: _odd(days(420)), second: days(40, seed=2)}
    records: list[dict[str, Any]] = []

    seal = Seal(vault=name, gen=GEN, keys=keys)

    def keep(kind: Kind, owner: bytes, ver: int, body: bytes, number: int = 0) -> tuple[bytes, int, bytes]:
        record = Name(kind=kind, owner=owner, number=number)
        rid, ct = seal.rid(record), seal.sealed(record, ver, body)
        records.append({"rid": rid.hex(), "owner": owner.hex(), "ver": ver, "ct": encoded(ct)})
        return rid, ver, cipher.digest(ct)

    members = tuple(
        roster.Member(id=each, name=f"machine {at}", public=public, added_by=first, added_us=at)
        for at, (each, (public, _)) in enumerate(pairs.items())
    )
    kept = roster.Recovery(id=recovery.id, public=recovery.public, locked=locked)
    roster_rid, *_ = keep(Kind.ROSTER, name, 4, roster.encode(roster.Roster(recovery=kept, members=members)))
    forget = roster.Forget(device=second, before_slot=1_900_000, at_us=5)
    keep(Kind.FORGET, name, 1, roster.encode_forget(forget))
    for device, other in ((first, second), (second, first)):
        packed = chunks.packed(told[device])
        sealed = [keep(Kind.CHUNK, device, 1 + at, chunk.body, at) for at, chunk in enumerate(packed)]
        total = manifest.changed(0, come=(manifest.element(keys, *each) for each in sealed))
        said = manifest.Manifest(chunks=len(packed), set_hash=total, seen={other: 9}, shared={roster_rid: 4})
        keep(Kind.MANIFEST, device, 9, manifest.encode(said))
    code = pairing.new("https://sync.example.org")
    parcel = pairing.Parcel(keyed=keyed, ticket="ccm_e_ticket", added_by=first, seen={first: 9, second: 9})
    return {
        "vault": name.hex(),
        "gen": GEN,
        "phrase": phrase.words(secret),
        "recovery": {
            "id": recovery.id.hex(),
            "wrapped": encoded(cipher.wrap(recovery.public, keyed, locked)),
        },
        "devices": {
            each.hex(): {"private": private.hex(), "wrapped": encoded(cipher.wrap(public, keyed))}
            for each, (public, private) in pairs.items()
        },
        "mailbox": {
            "code": pairing.shown(code),
            "id": code.mailbox.hex(),
            "sealed": encoded(pairing.seal(code, parcel)),
        },
        "records": records,
        "inside": {
            "identity": keyed.identity.hex(),
            "generation": keyed.generation.hex(),
            "key_check": keys.check.hex(),
            "project_id": subkeys.project_id(subkeys.of_identity(keyed.identity), "example.org/team/webapp"),
            "session_hash": subkeys.session_hash(subkeys.of_identity(keyed.identity), "a session"),
            "members": [each.name for each in members],
            "facts": {
                device.hex(): [json.dumps(fact) for fact in sorted(some)] for device, some in told.items()
            },
        },
    }


def _odd(facts: list[Fact]) -> list[Fact]:
    """Give facts with what is rare in some of them."""
    parts = (
        FactPart(0, "advisor", "claude-opus-4-5", 1, 2, 3, 4, 5),
        FactPart(2, "compaction", "", 5, 4, 3, 2, 1),
    )
    odd = [
        facts[0]._replace(parts=parts, recorded_pico=12_345_678_901, revision=2),
        facts[1]._replace(
            is_final=False, is_refusal=True, by=facts[1].by._replace(is_nested=True, is_sidechain=True)
        ),
        facts[2]._replace(by=facts[2].by._replace(slot=2**32 - 1, project="", session="", speed="fast")),
        facts[3]._replace(counts=Counts(*range(2**40, 2**40 + 8))),
    ]
    return [*odd, *facts[4:]]


if __name__ == "__main__":
    file = Path(sys.argv[1]) / PROTOCOL / "vault.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(vault(), indent=1) + "\n", "utf-8")
