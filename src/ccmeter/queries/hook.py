"""What the status line's hook needs to know: asked once after the logs were read, and left for it in a small file.

The hook has a few milliseconds and may not open the store. What it is told (the keys are explained in
`statusline.snapshot`) is as of one lease, and small however long the history: sessions and transcripts of the last two days
only, and of those as many as fit.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from ccmeter.domain.blocks import DEFAULT_HOURS, microseconds
from ccmeter.pricing.table import WEB_SEARCH_PICO
from ccmeter.queries import blocks, limits
from ccmeter.queries.chosen import written

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.domain.blocks import Block
    from ccmeter.domain.filters import Filters
    from ccmeter.pricing.rule import PriceBook
    from ccmeter.store.lease import Connection

_RECENT_US: Final = 2 * 86_400_000_000
"""Sessions and transcripts that were quiet for longer are left out."""
_NAMED_US: Final = 30 * 86_400_000_000
_MOST: Final = {"most_sessions": 200, "most_files": 200, "most_calls": 6}
_MOST_NAMES: Final = 50
_MOST_TEXT: Final = {"sessions": 300, "files": 1_200, "rates": 300, "cards": 300}
"""Of a name; a longer one was not made by Claude Code, and one alone could take all the room."""
_MOST_BYTES: Final = {"sessions": 30_000, "files": 100_000, "rates": 50_000, "cards": 20_000}
"""For the parts that grow with use. The hook decodes all of it every time."""
_ASKED_FOR: Final = {("", "standard"), ("us", "standard")}
_SUMS: Final = """
select
    coalesce(sum(cost_pico) filter (is_today), 0),
    coalesce(sum(unpriced_tokens) filter (is_today), 0)::bigint,
    coalesce(sum(cost_pico) filter (logged_us between $start_us and $end_us), 0),
    coalesce(sum(unpriced_tokens) filter (logged_us between $start_us and $end_us), 0)::bigint
from hook_call
"""
_SESSIONS: Final = """
select session_id, coalesce(sum(cost_pico), 0), sum(unpriced_tokens)::bigint, any_value(last_us)
from hook_call
where session_id is not null
group by session_id
order by any_value(last_us) desc, session_id
"""
_PARTS: Final = """
select
    call_key, ordinal, max(kind), max(model), max(input_tokens), max(output_tokens), max(cache_creation_tokens),
    max(cache_creation_5m_tokens), max(cache_creation_1h_tokens), max(cache_read_tokens)
