"""What is odd about a call, as it comes in, beside those before it in the same thread; pure rules.

A thread is a session's own calls, or those of one of its sub-agents: what a sub-agent does says nothing of its session's
cache or of what a call there usually costs. The rules would rather miss an odd call than cry wolf. So nothing is odd
that has nothing before it to be compared with, that another model or a compacted prompt explains, or that costs little.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAST_CACHED_TOKENS: Final = 20_000
"""Less than this in a cache costs a cent or two to write again."""
JUMP: Final = 5
"""So many times the usual cost of its thread is a jump,"""
LEAST_JUMP_PICO: Final = 50_000_000_000
"""if it is 5 cents at least,"""
LEAST_USUAL: Final = 8
"""and if so many priced calls say what is usual."""
LIVES_US: Final = {False: 300_000_000, True: 3_600_000_000}
"""How long the cache lives after it was last used: written for 5 minutes, or for an hour."""

Kind: TypeAlias = Literal["broken", "expired", "jump", "long", "unpriced"]


class Call(NamedTuple):
    """One call. Tokens by billing class, money in pico-dollars."""

    call_key: str
    at_us: int
    session_id: str
    agent_id: str
    is_agent: bool
    """It belongs to a sub-agent, which old logs give no id."""
    cwd: str
    branch: str
    model: str
    input_tokens: int
    output_tokens: int
    cache_creation_5m_tokens: int
    cache_creation_1h_tokens: int
    cache_read_tokens: int
    cost_pico: int | None
    """None: its model has no price."""
    unpriced_tokens: int
    has_long_price: bool
    """Its prompt was so long that a dearer price applied."""

    @property
    def thread(self) -> tuple[str, bool, str]:
        """Whose cache and whose habits it shares."""
        return self.session_id, self.is_agent, self.agent_id

    @property
    def written_tokens(self) -> int:
        """What it wrote into the cache."""
        return self.cache_creation_5m_tokens + self.cache_creation_1h_tokens

    @property
    def prompt_tokens(self) -> int:
        """Everything that the model read."""
        return self.input_tokens + self.cache_read_tokens + self.written_tokens

    @property
    def plain_tokens(self) -> int:
        """Input and output, without what went through the cache."""
        return self.input_tokens + self.output_tokens

    @property
    def cache_tokens(self) -> int:
        """What went through the cache."""
        return self.cache_read_tokens + self.written_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """Why a call stands out."""

    kind: Kind
    tokens: int = 0
    """Cached before and not read from the cache, of `broken` and `expired`; without a price, of `unpriced`."""
    pause_s: int = 0
    """Since the call before, of `expired`."""
    times_tenths: int = 0
    """Tenths of the usual cost, of `jump`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A call, and what is odd about it: the weightiest first, mostly nothing."""

    call: Call
    oddities: tuple[Oddity, ...]


class _Thread:
    """What is known of a thread before the next call of it."""

    def __init__(self) -> None:
        self.last: Call | None = None
        self.is_hourly: bool | None = None
        """How long its cache lives, by the last call that wrote any."""
        self.costs: list[int] = []
        """In order of size."""

    def take(self, call: Call) -> None:
        self.last = call
        if call.written_tokens:
            self.is_hourly = is_hourly(call)
        if call.cost_pico is not None:
            insort(self.costs, call.cost_pico)


def is_hourly(call: Call) -> bool:
    """Tell whether most of what a call wrote into the cache is kept for an hour."""
    return call.cache_creation_1h_tokens > call.cache_creation_5m_tokens


def marked(calls: Iterable[Call]) -> tuple[Marked, ...]:
    """Mark calls, which come in the order of their times. What is before the first of a thread is not known."""
    threads: dict[tuple[str, bool, str], _Thread] = {}
    found = []
    for call in calls:
        thread = threads.setdefault(call.thread, _Thread())
        odd = oddities(call, thread.last, is_hourly=bool(thread.is_hourly), costs=thread.costs)
        found.append(Marked(call=call, oddities=odd))
        thread.take(call)
    return tuple(found)


def oddities(call: Call, before: Call | None, *, is_hourly: bool, costs: Sequence[int]) -> tuple[Oddity, ...]:
    """Say what is odd about a call after the one before it in its thread.

    `is_hourly`: its cache is kept for an hour; `costs`: what calls of the thread cost before, in order of size.
    """
    found = []
    if call.cost_pico is None or call.unpriced_tokens:
        found.append(Oddity(kind="unpriced", tokens=call.unpriced_tokens))
    lost = before and lost_cache(call, before, is_hourly=is_hourly)
    if lost:
        found.append(lost)
    # it goes on at that price: only the first is news
    if call.has_long_price and before is not None and not before.has_long_price:
        found.append(Oddity(kind="long"))
    if not lost and (jump := _jump(call, costs)):
        found.append(jump)
    return tuple(found)


def lost_cache(call: Call, before: Call, *, is_hourly: bool) -> Oddity | None:
    """Tell whether a call wrote anew most of what the one before it had left in the cache.

    Not odd: another model, whose cache is its own; a prompt that became shorter by a fifth and more, as by compaction or
    `/clear`; and a little cache. After a pause longer than the cache lives it is `expired`, else `broken`.
    """
    cached = before.cache_tokens
    is_comparable = before.model == call.model and call.prompt_tokens >= cached * 4 // 5
    if cached < LEAST_CACHED_TOKENS or not is_comparable or call.cache_read_tokens >= cached // 2:
        return None
    pause_us = call.at_us - before.at_us
    return Oddity(
        kind="expired" if pause_us > LIVES_US[is_hourly] else "broken",
        tokens=cached - call.cache_read_tokens,
        pause_s=pause_us // 1_000_000,
    )


def _jump(call: Call, costs: Sequence[int]) -> Oddity | None:
    """Tell whether it cost a multiple of the usual; what a lost cache explains is not told twice."""
    if call.cost_pico is None or call.cost_pico < LEAST_JUMP_PICO or len(costs) < LEAST_USUAL:
        return None
    usual = costs[len(costs) // 2]
    if call.cost_pico < usual * JUMP:
        return None
    # next to nothing is usual of refusals and free calls: no figure would say anything then
    return Oddity(kind="jump", times_tenths=call.cost_pico * 10 // usual) if usual else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What was used within the last minutes."""

    minutes: int
    plain_tokens: int
    cache_tokens: int
    cost_pico: int
    """Of what has a price."""
    unpriced_tokens: int

    @property
    def pico_per_hour(self) -> int:
        """What an hour would cost at this rate."""
        return self.cost_pico * 60 // self.minutes

    @property
    def plain_per_minute(self) -> int:
        """Input and output tokens per minute."""
        return self.plain_tokens // self.minutes

    @property
    def cache_per_minute(self) -> int:
        """Tokens per minute written into the cache and read from it."""
        return self.cache_tokens // self.minutes


def rate(calls: Iterable[Call], minutes: int) -> Rate:
    """Add calls up that were made within so many minutes."""
    plain = cache = cost_pico = unpriced = 0
    for call in calls:
        plain += call.plain_tokens
        cache += call.cache_tokens
        cost_pico += call.cost_pico or 0
        unpriced += call.unpriced_tokens
    return Rate(
        minutes=minutes, plain_tokens=plain, cache_tokens=cache, cost_pico=cost_pico, unpriced_tokens=unpriced
    )
