"""Hands a connection the price table and the views that give stored lines their meaning.

Prices come in as a value, because the store must not know where they are from; they stand in temporary tables, so two
processes with different price settings can ask the same store at once.

Questions are asked of `counted` and `counted_origin`: the calls of this store, or, where it is in a vault, those of all
machines together, each once (`store.united`). Then one file per view: `priced_origin` (what calls pay for apart from tokens), `priced_part` (what is billed beside a call)
and `priced_call` (every call with its cost), which is what questions are asked of. The last two share the cost rule
`tokens_pico`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.store import united

if TYPE_CHECKING:
    from collections.abc import Callable

    from _duckdb import DuckDBPyConnection

    from ccmeter.domain.rates import ModelName, Rate, RateTable

_RATE_TABLE = """
create or replace temp table rate as
select
    unnest($tariff::integer[]) as tariff, unnest($model::varchar[]) as model, unnest($speed::varchar[]) as speed,
    unnest($place::varchar[]) as place, unnest($tier::varchar[]) as tier,
    unnest($since_us::bigint[]) as since_us, unnest($until_us::bigint[]) as until_us,
    unnest($over_prompt::bigint[]) as over_prompt, unnest($below_prompt::bigint[]) as below_prompt,
    unnest($input_pico::bigint[]) as input_pico, unnest($output_pico::hugeint[]) as output_pico,
    unnest($cache_creation_5m_pico::bigint[]) as cache_creation_5m_pico,
    unnest($cache_creation_1h_pico::bigint[]) as cache_creation_1h_pico,
    unnest($cache_read_pico::bigint[]) as cache_read_pico,
    unnest($is_partial::boolean[]) as is_partial
"""

_MODEL_NAME_TABLE = """
create or replace temp table model_name as
select unnest($raw::varchar[]) as raw, unnest($model::varchar[]) as model, unnest($is_fast::boolean[]) as is_fast,
    unnest($is_batch::boolean[]) as is_batch, unnest($place::varchar[]) as place
"""

_MODELS: Final = "select distinct model from origin"
_MODELS_WITH_PARTS: Final = "select model from origin union select model from part"

_NO_PARTS = "create or replace temp table priced_part/* of_device */ (model varchar, total_tokens bigint, tokens_pico bigint)"
"""The table of priced_part.sql where no call has parts, as nearly always: planning the real ones costs 20 ms."""

_WHOLE = """
select
    *,
    own_pico as list_pico,
    if(own_pico is null, total_tokens, 0) as unpriced_tokens,
    if(own_pico is null, [model], []) as unpriced_models
from own
"""
"""How priced_call.sql ends where no call has parts: every question is spared a join of all calls, 2 ms."""

_WITH_PARTS = """
select
    o.*,
    o.own_pico + coalesce(p.parts_pico, 0) as list_pico,
    if(o.own_pico is null, o.total_tokens + coalesce(p.parts_tokens, 0), coalesce(p.unpriced_parts_tokens, 0))
        as unpriced_tokens,
    if(o.own_pico is null, [o.model], []) || coalesce(p.unpriced_parts_models, []) as unpriced_models
