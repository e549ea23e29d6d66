"""Puts what a step of a sync brought into the store: chunks, notes, names, and what is to be forgotten.

What a machine once told stays known. A fact that a chunk says no longer is kept without one, unless another fact of the
same machine covers it, until a record of forgetting names it: the machine may be gone, and so may the server's copy.
"""

from __future__ import annotations

import contextlib
import hashlib
from array import array
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.facts import Attribution, Counts, FactPart
from ccmeter.store import batch, united
from ccmeter.store.incoming import exposed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccmeter.domain.facts import Fact
    from ccmeter.domain.vaults import Chunk, Note, Taken
    from ccmeter.store.lease import Connection

NUMBERS: Final = ("revision", "slot", *Counts._fields, "is_final", "is_refusal", "recorded_pico")
"""The columns of `fact` that are a number of the fact's own."""
PART: Final = f"struct_pack({', '.join(f'{name} := {name}' for name in FactPart._fields)})"
"""A part as `fact` has it."""

_PLACE: Final = itemgetter(0, *range(2, len(Attribution._fields)))
"""An attribution without its slot."""
_SAID: Final = f"hash(fingerprint, fact_origin_id, {', '.join(NUMBERS)}, parts)"

_STAGED: Final = """
select c.device, c.number, i.fingerprint, i.fact_origin_id, {numbers}, {parts} as parts
from incoming_fact i
join incoming_chunk c using (place)
""".replace(
    "{numbers}", ", ".join(f"i.{name}{' <> 0' * name.startswith('is_')} as {name}" for name in NUMBERS)
)
_NO_PARTS: Final = "(select parts from fact limit 0)"
"""Null, of the column's type: hardly any call has parts, and joining them costs a third of it all."""
_PARTS: Final = f"""
left join (
    select row_number, list({PART} order by ordinal) as parts from incoming_fact_part group by row_number
) p using (row_number)
"""  # noqa: S608 - names of our own
_GONE: Final = f"""
create or replace temp table gone as
select f.rowid as place, f.fingerprint
from (select *, rowid, {_SAID} as said from fact semi join incoming_chunk using (device, number)) f
anti join (select device, number, {_SAID} as said from staged) s using (device, number, said)
"""  # noqa: S608 - names of our own
_FRESH: Final = f"""
create or replace temp table fresh as
select s.* exclude (said)
from (select *, {_SAID} as said from staged) s
anti join (select device, number, {_SAID} as said from fact semi join incoming_chunk using (device, number)) f
    using (device, number, said)
"""  # noqa: S608
_FORGET: Final = """
from fact f join forgotten_device d on d.device = f.device and f.slot < d.until_slot
"""


def take(connection: Connection, taken: Taken, told: Mapping[int, Fact]) -> None:
    """Keep what a step brought, but for the state; within the caller's transaction.

    `told` are facts of this store's own calls, as they are now, that no known chunk says.
    """
    connection.execute("create or replace temp table touched_fact (fingerprint ubigint)")
    if taken.is_fresh:
        _begin_anew(connection)
    own = [] if taken.is_fresh else _own(connection, taken, told)
    if own:
        _append(connection, own)
    if len(own) < len(taken.chunks):
        is_own = {id(chunk) for chunk in own}
        _replace(connection, [chunk for chunk in taken.chunks if id(chunk) not in is_own])
    _keep_notes(connection, taken.notes)
    _keep_names(connection, taken)
    _forget(connection, taken.forgotten)
    settle(connection)


def counted(connection: Connection) -> int:
    """Give how often the calls of the vault were counted anew; -1 where there is none."""
    rows = connection.execute("select counted from vault").fetchall()
    return int(rows[0][0]) if rows else -1


def settle(connection: Connection) -> None:
    """Count the calls in `touched_fact` anew, after names or facts have changed."""
    united.resolve(connection)
    united.hide(connection)
    if connection.execute("select 1 from touched_fact limit 1").fetchall():
        united.count(connection)


