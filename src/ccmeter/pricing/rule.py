"""What one call costs: the whole rule, for a single call at a time.

The store applies the same rule in SQL to everything it keeps; this is the form that a person can read, and the
one that SQL is tested against. A request has an exact price or none: it is never priced in part, and what has no
price is reported as tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ccmeter.domain.rates import SYNTHETIC, UNBOUNDED, ModelName, Rate, RateTable
from ccmeter.domain.usage import UNDATED
from ccmeter.pricing.cards import NONE, Overrides
from ccmeter.pricing.grammar import model_name

if TYPE_CHECKING:
    from ccmeter.domain.tokens import TokenCounts

REFUSAL_FREE_SINCE_US = 1_780_358_400_000_000
"""2026-06-02 UTC: from then on a refusal without output is not billed, though the log counts its tokens."""

LATEST_US = UNBOUNDED - 1
"""The time at which an undated call is priced: it takes the newest card."""


class Part(NamedTuple):
    """A request that is billed on top of the call it belongs to."""

    kind: str
    """`advisor`, `compaction` or `declined`."""
    model: str
    """As logged."""
    counts: TokenCounts


class Call(NamedTuple):
    """What the price of one call depends on."""

    model: str
    """As logged."""
    counts: TokenCounts
    logged_us: int = UNDATED
    """Microseconds since 1970 UTC, or `UNDATED`."""
    speed: str = ""
    """`fast` costs the fast price. Anything else is standard."""
    service_tier: str = ""
    """`batch` costs half. Anything else is standard, `priority` too: it is a commitment without a list price."""
    inference_geo: str = ""
    """`us` costs more. Anything else is anywhere."""
    web_searches: int = 0
    stop_reason: str = ""
    parts: tuple[Part, ...] = ()


class _Situation(NamedTuple):
    """What a call and its parts share."""

    speed: str
    place: str
    tier: str
    at_us: int


class PriceBook:
    """Prices calls by one table."""

    def __init__(self, table: RateTable, overrides: Overrides = NONE) -> None:
        """Take a table and the overrides it was made with; only their aliases are read here."""
        self._web_search_pico = table.web_search_pico
        self._aliases = overrides.aliases
        self._names: dict[str, ModelName] = {}
        self._rates: dict[tuple[str, str, str, str], list[Rate]] = {}
        for rate in table.rates:
            self._rates.setdefault((rate.model, rate.speed, rate.place, rate.tier), []).append(rate)
        self._models = tuple(dict.fromkeys(rate.model for rate in table.rates))
        self._known = frozenset(self._models)

    def name(self, raw: str) -> ModelName:
        """Give what a model id means; see `ccmeter.pricing.grammar`."""
        if raw not in self._names:
            self._names[raw] = model_name(raw, known=self._known, aliases=self._aliases)
        return self._names[raw]

    def known(self) -> tuple[str, ...]:
        """Give every model id that has a price by its own name or a person's alias, the newest models first."""
        return tuple(dict.fromkeys((*self._aliases, *reversed(self._models))))

    def rates(self, model: str) -> tuple[Rate, ...]:
        """Give all prices of a priced model."""
        return tuple(rate for key, rates in self._rates.items() if key[0] == model for rate in rates)

    def cost_pico(self, call: Call) -> int | None:
        """Give what a call costs in pico-dollars, or None when its own tokens have no price.

        A part that has no price is left out; `unpriced_tokens` counts it.
        """
        if call.model == SYNTHETIC:
            return 0
        own_pico = self._own_pico(call)
        if own_pico is None:
            return None
        return own_pico + sum(self._part_pico(call, part) or 0 for part in call.parts)

    def unpriced_tokens(self, call: Call) -> int:
        """Give how many tokens of a call, its parts included, `cost_pico` does not cover."""
        if call.model == SYNTHETIC:
            return 0
        if self._own_pico(call) is None:
            return call.counts.total_tokens + sum(part.counts.total_tokens for part in call.parts)
        return sum(part.counts.total_tokens for part in call.parts if self._part_pico(call, part) is None)

    def _own_pico(self, call: Call) -> int | None:
        """Price a call without its parts: tokens by class, then searches, which nothing multiplies."""
        model = self.name(call.model).model
        if model is None:
            return None
        if _is_free_refusal(call):
            return 0
        tokens_pico = self._tokens_pico(model, self._situation(call), call.counts)
        return None if tokens_pico is None else tokens_pico + call.web_searches * self._web_search_pico

    def _part_pico(self, call: Call, part: Part) -> int | None:
        """Price a part at its own model and prompt length, with its call's time, speed, place and tier.

        An advisor always answers at standard speed (assumed: no source says that fast mode reaches it).
        """
        model = self.name(part.model).model
        if model is None:
            return None
        situation = self._situation(call)
        if part.kind == "advisor":
            situation = situation._replace(speed="standard")
        return self._tokens_pico(model, situation, part.counts)

    def _situation(self, call: Call) -> _Situation:
        """Find what a call pays for apart from tokens. The fields of its usage come before its model id."""
        name = self.name(call.model)
        return _Situation(
            speed="fast" if call.speed == "fast" or name.is_fast else "standard",
            place="us" if call.inference_geo == "us" else name.place,
            tier="batch" if call.service_tier == "batch" or name.is_batch else "standard",
            at_us=LATEST_US if call.logged_us == UNDATED else call.logged_us,
        )

    def _tokens_pico(self, model: str, situation: _Situation, counts: TokenCounts) -> int | None:
        rows = self._rates[model, situation.speed, situation.place, situation.tier]
        at_us, prompt_tokens = situation.at_us, counts.prompt_tokens
        rate = next(
            row
            for row in rows
            if row.since_us <= at_us < row.until_us and row.over_prompt <= prompt_tokens < row.below_prompt
        )
        classes = (
            (counts.input_tokens, rate.input_pico),
            (counts.output_tokens, rate.output_pico),
            (counts.cache_creation_5m_tokens, rate.cache_creation_5m_pico),
            (counts.cache_creation_1h_tokens, rate.cache_creation_1h_pico),
            (counts.cache_read_tokens, rate.cache_read_pico),
        )
        if any(tokens > 0 > rate_pico for tokens, rate_pico in classes):
            return None
        return sum(tokens * rate_pico for tokens, rate_pico in classes)


def _is_free_refusal(call: Call) -> bool:
    is_empty = call.stop_reason == "refusal" and call.counts.output_tokens == 0
    return is_empty and (call.logged_us == UNDATED or call.logged_us >= REFUSAL_FREE_SINCE_US)
