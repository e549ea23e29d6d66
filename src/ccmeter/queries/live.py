"""What goes on now: rates of the last minutes, the running block, live sessions, the last calls.

Only the last hours are looked at, whatever the store holds: one question fetches their calls, and all that the screen of
now shows is added up from those same calls, so that its parts cannot disagree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.blocks import HOUR_US
from ccmeter.domain.limits import FIVE_HOUR, LENGTH_S
from ccmeter.domain.live import LIVES_US, Call, Marked, Rate, is_hourly, marked, rate
from ccmeter.queries.chosen import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccmeter.domain.filters import Filters
    from ccmeter.domain.limits import Limits
    from ccmeter.store.lease import Connection

MINUTE_US: Final = 60_000_000
LOOKED_AT_US: Final = 5 * HOUR_US
"""How far back calls are fetched: as far as a window reaches."""
RATE_MINUTES: Final = (5, 15, 60)
CHART_MINUTES: Final = 240
"""More minutes than this are not charted, however wide the screen is."""
LIVE_US: Final = 30 * MINUTE_US
"""A session is live if it was heard of within this time."""
AGENT_US: Final = 5 * MINUTE_US
"""A sub-agent is at work if it made a call within this time."""
STREAM: Final = 100
"""So many calls are told one by one."""
CONTEXT_TOKENS: Final = 200_000
"""The context of every model; longer prompts show that it is the long one,"""
LONG_CONTEXT_TOKENS: Final = 1_000_000

_LONG_PRICES: Final = "select distinct model, input_pico, over_prompt from rate where over_prompt > 0"
_READINGS: Final = """
select session_id, max(read_us), arg_max(model, read_us), arg_max(context_tokens, read_us),
    arg_max(context_size, read_us), arg_max(context_bp, read_us), arg_max(effort, read_us)
from session_reading
where read_us > $from_us and read_us <= $now_us
group by session_id
"""
_LAST_TOOLS: Final = """
select o.session_id, arg_max(t.name, (c.logged_us, t.offset_bytes, t.tool_id))
from (select unnest($keys::varchar[]) as call_key) k
join tool_call t using (call_key)
join call c using (call_key)
join origin o using (origin_id)
where t.name <> '' and t.offset_bytes is not null
group by o.session_id
"""
"""Between tools of one call, the one that the log tells last."""
HOOK: Final = """
select max(read_us) from (
    select read_us from session_reading
    union all
    select read_us from limit_reading where source = 'hook'
) where read_us <= $now_us
"""
"""When the hook last told anything: what says the same as before is not stored, so either may be the newer one."""
_HEARD: Final = f"""
select ({HOOK}),
    (select max(logged_us) from counted where logged_us <= $now_us),
    exists (select 1 from counted)
"""  # noqa: S608 - a piece of our own
_WHERE: Final = """
select session_id, arg_max(cwd, rowid), arg_max(git_branch, rowid)
from origin
where list_contains($sessions::varchar[], session_id) and agent_id = '' and cwd <> ''
group by session_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The running window of five hours and what was used in it. Instants in microseconds since 1970 UTC."""

    start_us: int
    end_us: int
    is_official: bool
    """Its end is the server's reset; otherwise it follows from local calls, which is an estimate."""
    used: Rate
    """`minutes` is how long it has lasted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """What was used minute by minute; the last one is the running minute."""

    models: tuple[str, ...]
    """By tokens of input and output, most first."""
    plain_tokens: tuple[tuple[int, ...], ...]
    """Of each model, of each minute, oldest first."""
    cache_tokens: tuple[tuple[int, ...], ...]
    cost_pico: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """How full the context of a session is."""

    used_bp: int
    tokens: int | None
    size: int | None
    is_estimate: bool
    """By the prompt of the last call; otherwise Claude Code said so."""
    read_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session that was heard of just now."""

    session_id: str
    project: str
    """What people call it; empty if not known."""
    branch: str
    model: str
    effort: str
    """How hard it was told to think, as the hook said last; empty if it did not."""
    tool: str
    """That it, or a sub-agent of it, asked for last; empty if none is known."""
    context: Context | None
    hits_bp: int | None
    """Of what its prompts of the last hour read, how much came from the cache."""
    cache_ends_us: int | None
    """When its own cache expires unless it is used; None if nothing is known to be in it."""
    is_hourly: bool
    """Its cache is kept for an hour, not for 5 minutes."""
    hour: Rate
    last_us: int
    """Its last call, or, if there was none in the last hours, the hook's last word of it."""
    has_calls: bool
    agents: int
    """Sub-agents at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """An answer."""

    rates: tuple[Rate, ...]
    """Over `RATE_MINUTES`."""
    block: Block | None
    minutes: Minutes
    sessions: tuple[LiveSession, ...]
    """The one used last first."""
    stream: tuple[Marked, ...]
    """The newest first."""
    names: Mapping[str, str]
    """What people call the project of each folder."""
    hook_us: int | None
    """When the hook last told anything."""
    last_us: int | None
    """The last call of all, whatever the filters."""
    has_calls: bool
    """There is any call in the store, even one without a time."""


def live(connection: Connection, filters: Filters, *, now_us: int, limits: Limits | None = None) -> Live:
    """Ask what goes on as of an instant. With limits, the block is the server's window where that is known."""
    calls = _calls(connection, filters, now_us)
    found = marked(calls)
    times = [call.at_us for call in calls]
    names = _names(connection, filters)
    ((hook_us, last_us, has_calls),) = connection.execute(_HEARD, {"now_us": now_us}).fetchall()
    window = _official(limits) or _estimated(connection, now_us, last_us)
    return Live(
        rates=tuple(
            rate(calls[bisect_right(times, now_us - minutes * MINUTE_US) :], minutes)
            for minutes in RATE_MINUTES
        ),
        block=_block(calls, times, now_us, window) if window else None,
        minutes=_minutes(calls, now_us),
        sessions=_sessions(connection, filters, calls, names, now_us),
        stream=found[: -STREAM - 1 : -1],
        names=names,
        hook_us=hook_us,
        last_us=last_us,
        has_calls=has_calls,
    )


