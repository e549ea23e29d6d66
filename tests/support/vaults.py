"""A store in a vault: its own calls, and what other machines told, beside what plain Python makes of the same."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from ccmeter.domain.facts import NO_SLOT, SLOT_US, Attribution, Counts, Fact, FactPart, join, session_hash
from ccmeter.domain.vaults import Chunk, ChunkMark, State, Taken
from ccmeter.store import forget, lease, merge, united
from ccmeter.store.facts import Ledger
from support import stores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ccmeter.store.lease import Connection

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
NOON_US = 1_767_960_000_000_000
KEY = "7a" * 32
STATE = State(
    server="https://box.example",
    vault="0b" * 16,
    device="aa" * 16,
    name="laptop",
    added_by="aa" * 16,
    fp_key=KEY,
    gen=0,
    seq=0,
    tick="",
    witness="",
    witness_seq=0,
)
COLUMNS = (*Counts._fields, "is_final", "is_refusal", "recorded_pico")


def project_of(cwd: str) -> str:
    """Give an id of a project that needs no key."""
    return cwd and hashlib.md5(cwd.encode(), usedforsecurity=False).hexdigest()


def session_of(session_id: str) -> str:
    """Give what stands for a session."""
    return session_hash(bytes.fromhex(KEY), session_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A line of this machine's own log: a call has one or more."""

    key: str
    session: str = "s1"
    cwd: str = "/x"
    at_us: int | None = NOON_US
    is_nested: bool = False
    is_sidechain: bool = False
    model: str = "claude-opus-4-6"
    counts: Counts = field(default_factory=lambda: Counts(1, 2, 3, 4, 5, 0, 0, 0))
    is_final: bool = True
    stop_reason: str = "end_turn"
    recorded_pico: int | None = None
    parts: tuple[FactPart, ...] = ()


def log(store: Path, lines: Sequence[Own], *, now: dt.datetime = NOW) -> None:
    """Put lines into a store as ingest does, and count them."""
    with lease.writing(store) as connection:
        connection.execute("begin")
        connection.execute("create or replace temp table touched (call_key varchar)")
        for line in lines:
            _insert(connection, line)
        forget.settle(connection, has_lines=True, now=now)
        connection.execute("commit")


def _insert(connection: Connection, line: Own) -> None:
    said = repr((line.session, line.cwd, line.is_nested, line.is_sidechain, line.model))
    origin_id = int.from_bytes(hashlib.blake2b(said.encode(), digest_size=7).digest(), "big")
    connection.execute(
        "insert into origin select $1, $2, '', $3, '', '2.1.9', $4, $5, false, $6, '', '', '' "
        "where $1 not in (select origin_id from origin)",
        [origin_id, line.session, line.cwd, line.is_sidechain, line.is_nested, line.model],
    )
    counts = line.counts
    connection.execute(
        "insert into line values ($1, 1, null, $2, make_timestamp($3), null, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        [
            line.key,
            origin_id,
            line.at_us,
            counts.input_tokens,
            counts.output_tokens,
            counts.cache_creation_5m_tokens + counts.cache_creation_1h_tokens,
            counts.cache_creation_5m_tokens,
            counts.cache_creation_1h_tokens,
            *counts[4:],
            line.stop_reason,
            line.is_final,
            line.recorded_pico,
        ],
    )
    for part in line.parts:
        connection.execute(
            "insert into part values ($1, $2, 1, null, $3, $4, $5, $6, $7, $8, $9, $10)",
            [
                line.key,
                *part[:3],
                *part[3:5],
                part.cache_creation_5m_tokens + part.cache_creation_1h_tokens,
                *part[5:],
            ],
        )
    connection.execute("insert into touched values ($1)", [line.key])


def chunk(device: str, number: int, facts: Iterable[Fact], version: int = 1) -> Chunk:
    """Give a chunk as it comes from the server."""
    kept = tuple(facts)
    mark = ChunkMark(device=device, number=number, version=version, digest="00" * 32, facts=len(kept))
    return Chunk(mark=mark, facts=kept)


def joined(facts: Iterable[Fact]) -> Fact | None:
    """Give what facts of one call come to."""
    kept = list(facts)
    return reduce(join, kept) if kept else None


