"""The lists of the screen of now: live sessions and the last calls, their columns, and one of each told in full."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from ccmeter.reports.cells import counted
from ccmeter.reports.model_names import short
from ccmeter.tui import words
from ccmeter.tui.widgets.rows import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.live import Marked, Oddity, Rate
    from ccmeter.queries.live import LiveSession
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.widgets.facts import Line
    from ccmeter.tui.widgets.rows import Piece, Tone

COMPACTS_BP: Final = 8_000
"""From here on Claude Code may compact by itself (at 80 to 95 %, by version and setting): an estimate."""
_SECOND_US: Final = 1_000_000
_SOON_US: Final = 60 * _SECOND_US
_BAR: Final = 8
_FULL_BP: Final = 10_000


def cost(cost_pico: int | None, unpriced_tokens: int) -> str:
    """Give a cost: `unpriced` where nothing of it has a price, with `+?` behind where something has none."""
    if unpriced_tokens and not cost_pico:
        return words.money(None)
    return words.money(cost_pico) + ("+?" if unpriced_tokens else "")


def cost_of(rate: Rate) -> str:
    """Give what was used for."""
    return cost(rate.cost_pico, rate.unpriced_tokens)


# sessions


def session_columns(moment: Moment, *, is_wide: bool) -> list[Column[LiveSession]]:
    """Give the columns of live sessions, with clocks as of the moment."""
    now_us = moment.now_us
    return [
        Column(key="project", title="Project", text=project_of, width=10, grows=True, cut="start"),
        Column(
            key="branch",
            title="Branch",
            text=lambda each: each.branch,
            width=8,
            drop=8,
            cut="middle",
            grows=is_wide,
        ),
        Column(key="model", title="Model", text=lambda each: short(each.model), width=12, drop=6),
        Column(key="effort", title="Effort", text=lambda each: each.effort, width=6, drop=10),
        _context_column(is_wide=is_wide),
        Column(
            key="hits",
            title="Hits",
            text=lambda each: words.percent(each.hits_bp),
            width=4,
            drop=4,
            is_number=True,
        ),
        Column(
            key="cache",
            title="Cache",
            text=lambda each: cache_left(each, now_us),
            width=7,
            drop=3,
            is_number=True,
            tone=lambda each: _cache_tone(each, now_us),
        ),
        Column(key="hour", title="$ 1h", text=lambda each: cost_of(each.hour), width=8, is_number=True),
        Column(key="idle", title="Idle", text=lambda each: idle(each, now_us), width=4, is_number=True),
        Column(key="tool", title="Tool", text=_tool, width=6, drop=9, cut="middle", grows=is_wide),
        Column(key="agents", title="Agents", text=_agents, width=6, drop=7, is_number=True),
    ]


def _context_column(*, is_wide: bool) -> Column[LiveSession]:
    return Column(
        key="context",
        title="Context" if is_wide else "Ctx",
        text=_context,
        width=_BAR + 6 if is_wide else 5,
        is_number=not is_wide,
        tone=_context_tone,
        draw=_context_bar if is_wide else None,
    )


def _tool(session: LiveSession) -> str:
    """Give what it asked for last; a server's tool by its own name."""
    return session.tool.rpartition("__")[2]


def project_of(session: LiveSession) -> str:
    """Give what people call its project; of one that no log has yet, its id."""
    return session.project or session.session_id[:8] or "unknown"