def _calls(connection: Connection, filters: Filters, now_us: int) -> list[Call]:
    rows = ask(connection, "live", filters, {"from_us": now_us - LOOKED_AT_US, "now_us": now_us})
    long_from = {row[:2]: row[2] for row in connection.execute(_LONG_PRICES).fetchall()}
    made = []
    for *fields, priced_model, input_rate in rows:
        over = long_from.get((priced_model, input_rate))
        prompt_tokens = fields[8] + fields[10] + fields[11] + fields[12]
        made.append(Call._make((*fields, over is not None and prompt_tokens >= over)))
    return made


def _names(connection: Connection, filters: Filters) -> Mapping[str, str]:
    from ccmeter.queries.placing import placed  # as elsewhere: only who asks for names pays for them

    return {each.cwd: each.name for each in placed(connection, filters)}


# the block


def _official(limits: Limits | None) -> tuple[int, int, bool] | None:
    for state in limits.windows if limits else ():
        if state.window == FIVE_HOUR and state.resets_us is not None and not state.is_over:
            return state.resets_us - LENGTH_S[FIVE_HOUR] * 1_000_000, state.resets_us, True
    return None


def _estimated(connection: Connection, now_us: int, last_us: int | None) -> tuple[int, int, bool] | None:
    """Give the running block by the rule of reports, which looks at calls whatever the filters."""
    from ccmeter.domain.blocks import DEFAULT_HOURS
    from ccmeter.queries.blocks import find

    if last_us is None or now_us - last_us >= LOOKED_AT_US:
        return None
    for block in reversed(find(connection, DEFAULT_HOURS)):
        if block.first_us <= now_us:
            return (block.start_us, block.end_us, False) if now_us < block.end_us else None
    return None