from part
semi join hook_last using (call_key)
group by call_key, ordinal
order by call_key, ordinal
"""
_NAMES: Final = """
with met as (
    select o.model, max(c.logged_us) as at_us
    from call c join origin o using (origin_id)
    where c.logged_us >= $named_us::bigint
    group by o.model
    union all
    select p.model, max(c.logged_us)
    from part p join call c using (call_key)
    where c.logged_us >= $named_us::bigint
    group by p.model
)
select n.raw, n.model, n.is_fast, n.is_batch, n.place
from model_name n
join (select model, max(at_us) as at_us from met group by model) m on m.model = n.raw
order by m.at_us desc, n.raw
limit $most_names
"""
_RATES: Final = """
select * exclude (tariff, is_partial)
from rate
where until_us > $recent_us::bigint and model in (select unnest($models::varchar[]))
order by model, speed, place, tier, since_us, over_prompt
"""


def leave(
    connection: Connection,
    filters: Filters,
    *,
    prices: PriceBook,
    folder: Path,
    settings: Path | None,
    now: dt.datetime,
) -> None:
    """Leave the snapshot in the folder of the store, in place of the one there. Raises OSError.

    The connection has these prices and the views in place; it may be for reading only. `settings` is the settings file.
    """
    from ccmeter.statusline import snapshot

    snapshot.write(str(folder), document(connection, filters, prices=prices, settings=settings, now=now))


def document(
    connection: Connection, filters: Filters, *, prices: PriceBook, settings: Path | None, now: dt.datetime
) -> dict[str, object]:
    """Give what the snapshot says at an instant. Of `filters` only the time zone and the mode of costs count."""
    from ccmeter.statusline.settings import taken

    day = now.astimezone(ZoneInfo(filters.time_zone)).date()
    today = replace(filters, since_on=day, until_on=day)
    now_us = microseconds(now)
    block = blocks.latest(connection, DEFAULT_HOURS, since_us=now_us - _NAMED_US)
    _gather(connection, filters, today, now_us, block)
    names = _names(connection, now_us)
    rates = _rates(connection, names, now_us)
    pico, unpriced, block_pico, block_unpriced = connection.execute(
        _SUMS, {"start_us": block.first_us if block else 0, "end_us": block.last_us if block else 0}
    ).fetchall()[0]
    return {
        "made_at_us": now_us,
        "zone": filters.time_zone,
        "day": day.isoformat(),
        "day_began_us": today.since_us,
        "day_ends_us": today.until_us,
        "today": {"pico": int(pico), "unpriced_tokens": unpriced},
        "sessions": _sessions(connection),
        "block": _block(block, int(block_pico), block_unpriced),
        "limits": _limits(connection, filters, now),
        "files": _files(connection),
        **with_cards(names, rates, prices, now_us),
        "web_search_pico": WEB_SEARCH_PICO,
        "settings": None if settings is None else taken(str(settings)),
    }


def _gather(
    connection: Connection, filters: Filters, today: Filters, now_us: int, block: Block | None
) -> None:
    """Make the tables that everything else is asked of."""
    recent_us = now_us - _RECENT_US
    for sql in _sql("hook_files").split(";\n"):
        names = ("recent_us", "most_files", "most_calls")
        values = {"recent_us": recent_us, **_MOST}
        connection.execute(sql, {name: values[name] for name in names if f"${name}" in sql})
    day_began_us = today.since_us or 0
    from_us = min(day_began_us, block.start_us) if block else day_began_us
    sql, parameters = written(
        connection,
        "hook",
        replace(filters, since_on=None, until_on=None),
        {
            "recent_us": recent_us,
            # a day more, for a calendar that is not ours
            "from_us": from_us - _RECENT_US // 2,
            "day": today.since_on,
            "most_sessions": _MOST["most_sessions"],
        },
    )
    connection.execute(sql, parameters)


def _sessions(connection: Connection) -> dict[str, list[int]]:
    rows = connection.execute(_SESSIONS).fetchall()
    return _fitting({name: [int(pico), *rest] for name, pico, *rest in rows}, "sessions")


def _block(block: Block | None, pico: int, unpriced_tokens: int) -> dict[str, int] | None:
    if block is None:
        return None
    return {
        "start_us": block.start_us,
        "end_us": block.end_us,
        "first_us": block.first_us,
        "last_us": block.last_us,
        "pico": pico,
        "unpriced_tokens": unpriced_tokens,
    }


def _limits(connection: Connection, filters: Filters, now: dt.datetime) -> dict[str, object]:
    return {
        state.window: {
            "used_bp": state.reading.used_bp,
            "resets_us": state.resets_us,
            "read_us": state.reading.read_us,
            "ends_bp": state.ends_bp and [state.ends_bp.low, state.ends_bp.middle, state.ends_bp.high],
            "pace_stage": state.pace_stage,
        }
        for state in limits.limits(connection, filters, now=now).windows
    }


def _files(connection: Connection) -> dict[str, Any]:
    """Give the transcripts with their last calls, the newest first; where the room ends, without calls, then not at all."""
    files: dict[str, dict[str, Any]] = {
        path: {"offset": offset, "calls": {}}
        for path, offset in connection.execute(
            "select path, offset_bytes from hook_file order by mtime_ns desc, path"
        ).fetchall()
    }
    parts: dict[str, list[list[object]]] = {}
    for key, ordinal, kind, model, *counts in connection.execute(_PARTS).fetchall():
        parts.setdefault(key, []).append([ordinal, kind, model, *counts])
    room = _MOST_BYTES["files"] - len(json.dumps(files))
    for path, key, *said in connection.execute(_sql("hook_calls")).fetchall():
        call = _call(said, parts.get(key, []))
        room -= len(key) + len(json.dumps(call))
        if room < 0:
            break
        files[path]["calls"][key] = call
    return _fitting(files, "files")


def _call(said: list[Any], parts: list[list[object]]) -> dict[str, object]:
    *counts, logged_us, model, speed, tier, geo, stop, pico, unpriced_tokens = said
    return {
        "counts": counts,
        "us": logged_us,
        "model": model,
        "speed": speed,
        "tier": tier,
        "geo": geo,
        "stop": stop,
        "parts": parts,
        "pico": None if pico is None else int(pico),
        "unpriced_tokens": unpriced_tokens,
    }


def _names(connection: Connection, now_us: int) -> dict[str, list[object]]:
    rows = connection.execute(_NAMES, {"named_us": now_us - _NAMED_US, "most_names": _MOST_NAMES}).fetchall()
    return {raw: list(rest) for raw, *rest in rows if len(raw) <= _MOST_TEXT["rates"]}


def _rates(connection: Connection, names: dict[str, list[object]], now_us: int) -> dict[str, list[Any]]:
    models = [name[0] for name in names.values() if name[0] is not None]
    rates: dict[str, list[Any]] = {model: [] for model in dict.fromkeys(map(str, models))}
    for model, *rest in connection.execute(
        _RATES, {"recent_us": now_us - _RECENT_US, "models": list(rates)}
    ).fetchall():
        rates[model].append(rest)
    return _fitting(rates, "rates")


def with_cards(
    names: dict[str, list[object]], rates: dict[str, list[Any]], prices: PriceBook, now_us: int
) -> dict[str, object]:
    """Give names and rates with those of models that were not met of late: whoever begins with one is told its price.

    Of these, only what a transcript of Claude Code's can ask for: no batch, and no region, which only an id would name.
    """
    cards = {}
    for raw in prices.known():
        _, model, *rest = prices.name(raw)
        if model is not None and raw not in names:
            names = names | {raw: [model, *rest]}
            cards[model] = [
                list(rate[1:])
                for rate in prices.rates(model)
                if rate.until_us > now_us - _RECENT_US and (rate.place, rate.tier) in _ASKED_FOR
            ]
    return {"names": names, "rates": _fitting(cards, "cards") | rates}


def _fitting(found: dict[str, Any], part: str) -> dict[str, Any]:
    """Give what has room, from the first on."""
    room, kept = _MOST_BYTES[part], {}
    for name, value in found.items():
        if len(name) > _MOST_TEXT[part]:
            continue
        room -= len(json.dumps(name)) + len(json.dumps(value, separators=(",", ":")))
        if room < 0:
            break
        kept[name] = value
    return kept


@cache
def _sql(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
