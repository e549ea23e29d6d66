"""The ledger of a vault: what this machine knows, what it has told and what others told it, in the store.

Each call takes a lease of its own and is one transaction, so cursor, marks of chunks and the facts themselves cannot come
apart. What is asked often costs little: what is still to be told stands ready in `pending`, kept by the ingest.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.facts import Attribution, Counts, Fact, FactPart
from ccmeter.domain.vaults import ChunkMark, Note, State
from ccmeter.store import lease, taking, united

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ccmeter.domain.vaults import Taken
    from ccmeter.store.lease import Connection

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_RIPE_US: Final = 10 * 60 * 1_000_000
"""A call that is not final is told once it is so old: it hardly ever grows after that."""
_MARKS: Final = tuple(ChunkMark.__dataclass_fields__)
_DUE: Final = """
create or replace temp table touched_fact as
select fingerprint
from pending
where waits_us is null or waits_us <= $now_us - $ripe_us or waits_us > $now_us
order by slot, fingerprint
limit $limit
"""
"""One that was made in the future was made by a wrong clock: it does not wait for that."""
_TOLD: Final = """
create or replace temp table heard as select *, 'due' as side from voice where source in ('own', 'orphan')
"""
_FACTS: Final = f"""
select f.fingerprint, f.revision, f.origin_id, f.attribution % 2 = 1, f.slot, {", ".join(Counts._fields)}, f.is_final,
    f.is_refusal, f.recorded_pico, f.parts
from ({{rows}}) f
order by f.slot, f.fingerprint
"""  # noqa: S608 - names of our own
_STATE: Final = tuple(name for name in State.__dataclass_fields__ if name not in ("counters", "synced_at"))
_ORIGINS: Final = f"""
select
    o.origin_id, false, o.is_nested, coalesce(p.project, ''), if(session_id = '', '', {united.SESSION}), 'claude', o.model,
    o.speed, o.service_tier, o.inference_geo, o.is_sidechain