def insert(connection: Connection, table: str, columns: Mapping[str, Sequence[object]]) -> None:
    """Put some rows into a table, by column."""
    if not all(columns.values()):
        return
    types = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where table_name = $1 and database_name = current_database()",
            [table],
        ).fetchall()
    )
    unnested = ", ".join(f"unnest(${name}::{types[name]}[])" for name in columns)
    connection.execute(
        f"insert into {table} ({', '.join(columns)}) select {unnested}",
        {name: list(values) for name, values in columns.items()},
    )


def _begin_anew(connection: Connection) -> None:
    connection.execute(
        "insert into touched_fact select distinct fingerprint from fact where number is not null"
    )
    connection.execute("update fact set number = null where number is not null")
    connection.execute("delete from chunk")
    connection.execute("delete from note")


def _own(connection: Connection, taken: Taken, told: Mapping[int, Fact]) -> list[Chunk]:
    """Give the new chunks that say nothing but what was told just now: all that the server acknowledges of a push."""
    if not told:
        return []
    rows = connection.execute("select number from chunk where device = $1", [taken.state.device]).fetchall()
    known = {row[0] for row in rows}
    return [
        chunk
        for chunk in taken.chunks
        if chunk.mark.device == taken.state.device
        and chunk.mark.number not in known
        and all(told.get(fact.fingerprint) is fact for fact in chunk.facts)
    ]


def _append(connection: Connection, chunks: Sequence[Chunk]) -> None:
    """Know that these chunks cover what was due. Nothing else can have changed, so nothing is counted anew."""
    _keep_marks(connection, chunks)
    with _staged(connection, chunks) as staged:
        connection.execute(f"insert into fact by name select *, false as is_hidden from ({staged})")  # noqa: S608
        connection.execute("delete from pending where fingerprint in (select fingerprint from incoming_fact)")


def _replace(connection: Connection, chunks: Sequence[Chunk]) -> None:
    """Let chunks say what they say now."""
    _keep_marks(connection, chunks)
    ((is_new,),) = connection.execute(
        "select not exists (from fact semi join incoming_chunk using (device, number))"
    ).fetchall()
    with _staged(connection, chunks) as staged:
        if is_new:
            connection.execute(f"insert into fact by name select *, false as is_hidden from ({staged})")  # noqa: S608
            connection.execute("insert into touched_fact select fingerprint from incoming_fact")
            return
        connection.execute(f"create or replace temp table staged as {staged}")
    connection.execute(_GONE)
    connection.execute(_FRESH)
    connection.execute("update fact set number = null where rowid in (select place from gone)")
    connection.execute("insert into touched_fact select fingerprint from gone")
    connection.execute("insert into fact by name select *, false as is_hidden from fresh")
    connection.execute("insert into touched_fact select fingerprint from fresh")


def _keep_marks(connection: Connection, chunks: Sequence[Chunk]) -> None:
    """Note the marks of chunks, and make the table `incoming_chunk` of their places among these."""
    marks = [chunk.mark for chunk in chunks]
    columns = {
        name: [getattr(mark, name) for mark in marks]
        for name in ("device", "number", "version", "digest", "facts")
    }
    connection.execute(
        "create or replace temp table incoming_chunk as select unnest($place::bigint[]) as place, "
        "unnest($device::varchar[]) as device, unnest($number::bigint[]) as number",
        {"place": list(range(len(marks))), "device": columns["device"], "number": columns["number"]},
    )
    connection.execute(
        "delete from chunk where (device, number) in (select (device, number) from incoming_chunk)"
    )
    insert(connection, "chunk", columns)


