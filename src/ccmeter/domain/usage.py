"""What an agent's log says, as values: one `UsageLine` per line that carries usage, and the facts kept beside it.

The shapes hold counts, times, ids and names, and never text that a person or a model wrote in a conversation.
Tuples, because a year of logs makes hundreds of thousands of them and they turn into columns with one `zip`.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

UNKNOWN_COST = -1
"""`recorded_pico` of a line that states no cost of its own."""


class Origin(NamedTuple):
    """Who made a call, where and how: what many neighbouring lines have in common.

    Unknown text is the empty string, so that origins compare and sort without special cases.
    """

    session_id: str
    """The session the call belongs to: `forkedFrom` where a copied line names it, else the record's own."""
    agent_id: str
    """Empty for the main conversation."""
    cwd: str
    git_branch: str
    version: str
    """Of the agent program, as logged."""
    is_sidechain: bool
    is_nested: bool
    """The usage stood inside an `agent_progress` record, not in a record of its own."""
    is_forked: bool
    """The record is a copy that names the session it was forked from."""
    model: str
    """As logged."""
    speed: str
    service_tier: str
    inference_geo: str


class UsageLine(NamedTuple):
    """One line that carries usage. Many lines can describe one call; they share `call_key`."""

    call_key: str
    """`message.id`, or a fallback that cannot clash with one."""
    offset: int
    """Of the line's first byte in its file."""
    origin: Origin
    logged_us: int
    """Microseconds since 1970 UTC, or `UNDATED`."""
    uuid: str
    input_tokens: int
    output_tokens: int
    cache_creation_tokens: int
    """The logged total; the split below may cover less or more of it."""
    cache_creation_5m_tokens: int
    cache_creation_1h_tokens: int
    cache_read_tokens: int
    thinking_tokens: int
    """Part of `output_tokens`, where logged."""
    web_searches: int
    web_fetches: int
    stop_reason: str
    is_final: bool
    """This line shows that the output count is complete."""
    recorded_pico: int
    """The line's own `costUSD`, or `UNKNOWN_COST`."""


class BilledPart(NamedTuple):
    """An iteration of a call that is billed on top of it: advisor, compaction, or an attempt declined mid-output."""

    call_key: str
    ordinal: int
    """Position in the call's list of iterations."""
    offset: int
    kind: str
    """`advisor`, `compaction` or `declined`."""
    model: str
    """As logged; the call's own model for a compaction."""
    input_tokens: int
    output_tokens: int
    cache_creation_tokens: int
    cache_creation_5m_tokens: int
    cache_creation_1h_tokens: int
    cache_read_tokens: int


class ToolCall(NamedTuple):
    """A tool that a call asked for. Of what the tool was told only the file is kept, and that only of tools that read."""

    call_key: str
    tool_id: str
    """The end of the logged one, which tells the tools of one call apart; copies of a line bear the same."""
    offset: int
    name: str
    """Empty for what is no name of a tool."""
    file: str
    """Of a tool that reads one: its path below the session's folder, else its name alone; empty for every other tool."""
    path_digest: int
    """Of the whole path of the file that was read or changed; 0 where there is none."""
    part_digest: int
    """Of the part of the file that was asked for; 0 for all of it."""


class Title(NamedTuple):
    """A session's title. A `summary` names its session only by the uuid of one of its records."""

    kind: str
    """`summary`, `ai-title` or `custom-title`."""
    session_id: str
    """Empty for a `summary`."""
    leaf_uuid: str
    offset: int
    title: str


class Turn(NamedTuple):
    """How long one turn took, as the agent measured it."""

    session_id: str
    uuid: str
    offset: int
    logged_us: int
    duration_ms: int
    message_count: int
    """-1 where not logged."""


class Prompt(NamedTuple):
    """That a person said something, and when; never what."""

    session_id: str
    """As of `Origin`: `forkedFrom` where a copied record names it, else the record's own."""
    uuid: str
    offset: int
    logged_us: int


class Notice(NamedTuple):
    """A limit that was reached or a request that failed."""

    kind: str
    """`limit` or `api_error`."""
    session_id: str
    uuid: str
    offset: int
    logged_us: int
    reason: str
    """A limit's name (`session`, `weekly`, `opus`, …) or the error's class (`rate_limit`, `529`, …)."""
    resets: str
    """When the limit resets, as the notice words it; empty when not said."""


class PullRequest(NamedTuple):
    """A pull request that a session worked on."""

    session_id: str
    offset: int
    logged_us: int
    number: int
    url: str
    repository: str


class CostState(NamedTuple):
    """The agent's own running totals for one session and model; the last one written counts."""

    session_id: str
    started_us: int
    offset: int
    model: str
    input_tokens: int
    output_tokens: int
    thinking_tokens: int
    cache_creation_tokens: int
    cache_read_tokens: int
    web_searches: int
    cost_pico: int
    session_cost_pico: int
    """`totalCostUSD`: over all models of the session."""
    api_duration_ms: int
    duration_ms: int


@dataclass(slots=True)
class Findings:
    """Everything found in a run of bytes. Lists grow while a parser reads; nobody changes them after."""

    lines: list[UsageLine] = field(default_factory=list)
    parts: list[BilledPart] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)
    titles: list[Title] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    pull_requests: list[PullRequest] = field(default_factory=list)
    cost_states: list[CostState] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    """Lines by record type."""
    rejected: Counter[str] = field(default_factory=Counter)
    """What could not be used, by reason."""
