"""What a price table looks like to whoever applies it: rows that match each request exactly once.

`ccmeter.pricing` makes these rows from dated cards; the store joins them in SQL; `ccmeter.pricing.rule` looks
them up for a single request. Both read the same rows, so they cannot disagree.
"""

from dataclasses import dataclass
from typing import NamedTuple

UNDATED = -(2**63)
"""`logged_us` of a line without a readable timestamp."""

UNBOUNDED = 2**62
"""Stands for "no upper end" of a time in microseconds or of a prompt length."""

MOST_PICO = 10**9
"""The dearest price per token that may be set, 1,000 USD per million tokens: 64 bits then hold any call's cost."""

NO_PRICE = -1
"""Stands for a class of tokens that no price is known for: a request with any of them is unpriced as a whole."""

SYNTHETIC = "<synthetic>"
"""The model of lines that Claude Code writes itself: they are no calls."""


class Rate(NamedTuple):
    """Prices of one model in one situation, in pico-dollars per token, or `NO_PRICE`.

    For any (model, speed, place, tier) that occurs at all, and for every instant and prompt length, exactly one
    row matches: `since_us <= time < until_us` and `over_prompt <= prompt < below_prompt`.
    """

    model: str
    speed: str
    """`standard` or `fast`."""
    place: str
    """`` (anywhere), `us` (inference_geo) or `regional` (a Bedrock or Vertex regional endpoint)."""
    tier: str
    """`standard` or `batch`."""
    since_us: int
    """Microseconds since 1970 UTC, inclusive; negative `UNBOUNDED` for a model's first card."""
    until_us: int
    """Exclusive; `UNBOUNDED` for the card in force."""
    over_prompt: int
    """Smallest prompt length in tokens that this row prices."""
    below_prompt: int
    """First prompt length that it does not price."""
    input_pico: int
    output_pico: int
    cache_creation_5m_pico: int
    cache_creation_1h_pico: int
    cache_read_pico: int


class ModelName(NamedTuple):
    """What a model id found in a log means."""

    raw: str
    model: str | None
    """The priced model's name, or None when no card may be applied: such usage is shown as unpriced."""
    is_fast: bool
    is_batch: bool
    place: str
    """`regional` when the id names a regional endpoint, else ``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """All prices in force for this process."""

    rates: tuple[Rate, ...]
    web_search_pico: int
    """Per web search request; never multiplied."""
