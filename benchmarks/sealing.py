"""Measures what sealing costs: bytes per fact, and the CPU of a first sync's facts into records and back.

    python benchmarks/sealing.py [--facts N] [--rounds N]

Facts are made up in the shape of conversations (`tests/support/facts.py`) and come in the order in which the store gives
them. Each round packs and seals all, then opens and decodes all; medians of CPU time are told, beside that of pickling and
unpickling the same facts in the same rounds, as a measure of how busy the machine is.
"""

from __future__ import annotations

import argparse
import pickle
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccmeter.sync import chunks, codec, subkeys
from ccmeter.sync.cipher import Kind
from ccmeter.sync.records import Name, Seal
from ccmeter.wire.v1 import MAX_VAULT_BYTES, Record

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.facts import days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccmeter.domain.facts import Fact

ALL: Final = 750_000
MOST_SEALING_S: Final = 2.5
"""For 750,000 facts: half of what a whole first sync may take on the client."""
_OWNER: Final = b"d" * 16
_AT_ONCE: Final = 50_000
"""Facts taken from the store at once: a push has a limit, so nobody packs all of them together."""


def sealed(seal: Seal, facts: list[Fact]) -> list[Record]:
    """Give the records of all facts."""
    found: list[Record] = []
    tail: tuple[Fact, ...] = ()
    for start in range(0, len(facts), _AT_ONCE):
        packed = chunks.packed(facts[start : start + _AT_ONCE], tail)
        is_last = start + _AT_ONCE >= len(facts)
        tail = () if is_last else packed[-1].facts
        for chunk in packed if is_last else packed[:-1]:
            name = Name(kind=Kind.CHUNK, owner=_OWNER, number=len(found))
            ct = seal.sealed(name, 1, chunk.body)
            found.append(Record.model_construct(rid=seal.rid(name), owner=_OWNER, ver=1, seq=1, ct=ct))
    return found


def opened(seal: Seal, records: list[Record]) -> int:
    """Give how many facts the records hold: decoded page by page, as they come from a server."""
    return sum(len(codec.decode(seal.opened(record).payload)) for record in records)


def timed(measured: Callable[[], object]) -> float:
    """Give seconds of CPU."""
    start = time.process_time()
    measured()
    return time.process_time() - start


def rounds(facts: list[Fact], seal: Seal, count: int) -> Iterator[tuple[float, float, float]]:
    """Give seconds for sealing, for opening, and for pickling there and back."""
    records = sealed(seal, facts)
    for _ in range(count):
        yield (
            timed(lambda: sealed(seal, facts)),
            timed(lambda: opened(seal, records)),
            timed(
                lambda: [pickle.loads(pickle.dumps(facts[at : at + 256])) for at in range(0, len(facts), 256)]
            ),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=ALL)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    facts = sorted(days(options.facts), key=lambda fact: (fact.by.slot, fact.fingerprint))
    seal = Seal(vault=bytes(16), gen=0, keys=subkeys.of_generation(subkeys.fresh()))
    records = sealed(seal, facts)
    assert opened(seal, records) == len(facts)
    total = sum(len(record.ct) for record in records)
    sealing, opening, pickling = map(
        statistics.median, zip(*rounds(facts, seal, options.rounds), strict=True)
    )
    scale = ALL / len(facts)
    print(f"{len(facts):,} facts in {len(records):,} records of {total / 2**20:.1f} MiB")
    print(
        f"a fact on the wire: {total / len(facts):.2f} bytes; a full vault: {MAX_VAULT_BYTES * len(facts) // total:,}"
    )
    print(f"packing and sealing: {sealing:.2f} s of CPU, {sealing / len(facts) * 1e6:.2f} µs a fact")
    print(f"opening and decoding: {opening:.2f} s of CPU, {opening / len(facts) * 1e6:.2f} µs a fact")
    print(f"pickling there and back: {pickling:.2f} s of CPU; sealing is {sealing / pickling:.2f} × that")
    met = "met" if sealing * scale <= MOST_SEALING_S else "missed"
    print(f"for {ALL:,} facts: {sealing * scale:.2f} s (≤ {MOST_SEALING_S} s): {met}")


if __name__ == "__main__":
    main()