from origin o
left join project_id p using (cwd)
union all
select fact_origin_id, true, * exclude (fact_origin_id, session_id, cwd) from fact_origin
"""  # noqa: S608 - names of our own
_PLACED: Final = """
create or replace temp table touched_fact as
select distinct k.fingerprint
from origin o
join call c using (origin_id)
join fingerprint k using (call_key)
semi join fact f on f.fingerprint = k.fingerprint
where list_contains($1::varchar[], o.cwd)
"""


class Ledger:
    """The ledger of one store. Implements `sync.ledger.Ledger`."""

    def __init__(
        self, store: Path, *, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    ) -> None:
        self._store = store
        self._now = now
        self._told: Mapping[int, Fact] = {}
        """The facts that were last given as due, of calls that nobody had told of."""
        self._told_at = -1
        """How often calls had been counted then."""

    def state(self) -> State | None:
        """Give where this machine stands; None where it is in no vault. Raises StoreError."""
        with lease.reading(self._store) as connection:
            return _state(connection)

    def begin(self, state: State) -> None:
        """Enter a vault: from now on calls have fingerprints. Raises StoreError."""
        with self._writing() as connection:
            united.leave(connection)
            _keep_state(connection, state)
            united.begin(connection)

    def end(self) -> None:
        """Leave the vault: what others told is dropped, this machine's own usage stays. Raises StoreError."""
        with self._writing() as connection:
            united.leave(connection)

    def owners(self) -> tuple[str, ...]:
        """Give the devices of which chunks are known. Raises StoreError."""
        with lease.reading(self._store) as connection:
            rows = connection.execute("select distinct device from chunk order by device").fetchall()
        return tuple(row[0] for row in rows)

    def chunks(self, device: str) -> tuple[ChunkMark, ...]:
        """Give the known chunks of a device, by number. Raises StoreError."""
        with lease.reading(self._store) as connection:
            rows = connection.execute(
                f"select {', '.join(_MARKS)} from chunk where device = $1 order by number",  # noqa: S608
                [device],
            ).fetchall()
        return tuple(ChunkMark(**dict(zip(_MARKS, row, strict=True))) for row in rows)

    def contents(self, device: str, number: int) -> tuple[Fact, ...]:
        """Give the facts of a chunk. Raises StoreError."""
        with lease.reading(self._store) as connection:
            return _facts(
                connection,
                "select *, fact_origin_id as origin_id, 1 as attribution from fact where device = $device and number = $number",
                {"device": device, "number": number},
            )

    def notes(self) -> Mapping[str, Note]:
        """Give the known records other than chunks, by record id. Raises StoreError."""
        names = tuple(Note.__dataclass_fields__)
        with lease.reading(self._store) as connection:
            rows = connection.execute(f"select {', '.join(names)} from note order by rid").fetchall()  # noqa: S608
        return {row[0]: Note(**dict(zip(names, row, strict=True))) for row in rows}

    def unplaced(self) -> tuple[str, ...]:
        """Give the folders with own usage for which no project id is noted; not the empty one. Raises StoreError."""
        with lease.reading(self._store) as connection:
            rows = connection.execute(
                "select distinct cwd from origin anti join project_id using (cwd) where cwd <> '' order by cwd"
            ).fetchall()
        return tuple(row[0] for row in rows)

    def places(self) -> Mapping[str, str | None]:
        """Give the project id of all such folders as it is noted, None where none is. Raises StoreError."""
        with lease.reading(self._store) as connection:
            rows = connection.execute(
                "select distinct cwd, project from origin left join project_id using (cwd) where cwd <> '' order by cwd"
            ).fetchall()
        return dict(rows)

    def place(self, ids: Mapping[str, str]) -> None:
        """Note the project id of folders, empty where nothing is told of it. Raises StoreError."""
        with self._writing() as connection:
            connection.execute(
                "delete from project_id where cwd in (select unnest($1::varchar[]))", [list(ids)]
            )
            taking.insert(connection, "project_id", {"cwd": list(ids), "project": list(ids.values())})
            connection.execute(_PLACED, [list(ids)])
            taking.settle(connection)

    def unpublished(self, limit: int) -> tuple[Fact, ...]:
        """Give facts that known chunks do not cover, the oldest slot first. Raises StoreError.

        They are this machine's own, once they are final or ten minutes old, and those of others whose chunks are gone.
        """
        with lease.reading(self._store) as connection:
            if not connection.execute("select 1 from pending limit 1").fetchall():
                return ()
            now_us = (self._now() - _EPOCH) // dt.timedelta(microseconds=1)
            connection.execute(_DUE, {"now_us": now_us, "ripe_us": _RIPE_US, "limit": limit})
            united.gather(connection)
            if not connection.execute("select 1 from voice where source <> 'own' limit 1").fetchall():
                facts = _facts(connection, "from voice")
                self._told, self._told_at = (
                    {fact.fingerprint: fact for fact in facts},
                    taking.counted(connection),
                )
                return facts
            if not connection.execute("select 1 from voice where source = 'orphan' limit 1").fetchall():
                return _facts(connection, "from voice where source = 'own'")
            connection.execute(_TOLD)
            return _facts(connection, united.sql("joined"))

    def take(self, taken: Taken) -> None:
        """Keep what a step brought, and count the union of the touched calls anew. Raises StoreError."""
        with self._writing() as connection:
            told = self._told if taking.counted(connection) == self._told_at else {}
            _keep_state(connection, taken.state)
            taking.take(connection, taken, told)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Lease the store for one transaction."""
        with lease.writing(self._store) as connection:
            connection.execute("begin")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")


def _state(connection: Connection) -> State | None:
    rows = connection.execute(f"select {', '.join(_STATE)}, counters, synced_us from vault").fetchall()  # noqa: S608
    if not rows:
        return None
    *values, counters, synced_us = rows[0]
    synced_at = None if synced_us is None else _EPOCH + dt.timedelta(microseconds=synced_us)
    return State(**dict(zip(_STATE, values, strict=True)), counters=json.loads(counters), synced_at=synced_at)


def _keep_state(connection: Connection, state: State) -> None:
    """Let the one row of `vault` say so; how often calls were counted goes on from where it was."""
    counted = taking.counted(connection)
    connection.execute("delete from vault")
    values = {name: [getattr(state, name)] for name in _STATE}
    counters = json.dumps(dict(state.counters))
    taking.insert(
        connection,
        "vault",
        {**values, "counters": [counters], "synced_us": [_us(state.synced_at)], "counted": [counted]},
    )


def _us(at: dt.datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // dt.timedelta(microseconds=1)


def _facts(connection: Connection, rows: str, values: Mapping[str, Any] | None = None) -> tuple[Fact, ...]:
    """Give the facts that a question finds, by slot and fingerprint.

    Made by column: a first sync asks for all usage there ever was.
    """
    found = connection.execute(_FACTS.format(rows=rows), values or {}).fetchall()
    if not found:
        return ()
    prints, revisions, origins, is_told, slots, *numbers, final, refusal, recorded, parts = zip(
        *found, strict=True
    )
    named = {row[:2]: row[2:] for row in connection.execute(_ORIGINS).fetchall()}
    made: dict[tuple[int, bool, int], Attribution] = {}
    by = []
    for place in zip(origins, is_told, slots, strict=True):
        if (known := made.get(place)) is None:
            is_nested, *rest = named[place[:2]]
            known = made[place] = Attribution(is_nested, place[2], *rest)
        by.append(known)
    counts = map(Counts._make, zip(*numbers, strict=True))
    listed = [tuple(FactPart(**part) for part in own) if own else () for own in parts]
    return tuple(
        map(Fact._make, zip(prints, revisions, by, counts, final, refusal, recorded, listed, strict=True))
    )