def _block(calls: Sequence[Call], times: Sequence[int], now_us: int, window: tuple[int, int, bool]) -> Block:
    start_us, end_us, is_official = window
    since = bisect_right(times, start_us - 1)
    minutes = max((now_us - start_us) // MINUTE_US, 1)
    return Block(start_us=start_us, end_us=end_us, is_official=is_official, used=rate(calls[since:], minutes))


# minutes


def _minutes(calls: Sequence[Call], now_us: int) -> Minutes:
    first = now_us // MINUTE_US - CHART_MINUTES + 1
    plain: dict[str, list[int]] = {}
    cache: dict[str, list[int]] = {}
    cost: dict[str, list[int]] = {}
    for call in calls:
        place = call.at_us // MINUTE_US - first
        if place < 0:
            continue
        if call.model not in plain:
            plain[call.model], cache[call.model], cost[call.model] = ([0] * CHART_MINUTES for _ in range(3))
        plain[call.model][place] += call.plain_tokens
        cache[call.model][place] += call.cache_tokens
        cost[call.model][place] += call.cost_pico or 0
    models = tuple(sorted(plain, key=lambda model: (-sum(plain[model]), model)))
    return Minutes(
        models=models,
        plain_tokens=tuple(tuple(plain[model]) for model in models),
        cache_tokens=tuple(tuple(cache[model]) for model in models),
        cost_pico=tuple(tuple(cost[model]) for model in models),
    )


# sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the hook said of a session last."""

    read_us: int
    model: str
    context_tokens: int | None
    context_size: int | None
    context_bp: int | None
    effort: str


def _sessions(
    connection: Connection, filters: Filters, calls: Sequence[Call], names: Mapping[str, str], now_us: int
) -> tuple[LiveSession, ...]:
    by_session: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        by_session[call.session_id].append(call)
    rows = connection.execute(_READINGS, {"from_us": now_us - LOOKED_AT_US, "now_us": now_us}).fetchall()
    fields = ("read_us", "model", "context_tokens", "context_size", "context_bp", "effort")
    readings = {row[0]: _Reading(**dict(zip(fields, row[1:], strict=True))) for row in rows}
    heard = {key: own[-1].at_us for key, own in by_session.items() if key}
    heard |= {key: max(each.read_us, heard.get(key, 0)) for key, each in readings.items()}
    ids = [key for key, at_us in heard.items() if now_us - at_us <= LIVE_US]
    silent = [key for key in ids if key not in by_session]
    # nothing says whether a filter would let a session through that has no calls
    places = _places(connection, silent) if silent and filters.is_everything else {}
    tools = _tools(connection, [call.call_key for key in ids for call in by_session.get(key, ())])
    found = [
        _session(
            key,
            by_session.get(key, []),
            readings.get(key),
            places.get(key, ("", "")),
            names,
            tools.get(key, ""),
            now_us,
        )
        for key in ids
        if key in by_session or key in places
    ]
    return tuple(sorted(found, key=lambda each: (-each.last_us, each.session_id)))


def _places(connection: Connection, sessions: list[str]) -> dict[str, tuple[str, str]]:
    """Give folder and branch of sessions; a new one, which no log has yet, has neither."""
    rows = connection.execute(_WHERE, {"sessions": sessions}).fetchall()
    return {**dict.fromkeys(sessions, ("", "")), **{key: (cwd, branch) for key, cwd, branch in rows}}


def _tools(connection: Connection, keys: list[str]) -> dict[str, str]:
    """Give the tool that each session asked for last, among these calls."""
    return dict(connection.execute(_LAST_TOOLS, {"keys": keys}).fetchall()) if keys else {}


def _session(
    session_id: str,
    calls: Sequence[Call],
    reading: _Reading | None,
    place: tuple[str, str],
    names: Mapping[str, str],
    tool: str,
    now_us: int,
) -> LiveSession:
    own = [call for call in calls if not call.is_agent]
    last = own[-1] if own else calls[-1] if calls else None
    cwd, branch = (last.cwd, last.branch) if last else place
    writer = next((call for call in reversed(own) if call.written_tokens), None)
    hour = [call for call in calls if call.at_us > now_us - HOUR_US]
    told = reading.model if reading and (not last or reading.read_us >= last.at_us) else ""
    last_us = calls[-1].at_us if calls else reading.read_us if reading else 0
    return LiveSession(
        session_id=session_id,
        project=names.get(cwd, ""),
        branch=branch,
        model=last.model if last else told,
        effort=reading.effort if reading else "",
        tool=tool,
        context=_context(own[-1] if own else None, reading),
        hits_bp=_hits(hour),
        cache_ends_us=own[-1].at_us + LIVES_US[is_hourly(writer)] if own and writer else None,
        is_hourly=bool(writer and is_hourly(writer)),
        hour=rate(hour, 60),
        last_us=last_us,
        has_calls=bool(calls),
        agents=len({call.agent_id for call in calls if call.is_agent and call.at_us > now_us - AGENT_US}),
    )


def _context(last: Call | None, reading: _Reading | None) -> Context | None:
    """Give what Claude Code said; if a call came since, or it said nothing, an estimate by that call's prompt."""
    said_bp = reading.context_bp if reading else None
    if reading and said_bp is not None and (last is None or reading.read_us >= last.at_us):
        return Context(
            used_bp=said_bp,
            tokens=reading.context_tokens,
            size=reading.context_size,
            is_estimate=False,
            read_us=reading.read_us,
        )
    if last is None:
        return None
    tokens = last.prompt_tokens
    told = reading.context_size if reading else None
    size = told or (LONG_CONTEXT_TOKENS if tokens > CONTEXT_TOKENS else CONTEXT_TOKENS)
    used_bp = min(tokens * 10_000 // size, 10_000)
    return Context(used_bp=used_bp, tokens=tokens, size=size, is_estimate=True, read_us=last.at_us)


def _hits(calls: Sequence[Call]) -> int | None:
    prompts = sum(call.prompt_tokens for call in calls)
    return sum(call.cache_read_tokens for call in calls) * 10_000 // prompts if prompts else None
