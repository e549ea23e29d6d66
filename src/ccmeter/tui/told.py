"""A prompt, a sub-agent or two sessions told in full, as lines for a box: every class of tokens, models, what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.reports.cells import counted, for_people
from ccmeter.reports.model_names import names_of
from ccmeter.reports.show import hit_share
from ccmeter.reports.table import Kind
from ccmeter.tui import words
from ccmeter.tui.listed import clock
from ccmeter.tui.widgets.waterfall import cost

if TYPE_CHECKING:
    from ccmeter.queries.sessions import Session
    from ccmeter.queries.summary import Measures
    from ccmeter.queries.waterfall import Break, ToolShare
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.widgets.facts import Line
    from ccmeter.tui.widgets.waterfall import Node

_SHOWN_BREAKS: Final = 12
_SHOWN_TOOLS: Final = 8
_REASONS: Final = {
    "idle": "after a pause longer than the cache lives",
    "changed": "its beginning had changed",
    "model": "another model, whose cache is its own",
    "shorter": "the prompt was cut short, as by compaction",
}


def unknown_id(session: Session) -> str:
    """Give what a session is called where there is little room."""
    return session.session_id[:8] or "no session"


def of_node(node: Node) -> tuple[str, list[Line]]:
    """Give a title and the lines of a row of a waterfall."""
    title = {0: "Whole session", 1: node.label.capitalize()}.get(node.depth, f"Sub-agent {node.label}")
    lines: list[Line] = []
    if node.turn is not None:
        turn = node.turn
        if turn.started_at is not None:
            lines.append(("Started", f"{turn.started_at:%Y-%m-%d %H:%M:%S}"))
        if turn.duration_s is not None:
            source = "as the log says" if turn.is_measured else "to its last call"
            lines.append(("Took", f"{words.lasting(turn.duration_s)}, {source}"))
        names = names_of(share.model for share in turn.models)
        lines += [("Model", f"{names[share.model]}  {cost(share.measures)}") for share in turn.models]
    lines += measures_told(node.measures)
    lines += [
        ("Tools" if not place else "", _tool(each)) for place, each in enumerate(node.tools[:_SHOWN_TOOLS])
    ]
    if len(node.tools) > _SHOWN_TOOLS:
        lines.append(("", f"and {len(node.tools) - _SHOWN_TOOLS} more"))
    if node.agents:
        lines.append(("Sub-agents", f"{node.agents}, each in a row of its own"))
    lines += [("Cache lost", _lost(each)) for each in node.breaks[:_SHOWN_BREAKS]]
    if len(node.breaks) > _SHOWN_BREAKS:
        lines.append(("", f"and {len(node.breaks) - _SHOWN_BREAKS} more"))
    return title, lines


def _tool(each: ToolShare) -> str:
    return f"{each.name or 'unnamed'}  {counted(each.calls, 'call')}, {words.share(each.share_bp)}"


def _lost(each: Break) -> str:
    pause = f" ({words.lasting(each.pause_s)})" if each.reason == "idle" else ""
    return f"{each.at:%H:%M:%S}  {words.tokens(each.lost_tokens)} tokens: {_REASONS[each.reason]}{pause}"


def measures_told(measures: Measures) -> list[Line]:
    """Give usage in full."""
    counts = measures.counts
    told: list[Line] = [
        ("Cost", cost(measures)),
        ("Calls", f"{measures.calls:,}"),
        ("Tokens", f"{counts.total_tokens:,}"),
        ("  input", f"{counts.input_tokens:,}"),
        ("  output", f"{counts.output_tokens:,}"),
        ("  cache write 5m", f"{counts.cache_creation_5m_tokens:,}"),
        ("  cache write 1h", f"{counts.cache_creation_1h_tokens:,}"),
        ("  cache read", f"{counts.cache_read_tokens:,}"),
        ("Cache hits", words.share(hit_share(measures))),
    ]
    if measures.unpriced_tokens:
        told.append(("Without price", f"{measures.unpriced_tokens:,} tokens"))
    if measures.nonfinal_calls:
        told.append(
            (
                "Not final",
                counted(measures.nonfinal_calls, "call") + ": output is too low by an unknown amount",
            )
        )
    return told


def side_by_side(first: Session, second: Session, moment: Moment) -> list[Line]:
    """Give two sessions as lines of two columns, and a third with the difference of what can be subtracted."""
    pair = (first, second)
    lines: list[Line] = [
        ("", "A", "B", "B - A"),
        ("Session", *map(unknown_id, pair), ""),
        ("Title", *(each.title or words.NOTHING for each in pair), ""),
        ("Project", *(each.place or each.project or "unknown" for each in pair), ""),
        ("Branch", *(each.branch or words.NOTHING for each in pair), ""),
        ("First used", *(clock(each.first_at, moment) for each in pair), ""),
        ("Last used", *(clock(each.last_at, moment) for each in pair), ""),
    ]
    seconds = [each.active.seconds if each.active else None for each in pair]
    lines.append(_compared("Active", Kind.DURATION, seconds))
    one, other = (each.measures for each in pair)
    is_known = not (one.unpriced_tokens or other.unpriced_tokens)
    more = _difference(Kind.MONEY, one.cost_pico, other.cost_pico) if is_known else ""
    lines.append(("Cost", cost(one), cost(other), more))
    for name, values in (
        ("Calls", (one.calls, other.calls)),
        ("Sub-agents", (first.agents.count, second.agents.count)),
        ("Tokens", (one.counts.total_tokens, other.counts.total_tokens)),
        ("  input", (one.counts.input_tokens, other.counts.input_tokens)),
        ("  output", (one.counts.output_tokens, other.counts.output_tokens)),
        ("  cache write", (_written(one), _written(other))),
        ("  cache read", (one.counts.cache_read_tokens, other.counts.cache_read_tokens)),
    ):
        lines.append(_compared(name, Kind.COUNT, list(values)))
    lines.append(_compared("Cache hits", Kind.SHARE, [hit_share(one), hit_share(other)]))
    return lines


def _written(measures: Measures) -> int:
    return measures.counts.cache_creation_5m_tokens + measures.counts.cache_creation_1h_tokens


def _compared(name: str, kind: Kind, values: list[int | None]) -> Line:
    one, other = values
    shown = (words.NOTHING if value is None else for_people(kind, value) for value in values)
    return (name, *shown, "" if one is None or other is None else _difference(kind, one, other))


def _difference(kind: Kind, one: int, other: int) -> str:
    by = other - one
    return for_people(kind, 0) if not by else ("+" if by > 0 else "-") + for_people(kind, abs(by))