@contextlib.contextmanager
def _staged(connection: Connection, chunks: Sequence[Chunk]) -> Iterator[str]:
    """Let the facts of chunks be read as SQL that is given, and know where they were made."""
    facts = [fact for chunk in chunks for fact in chunk.facts]
    places = [place for place, chunk in enumerate(chunks) for _ in chunk.facts]
    values: dict[str, batch.Values] = dict.fromkeys(
        ("place", "row_number", "fingerprint", "fact_origin_id", *NUMBERS), b""
    )
    parts: list[tuple[Any, ...]] = []
    if facts:
        prints, revisions, by, counts, final, refusal, recorded, own_parts = zip(*facts, strict=True)
        columns = (
            revisions,
            [each.slot for each in by],
            *zip(*counts, strict=True),
            final,
            refusal,
            recorded,
        )
        values |= {
            "place": batch.integers(places),
            "row_number": batch.integers(range(len(facts))),
            "fingerprint": array("Q", prints).tobytes(),
            "fact_origin_id": batch.integers(_origins(connection, by)),
            **{name: batch.integers(column) for name, column in zip(NUMBERS, columns, strict=True)},
        }
        parts = [(row, *part) for row, of_fact in enumerate(own_parts) if of_fact for part in of_fact]
    staged = batch.Columns(rows=len(facts), values=values, unsigned=frozenset(("fingerprint",)))
    with exposed(connection, "fact", staged):
        if not parts:
            yield _STAGED.format(parts=_NO_PARTS)
            return
        with exposed(connection, "fact_part", batch.columns(("row_number", *FactPart._fields), parts)):
            yield _STAGED.format(parts="p.parts") + _PARTS


def _origins(connection: Connection, by: Sequence[Attribution]) -> list[int]:
    """Give the id of each attribution without its slot, and keep those that are new."""
    distinct = {id(each): each for each in by}  # facts made of a store or a chunk share them
    places = {key: _PLACE(each) for key, each in distinct.items()}
    ids = {place: _digest(place) for place in set(places.values())}
    fields = (
        "is_nested",
        "project",
        "session",
        "agent",
        "model",
        "speed",
        "service_tier",
        "inference_geo",
        "is_sidechain",
    )
    known = {
        row[0]
        for row in connection.execute(
            "select fact_origin_id from fact_origin where fact_origin_id in (select unnest($1::bigint[]))",
            [list(ids.values())],
        ).fetchall()
    }
    fresh = [(number, *place) for place, number in ids.items() if number not in known]
    if fresh:
        columns = dict(zip(("fact_origin_id", *fields), zip(*fresh, strict=True), strict=True))
        insert(
            connection, "fact_origin", {**columns, "session_id": [""] * len(fresh), "cwd": [""] * len(fresh)}
        )
    by_object = {key: ids[place] for key, place in places.items()}
    return [by_object[id(each)] for each in by]


def _digest(place: tuple[object, ...]) -> int:
    """Give 64 bits that stand for it, the same whoever reads it."""
    said = "\x1f".join(map(str, place)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big", signed=True)


def _keep_notes(connection: Connection, notes: Sequence[Note]) -> None:
    if not notes:
        return
    connection.execute(
        "delete from note where rid in (select unnest($1::varchar[]))", [[note.rid for note in notes]]
    )
    names = ("rid", "kind", "owner", "number", "version", "digest", "body")
    insert(connection, "note", {name: [getattr(note, name) for note in notes] for name in names})


def _keep_names(connection: Connection, taken: Taken) -> None:
    if taken.devices:
        connection.execute("delete from device")
        insert(
            connection,
            "device",
            {
                "device": list(taken.devices),
                "name": list(taken.devices.values()),
                "place": list(range(len(taken.devices))),
            },
        )
    connection.execute("delete from project_name")
    insert(connection, "project_name", {"project": list(taken.names), "name": list(taken.names.values())})


def _forget(connection: Connection, forgotten: Mapping[str, int]) -> None:
    """Drop what is to be known no longer through some machine, now and from now on."""
    before = connection.execute("select device, until_slot from forgotten_device order by all").fetchall()
    if before != (after := sorted(forgotten.items())):
        connection.execute("delete from forgotten_device")
        insert(
            connection,
            "forgotten_device",
            {"device": [each[0] for each in after], "until_slot": [each[1] for each in after]},
        )
    if after:
        connection.execute(f"insert into touched_fact select distinct f.fingerprint {_FORGET}")
        connection.execute(f"delete from fact where rowid in (select f.rowid {_FORGET})")  # noqa: S608 - SQL of our own
    if before != after:  # what this machine's own calls may be told may have changed
        connection.execute("insert into touched_fact select fingerprint from fingerprint")