def idle(session: LiveSession, now_us: int) -> str:
    """Give how long no call was made."""
    return words.ago((now_us - session.last_us) // _SECOND_US) if session.has_calls else words.NOTHING


def cache_left(session: LiveSession, now_us: int) -> str:
    """Give how long its cache lives yet: `4m 10s`, or `cold`."""
    if session.cache_ends_us is None:
        return words.NOTHING
    left_us = session.cache_ends_us - now_us
    return words.lasting(left_us // _SECOND_US) if left_us > 0 else "cold"


def _cache_tone(session: LiveSession, now_us: int) -> Tone:
    left_us = None if session.cache_ends_us is None else session.cache_ends_us - now_us
    if left_us is None or left_us <= 0:
        return "muted"
    return "warn" if left_us < _SOON_US else ""


def _context(session: LiveSession) -> str:
    context = session.context
    if context is None:
        return words.NOTHING
    return ("~" if context.is_estimate else "") + words.percent(context.used_bp)


def _context_tone(session: LiveSession) -> Tone:
    return "warn" if session.context and session.context.used_bp >= COMPACTS_BP else ""


def _context_bar(session: LiveSession, width: int) -> list[Piece]:
    said = f"{_context(session):>5}"
    cells = max(width - len(said) - 1, 1)
    if session.context is None:
        return [(" " * (cells + 1), ""), (said, "")]
    used = (session.context.used_bp * cells + _FULL_BP // 2) // _FULL_BP
    line = cells * COMPACTS_BP // _FULL_BP
    bar = "".join("│" if place == line else "█" if place < used else "·" for place in range(cells))
    tone: Tone = _context_tone(session) or "bar"
    return [(bar, tone), (" ", ""), (said, _context_tone(session))]


def _agents(session: LiveSession) -> str:
    return str(session.agents) if session.agents else ""


def session_told(session: LiveSession, moment: Moment) -> tuple[str, list[Line]]:
    """Give a title and the lines of a session told in full."""
    now_us = moment.now_us
    hour = session.hour
    lines: list[Line] = [
        ("Session", session.session_id),
        ("Project", session.project or "not in a log yet"),
        ("Branch", session.branch or words.NOTHING),
        ("Model", session.model or words.NOTHING),
        ("Effort", session.effort or "unknown: the status line hook tells it"),
        ("Last tool", session.tool or words.NOTHING),
        (
            "Last call",
            f"{words.at(session.last_us, moment)}, {idle(session, now_us)} ago"
            if session.has_calls
            else words.NOTHING,
        ),
        *_context_told(session, now_us),
        ("Cache", _cache_told(session, moment)),
        ("Last hour", f"{cost_of(hour)}  {hour.plain_tokens:,} in and out, {hour.cache_tokens:,} cache"),
        ("Cache hits", f"{words.share(session.hits_bp)} of what its prompts of the last hour read"),
        ("Sub-agents", f"{session.agents} made a call within 5 minutes"),
    ]
    return project_of(session), lines


def _context_told(session: LiveSession, now_us: int) -> list[Line]:
    context = session.context
    if context is None:
        return [("Context", "unknown")]
    age = words.ago((now_us - context.read_us) // _SECOND_US)
    by = (
        f"estimate by the last prompt, {age} ago" if context.is_estimate else f"as Claude Code said {age} ago"
    )
    lines: list[Line] = [("Context", f"{words.share(context.used_bp)}, {by}")]
    if context.tokens is not None and context.size is not None:
        lines.append(("", f"{context.tokens:,} of {context.size:,} tokens"))
    lines.append(("", "Claude Code compacts by itself at 80 to 95%, by version (estimate)"))
    return lines


def _cache_told(session: LiveSession, moment: Moment) -> str:
    if session.cache_ends_us is None:
        return "nothing known in it"
    kept = "an hour" if session.is_hourly else "5 minutes"
    left_us = session.cache_ends_us - moment.now_us
    if left_us <= 0:
        return f"kept for {kept}: expired {words.at(session.cache_ends_us, moment)}, the next call writes it anew"
    return f"kept for {kept} after a call: expires in {words.lasting(left_us // _SECOND_US)}"


# calls


def call_columns(moment: Moment, names: Mapping[str, str], *, odd: int) -> list[Column[Marked]]:
    """Give the columns of the last calls, with so many cells for what is odd about them."""
    return [
        Column(
            key="at", title="Time", text=lambda each: _clock(each, moment), width=8, tone=lambda _: "muted"
        ),
        Column(
            key="project",
            title="Project",
            text=lambda each: _place(each, names),
            width=10,
            grows=True,
            cut="start",
        ),
        Column(key="model", title="Model", text=lambda each: short(each.call.model), width=12, drop=5),
        Column(
            key="plain",
            title="In+out",
            text=lambda each: words.tokens(each.call.plain_tokens),
            width=6,
            is_number=True,
        ),
        Column(
            key="cache",
            title="Cache",
            text=lambda each: words.tokens(each.call.cache_tokens),
            width=6,
            drop=6,
            is_number=True,
        ),
        Column(
            key="cost",
            title="Cost",
            text=lambda each: cost(each.call.cost_pico, each.call.unpriced_tokens),
            width=8,
            is_number=True,
        ),
        Column(key="why", title="Odd", text=why, width=odd, tone=lambda _: "warn"),
    ]


def _clock(marked: Marked, moment: Moment) -> str:
    return f"{dt.datetime.fromtimestamp(marked.call.at_us / _SECOND_US, moment.now.tzinfo):%H:%M:%S}"


def _place(marked: Marked, names: Mapping[str, str]) -> str:
    name = names.get(marked.call.cwd, "") or "unknown"
    return f"{name} +agent" if marked.call.is_agent else name


def why(marked: Marked) -> str:
    """Say in few words what is odd about a call; the weightiest first."""
    return ", ".join(
        f"! {_reason(each)}" if not place else _reason(each) for place, each in enumerate(marked.oddities)
    )


def _reason(odd: Oddity) -> str:
    if odd.kind == "broken":
        return f"cache broken, {words.tokens(odd.tokens)}"
    if odd.kind == "expired":
        return f"cache expired, {words.tokens(odd.tokens)}"
    if odd.kind == "jump":
        return f"{odd.times_tenths // 10}x the usual"
    return "long-context price" if odd.kind == "long" else "no price"


def call_told(marked: Marked, names: Mapping[str, str], moment: Moment) -> tuple[str, list[Line]]:
    """Give a title and the lines of a call told in full, with what is odd about it in a sentence."""
    call = marked.call
    agent = call.agent_id or "without a name"
    lines: list[Line] = [
        ("Project", names.get(call.cwd, "") or call.cwd or "unknown"),
        ("Branch", call.branch or words.NOTHING),
        ("Session", call.session_id or words.NOTHING),
        *([("Sub-agent", agent)] if call.is_agent else []),
        ("Model", call.model),
        ("Cost", cost(call.cost_pico, call.unpriced_tokens)),
        ("Input", f"{call.input_tokens:,}"),
        ("Output", f"{call.output_tokens:,}"),
        ("Cache write 5m", f"{call.cache_creation_5m_tokens:,}"),
        ("Cache write 1h", f"{call.cache_creation_1h_tokens:,}"),
        ("Cache read", f"{call.cache_read_tokens:,}"),
        *(("Odd", _sentence(odd)) for odd in marked.oddities),
    ]
    return f"Call at {_clock(marked, moment)}", lines


def _sentence(odd: Oddity) -> str:
    if odd.kind == "broken":
        return f"{odd.tokens:,} tokens were in the cache and were not read from it: the prompt's beginning had changed"
    if odd.kind == "expired":
        return f"{odd.tokens:,} tokens had left the cache, after a pause of {words.lasting(odd.pause_s)}"
    if odd.kind == "jump":
        return f"{odd.times_tenths // 10}.{odd.times_tenths % 10} times what a call of this thread costs (median)"
    if odd.kind == "long":
        return "the prompt became so long that the dearer long-context price applies"
    return f"no price is known: {counted(odd.tokens, 'token')} without cost"