@dataclass
class Vault:
    """A store in a vault, told the same as a model of it."""

    store: Path
    state: State = STATE
    own: dict[int, Fact] = field(default_factory=dict)
    known: dict[tuple[str, int], tuple[Fact, ...]] = field(default_factory=dict)
    orphans: list[tuple[str, Fact]] = field(default_factory=list)
    until: dict[str, int] = field(default_factory=dict)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store, now=lambda: NOW)

    def log(self, lines: Sequence[Own]) -> None:
        log(self.store, lines)
        self.place()

    def place(self) -> None:
        """Let every folder have its project; and note what the store itself makes of its own lines."""
        if self.ledger.state() is not None:
            self.ledger.place({cwd: project_of(cwd) for cwd in self.ledger.unplaced()})
        with stores.asking(self.store) as connection:
            own = counted(connection, "call", "part_once")
        self.own = {number: _in_ids(fact) for number, fact in own.items()}

    def take(self, *chunks: Chunk, is_fresh: bool = False, forgotten: dict[str, int] | None = None) -> None:
        self.state = replace(self.state, seq=self.state.seq + 1)
        self.until |= forgotten or {}
        self.ledger.take(
            Taken(state=self.state, chunks=chunks, is_fresh=is_fresh, forgotten=dict(self.until))
        )
        if is_fresh:
            self.orphans += [(device, fact) for (device, _), facts in self.known.items() for fact in facts]
            self.known.clear()
        for each in chunks:
            place = (each.mark.device, each.mark.number)
            self.orphans += [
                (each.mark.device, fact) for fact in self.known.get(place, ()) if fact not in each.facts
            ]
            self.known[place] = each.facts
        self.orphans = [(d, f) for d, f in self.orphans if f.by.slot >= self.until.get(d, 0)]
        self.known = {
            (d, n): tuple(f for f in facts if f.by.slot >= self.until.get(d, 0))
            for (d, n), facts in self.known.items()
        }
        numbers = {fact.fingerprint for _, fact in self.orphans}
        covered = {number for number in numbers if self._is_covered(number)}
        self.orphans = [(d, f) for d, f in self.orphans if f.fingerprint not in covered]

    def _is_covered(self, number: int) -> bool:
        """Tell whether known chunks say all that was lost with others."""
        told = self.told(number)
        lost = [fact for _, fact in self.orphans if fact.fingerprint == number]
        return bool(told) and joined([*told, *lost]) == joined(told)

    def told(self, number: int) -> list[Fact]:
        """Give what known chunks say of a call."""
        return [fact for facts in self.known.values() for fact in facts if fact.fingerprint == number]

    def united(self) -> dict[int, Fact]:
        """Give what every call should come to."""
        prints = {
            *self.own,
            *(f.fingerprint for _, f in self.orphans),
            *(f.fingerprint for fs in self.known.values() for f in fs),
        }
        return {number: fact for number in prints if (fact := joined(self._all(number))) is not None}

    def _all(self, number: int) -> list[Fact]:
        orphans = [fact for _, fact in self.orphans if fact.fingerprint == number]
        return [*self.told(number), *orphans, *([self.own[number]] if number in self.own else [])]

    def due(self) -> dict[int, Fact]:
        """Give what should be published."""
        found = {}
        until = self.until.get(self.state.device, 0)
        for number in self.united():
            mine = [self.own[number]] if number in self.own and self.own[number].by.slot >= until else []
            mine += [fact for _, fact in self.orphans if fact.fingerprint == number]
            candidate, covered = joined(mine), joined(self.told(number))
            if candidate and (covered is None or join(covered, candidate) != covered):
                found[number] = candidate
        return found


def counted(connection: Connection, calls: str = "counted", part: str = "counted_part") -> dict[int, Fact]:
    """Give calls as facts, places in the words of the store, without their revision."""
    rows = connection.execute(
        f"""
        select ('0x' || left(sha256('{KEY}' || call_key), 16))::ubigint, call_key, logged_us, o.*,
            {", ".join(f"c.{name}" for name in (*Counts._fields, "is_final"))}, c.stop_reason = 'refusal',
            coalesce(c.recorded_pico, -1)
        from {calls} c
        join counted_origin o using (origin_id)
        """
    ).fetchall()
    parts: dict[str, list[FactPart]] = {}
    connection.execute(united.sql("part_once"))
    for key, *told in connection.execute(f"from {part} order by ordinal").fetchall():
        parts.setdefault(key, []).append(FactPart(*told))
    found = {}
    for number, key, logged_us, *rest in rows:
        fact = _fact(number, key, logged_us, rest, tuple(parts.get(key, ())))
        assert fact.fingerprint not in found
        found[fact.fingerprint] = fact
    return found


def _fact(number: int, key: str, logged_us: int | None, rest: list[Any], parts: tuple[FactPart, ...]) -> Fact:
    _, session, _, cwd, _, _, is_sidechain, is_nested, _, model, speed, tier, geo, *counts = rest
    return Fact(
        int(key[5:], 16) if key.startswith("fact:") else number,
        0,
        Attribution(
            is_nested,
            NO_SLOT if logged_us is None else logged_us // SLOT_US,
            cwd,
            session,
            "claude",
            model,
            speed,
            tier,
            geo,
            is_sidechain,
        ),
        Counts(*counts[:8]),
        counts[8],
        counts[9],
        counts[10],
        parts,
    )


def _in_ids(fact: Fact) -> Fact:
    """Give a call of the store's own as it is told."""
    by = fact.by._replace(project=project_of(fact.by.project), session=session_of(fact.by.session))
    return fact._replace(revision=merge.REVISION, by=by)


def in_words(connection: Connection, facts: Iterable[Fact]) -> dict[int, Fact]:
    """Give facts as `counted` shows them: with the words of a store for places, without their revision."""
    folders = connection.execute("select distinct cwd from origin").fetchall()
    cwds = {project_of(cwd): cwd for (cwd,) in folders}
    ids = connection.execute("select distinct session_id from origin").fetchall()
    sessions = {session_of(each): each for (each,) in ids}
    return {
        fact.fingerprint: fact._replace(
            revision=0,
            by=fact.by._replace(
                project=fact.by.project and cwds.get(fact.by.project, f"project {fact.by.project[:8]}"),
                session=fact.by.session and sessions.get(fact.by.session, f"~{fact.by.session}"),
            ),
        )
        for fact in facts
    }