from own o
left join priced_parts/* of_device */ p using (call_key)
"""


_KINDS: Final = """
select exists (from part) or exists (from fact where parts is not null), exists (from vault)
"""
"""Whether any call has parts, and whether the store is in a vault."""
_TOLD_MODELS: Final = """
union select model from fact_origin
union select unnest(list_transform(parts, lambda part: part.model)) from fact where parts is not null
"""
_COUNTED: Final = """
create or replace temp view counted as from call;
create or replace temp view counted_origin as from origin
"""
_COUNTED_THIS: Final = """
create or replace temp view counted_of_device as from call;
create or replace temp view counted_part_of_device as from part_once
"""


def models(connection: DuckDBPyConnection, *, has_parts: bool = True, is_shared: bool = False) -> list[str]:
    """Give every model id that stands in the store, as logged; with those that other machines told of, in a vault."""
    sql = _MODELS_WITH_PARTS if has_parts or is_shared else _MODELS
    return [row[0] for row in connection.execute(sql + (_TOLD_MODELS if is_shared else "")).fetchall()]


def hand_over(connection: DuckDBPyConnection, table: RateTable, name: Callable[[str], ModelName]) -> None:
    """Make the views on this connection, with `table` for prices and `name` for what a model id means."""
    ((has_parts, is_shared),) = connection.execute(_KINDS).fetchall()
    names = [name(raw) for raw in models(connection, has_parts=has_parts, is_shared=is_shared)]
    met = {entry.model for entry in names}
    _hand_names(connection, names)
    _hand_rates(connection, [rate for rate in table.rates if rate.model in met])
    if has_parts or is_shared:
        connection.execute(united.sql("part_once"))
    if is_shared:
        connection.execute("create or replace temp table asked_device (device varchar)")
    count(connection, is_shared=is_shared)
    connection.execute(united.sql("tokens_pico"))
    connection.execute(united.sql("priced_origin"))
    if is_shared:
        connection.execute(united.sql("counted_part"))
    elif has_parts:
        connection.execute("create or replace temp view counted_part as from part_once")
    _price(connection, "", has_parts=has_parts)


def count(connection: DuckDBPyConnection, *, is_shared: bool) -> None:
    """Make the views `counted` and `counted_origin`, which need no prices."""
    connection.execute(united.sql("counted_united") if is_shared else _COUNTED)


def narrow(connection: DuckDBPyConnection, device: str | None) -> None:
    """Make the views of what one machine knows, `priced_call_of_device` and so on, beside those of all.

    None is this machine, whose calls are those of the store as they are. The views of all must be in place.
    """
    connection.execute(united.sql("part_once"))
    if device is None:
        connection.execute(_COUNTED_THIS)
    else:
        connection.execute("delete from asked_device")
        connection.execute("insert into asked_device values ($1)", [device])
        connection.execute(united.sql("counted_device").replace("/* joined */", united.sql("joined")))
    ((has_parts,),) = connection.execute("select exists (from counted_part_of_device)").fetchall()
    _price(connection, "_of_device", has_parts=has_parts)


def _price(connection: DuckDBPyConnection, whose: str, *, has_parts: bool) -> None:
    """Make the views that price calls: those of all, or `_of_device`."""
    priced = united.sql("priced_call").replace("/* whole */", _WITH_PARTS if has_parts else _WHOLE)
    for sql in (united.sql("priced_part") if has_parts else _NO_PARTS, priced):
        connection.execute(sql.replace("/* of_device */", whose))


def _hand_names(connection: DuckDBPyConnection, names: list[ModelName]) -> None:
    columns = zip(*names, strict=True) if names else ([],) * 5
    fields = ("raw", "model", "is_fast", "is_batch", "place")
    connection.execute(_MODEL_NAME_TABLE, dict(zip(fields, map(list, columns), strict=True)))


def _hand_rates(connection: DuckDBPyConnection, rates: list[Rate]) -> None:
    tariffs: dict[tuple[str, str, str, str], int] = {}
    fields = ("model", "speed", "place", "tier", "since_us", "until_us", "over_prompt", "below_prompt")
    prices = (
        "input_pico",
        "output_pico",
        "cache_creation_5m_pico",
        "cache_creation_1h_pico",
        "cache_read_pico",
    )
    columns = zip(*rates, strict=True) if rates else ([],) * (len(fields) + len(prices))
    connection.execute(
        _RATE_TABLE,
        {
            **dict(zip((*fields, *prices), map(list, columns), strict=True)),
            "tariff": [tariffs.setdefault(rate[:4], len(tariffs)) for rate in rates],
            "is_partial": [min(rate[8:]) < 0 for rate in rates],
        },
    )
