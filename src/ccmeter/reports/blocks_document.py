"""Blocks as a JSON document: ccusage's `blocks` shape, key for key, with our own keys beside them.

`totals` is all usage that was asked for, blocks and undated together, so that it equals the totals of `daily`; `undated` is
the part of it that belongs to no block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.domain.blocks import instant
from ccmeter.domain.money import PICO_PER_USD, usd_exact
from ccmeter.reports.burn import average_of, projection_of
from ccmeter.reports.usage_document import SCHEMA_VERSION, priced_pico, totals_of

if TYPE_CHECKING:
    from ccmeter.domain.blocks import Gap
    from ccmeter.queries.blocks import Blocks, BlockUsage, Burn
    from ccmeter.queries.summary import Measures
    from ccmeter.reports.table import Json

WARNING_SHARE: Final = 0.8
_MINUTE_US: Final = 60_000_000
_HOUR_US: Final = 60 * _MINUTE_US
_CENT_PICO: Final = PICO_PER_USD // 100


def document_of(
    answer: Blocks, *, limit_tokens: int | None, no_cost: bool, newest_first: bool = False
) -> Json:
    """Give the blocks, gaps in their places; `tokenLimitStatus` where there is a limit."""
    rows: list[Json] = []
    for each in answer.blocks:
        if each.gap is not None:
            rows.append(_gap(each.gap, no_cost=no_cost))
        rows.append(_block(each, answer, limit_tokens, no_cost=no_cost))
    undated = answer.undated
    return {
        "schemaVersion": SCHEMA_VERSION,
        "timeZone": answer.time_zone,
        "sessionLengthHours": answer.length_hours,
        "tokenLimit": limit_tokens,
        "blocks": rows[::-1] if newest_first else rows,
        "totals": totals_of(answer.total, no_cost=no_cost),
        "undated": None if undated is None else totals_of(undated, no_cost=no_cost),
    }


def _zulu(at_us: int) -> str:
    return f"{instant(at_us).isoformat(timespec='milliseconds')[:-6]}Z"


def _block(each: BlockUsage, answer: Blocks, limit_tokens: int | None, *, no_cost: bool) -> dict[str, Json]:
    counts = each.measures.counts
    burn = _burn_rate(each, answer.burn, no_cost=no_cost) if each.is_active else None
    projection = _projection(each, answer.now_us, no_cost=no_cost) if each.is_active else None
    return {
        "id": _zulu(each.block.start_us),
        "startTime": _zulu(each.block.start_us),
        "endTime": _zulu(each.block.end_us),
        "actualEndTime": _zulu(each.last_us),
        "isActive": each.is_active,
        "isGap": False,
        "entries": each.measures.calls,
        "tokenCounts": {
            "inputTokens": counts.input_tokens,
            "outputTokens": counts.output_tokens,
            "cacheCreationInputTokens": counts.cache_creation_5m_tokens + counts.cache_creation_1h_tokens,
            "cacheReadInputTokens": counts.cache_read_tokens,
        },
        "totalTokens": counts.total_tokens,
        **_cost(each.measures, no_cost=no_cost),
        "models": each.models_seen,
        "burnRate": burn,
        "projection": projection,
        **_limit_status(each, answer, limit_tokens),
        **_reset(each),
        "nonFinalMessages": each.measures.nonfinal_calls,
        "unpricedTokens": each.measures.unpriced_tokens,
    }


def _reset(each: BlockUsage) -> dict[str, Json]:
    return (
        {} if each.limit_resets_s is None else {"usageLimitResetTime": _zulu(each.limit_resets_s * 1_000_000)}
    )


def _gap(gap: Gap, *, no_cost: bool) -> dict[str, Json]:
    return {
        "id": f"gap-{_zulu(gap.start_us)}",
        "startTime": _zulu(gap.start_us),
        "endTime": _zulu(gap.end_us),
        "actualEndTime": None,
        "isActive": False,
        "isGap": True,
        "entries": 0,
        "tokenCounts": dict.fromkeys(
            ("inputTokens", "outputTokens", "cacheCreationInputTokens", "cacheReadInputTokens"), 0
        ),
        "totalTokens": 0,
        **({} if no_cost else {"costUSD": 0, "costExact": "0"}),
        "models": [],
        "burnRate": None,
        "projection": None,
        "nonFinalMessages": 0,
        "unpricedTokens": 0,
    }


def _cost(measures: Measures, *, no_cost: bool) -> dict[str, Json]:
    if no_cost:
        return {}
    exact_pico = priced_pico(measures)
    return {
        "costUSD": measures.cost_pico / PICO_PER_USD,
        "costExact": None if exact_pico is None else usd_exact(exact_pico),
    }


def _burn_rate(each: BlockUsage, burns: tuple[Burn, ...], *, no_cost: bool) -> Json:
    """Give ccusage's average and the true rates of the last minutes.

    The average is null with our keys beside it where there is only one call; without any rate the whole is null.
    """
    average = average_of(each)
    if average is None:
        return None
    counts = each.measures.counts
    cost = (
        {}
        if no_cost
        else {"costPerHour": each.measures.cost_pico * _HOUR_US / (average.elapsed_us * PICO_PER_USD)}
    )
    return {
        "tokensPerMinute": counts.total_tokens * _MINUTE_US / average.elapsed_us,
        "tokensPerMinuteForIndicator": (counts.input_tokens + counts.output_tokens)
        * _MINUTE_US
        / average.elapsed_us,
        "tokensPerMinuteWithoutCacheReads": (counts.total_tokens - counts.cache_read_tokens)
        * _MINUTE_US
        / average.elapsed_us,
        **cost,
        **{f"last{burn.minutes}Minutes": _true_rate(burn, no_cost=no_cost) for burn in burns},
    }


def _true_rate(burn: Burn, *, no_cost: bool) -> Json:
    is_unknown = burn.unpriced_tokens and not burn.cost_pico
    per_hour = None if is_unknown else burn.cost_pico * 60 / (burn.minutes * PICO_PER_USD)
    return {
        "tokensPerMinute": burn.tokens / burn.minutes,
        "tokensPerMinuteWithoutCacheReads": burn.uncached_tokens / burn.minutes,
        **({} if no_cost else {"costPerHour": per_hour}),
        "unpricedTokens": burn.unpriced_tokens,
    }


def _projection(each: BlockUsage, now_us: int, *, no_cost: bool) -> Json:
    found = projection_of(each, now_us)
    if found is None:
        return None
    cents = (2 * found.cost_pico + _CENT_PICO) // (2 * _CENT_PICO)
    cost = {} if no_cost else {"totalCost": cents / 100}
    return {"remainingMinutes": found.remaining_minutes, "totalTokens": found.tokens, **cost}


def _limit_status(each: BlockUsage, answer: Blocks, limit_tokens: int | None) -> dict[str, Json]:
    """Give how the projection stands to the limit."""
    found = projection_of(each, answer.now_us) if each.is_active else None
    if found is None or not limit_tokens:
        return {}
    share = found.tokens / limit_tokens
    status = "exceeds" if share > 1 else "warning" if share > WARNING_SHARE else "ok"
    return {
        "tokenLimitStatus": {
            "limit": limit_tokens,
            "percentUsed": found.tokens * 100 / limit_tokens,
            "projectedUsage": found.tokens,
            "status": status,
        }
    }
