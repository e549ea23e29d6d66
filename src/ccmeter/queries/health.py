"""What the store holds and how far it can be trusted: the figures behind `ccmeter doctor`."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.queries.devices import devices, synced_at

if TYPE_CHECKING:
    from ccmeter.queries.devices import Device
    from ccmeter.store.lease import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesRead:
    """What was read, ever; files that are gone included."""

    paths: tuple[str, ...]
    size_bytes: int
    kinds: dict[str, int]
    """Lines by record type."""
    rejected: dict[str, int]
    """What could not be used, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionHealth:
    """How finished the output counts are that one version of Claude Code logged."""

    version: str
    calls: int
    nonfinal_calls: int
    recorded_tokens: int
    """Output tokens that the log states for the calls that are not final."""
    calls_without_estimate: int
    """Calls that are not final, of models of which no call is."""
    missing_tokens: int
    """Estimate: what as many finished calls of the same models put out on average, beyond `recorded_tokens`."""
    missing_pico: int
    """What those would cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpricedModel:
    """A model without a rate card."""

    model: str
    calls: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything about the store's content."""

    files: FilesRead
    usage_lines: int
    calls: int
    undated_calls: int
    versions: tuple[VersionHealth, ...]
    first_on: dt.date | None
    """Day of the earliest dated call."""
    days: tuple[dt.date, ...]
    """Every day with usage, in order."""
    schema_version: int
    finished_at: dt.datetime | None
    """When something was last stored."""
    problems: dict[str, int]
    """What could not be read then, by reason."""
    devices: tuple[Device, ...] = ()
    """The machines of the vault; none where there is no vault."""
    synced_at: dt.datetime | None = None
    """When a sync last went through."""


def examine(connection: Connection, *, time_zone: str) -> Health:
    """Look the store over."""
    count = "select (select count(*) from line), count(*), count(*) filter (logged_us is null) from call"
    lines, calls, undated = connection.execute(count).fetchall()[0]
    days = connection.execute(
        "select distinct (make_timestamptz(logged_us) at time zone $zone)::date as used_on "
        "from call where logged_us is not null order by used_on",
        {"zone": time_zone},
    ).fetchall()
    finished = connection.execute("select finished_at, problems from ingest").fetchall()
    by_version = Path(__file__).with_name("health.sql").read_text("utf-8")
    versions = connection.execute(by_version).fetchall()
    schema = connection.execute("select max(version) from schema_version").fetchall()[0][0]
    return Health(
        files=_files(connection),
        usage_lines=lines,
        calls=calls,
        undated_calls=undated,
        versions=tuple(VersionHealth(**dict(zip(_VERSION_FIELDS, row, strict=True))) for row in versions),
        first_on=days[0][0] if days else None,
        days=tuple(row[0] for row in days),
        schema_version=schema,
        finished_at=finished[0][0].replace(tzinfo=dt.UTC) if finished else None,
        problems=json.loads(finished[0][1]) if finished else {},
        devices=devices(connection),
        synced_at=synced_at(connection),
    )


def unpriced_models(connection: Connection) -> tuple[UnpricedModel, ...]:
    """Give the models met without a rate card, by tokens. A part of a call counts for its own model."""
    rows = connection.execute(
        """
        with met as (
            select model, total_tokens as tokens from priced_call where own_pico is null
            union all
            select model, total_tokens as tokens from priced_part where tokens_pico is null
        )
        select if(model = '', 'unknown', model), count(*), sum(tokens) from met group by all order by 3 desc, 1
        """,
    ).fetchall()
    return tuple(UnpricedModel(model=row[0], calls=row[1], tokens=row[2]) for row in rows)


_VERSION_FIELDS = tuple(VersionHealth.__dataclass_fields__)


def _files(connection: Connection) -> FilesRead:
    rows = connection.execute("select path, size_bytes, tally, rest from file order by path").fetchall()
    kinds: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for _, _, *tallies in rows:
        for tally in map(json.loads, tallies):
            kinds.update(tally["kinds"])
            rejected.update(tally["rejected"])
    return FilesRead(
        paths=tuple(row[0] for row in rows),
        size_bytes=sum(row[1] for row in rows),
        kinds=dict(kinds.most_common()),
        rejected=dict(rejected.most_common()),
    )
