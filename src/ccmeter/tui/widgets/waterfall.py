"""The waterfall of a session: its prompts and their sub-agents as a tree, each with a bar where it stood in time.

A session is mostly pauses, so pauses of five minutes and more are squeezed to a notch: what was at work stays in
proportion. A `!` stands where the prompt cache was lost. Nothing is added up here but what the question added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from ccmeter.domain.activity import IDLE_S
from ccmeter.reports.model_names import short
from ccmeter.reports.show import hit_share
from ccmeter.tui import words
from ccmeter.tui.widgets.rows import Column, Rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ccmeter.queries.summary import Measures
    from ccmeter.queries.turns import Turn
    from ccmeter.queries.waterfall import Break, Place, ToolShare, Waterfall
    from ccmeter.tui.widgets.rows import Piece, Tone

ALL: Final = "all"
"""The key of the row of the whole session."""
WHOLE, OWN, AGENTS, NOTCH, LOST = "━", "█", "▒", "┊", "!"
"""What bars are drawn with."""
_DRAWN: Final[Sequence[Piece]] = ((WHOLE, "muted"), (OWN, "bar"), (AGENTS, "second"))
"""By depth in the tree."""
_SECOND_US: Final = 1_000_000
_NOTCH_SHARE: Final = 40
"""A pause takes as much room as this part of all work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One row: the session, a prompt, or a sub-agent of a prompt."""

    key: str
    depth: int
    label: str
    turn: Turn | None
    """None for the session."""
    start_us: int | None
    end_us: int | None
    """Never before its start; None where there is no time to go by."""
    measures: Measures
    breaks: tuple[Break, ...]
    """Its own; of the session all."""
    agents: int = 0
    """How many sub-agents stand below it, shown or folded away."""
    tools: tuple[ToolShare, ...] = ()
    """Which tools it asked for itself, most first; of the session all."""


def nodes(waterfall: Waterfall, folded: Collection[str] = ()) -> tuple[Node, ...]:
    """Give the rows in the order of time, sub-agents below their prompt unless that is folded."""
    turns = waterfall.turns.turns
    if not turns:
        return ()
    made: list[Node] = []
    has_prompts = any(turn.number for turn in turns)
    for number, of_turn in groupby(turns, key=lambda turn: turn.number):
        own, *agents = of_turn
        tools = waterfall.tools.by_row
        key = f"turn {number}"
        label = "no prompts" if number == 0 and not has_prompts else _prompt(number)
        made.append(_node(own, key, label, waterfall.breaks, tools, len(agents)))
        if key not in folded:
            made += [
                _node(
                    each,
                    f"{key} agent {each.agent_id}",
                    each.agent_id or "sub-agent",
                    waterfall.breaks,
                    tools,
                )
                for each in agents
            ]
    starts = [start for turn in turns if (start := _us(turn.started_at)) is not None]
    ends = [end for turn in turns if (end := _end(turn)) is not None]
    whole = Node(
        key=ALL,
        depth=0,
        label="session",
        turn=None,
        start_us=min(starts, default=None),
        end_us=max(ends, default=None),
        measures=waterfall.turns.total,
        breaks=waterfall.breaks,
        agents=sum(turn.is_agent for turn in turns),
        tools=waterfall.tools.total,
    )
    return (whole, *made)


def _prompt(number: int | None) -> str:
    return "undated" if number is None else f"prompt {number}" if number else "before prompts"


def _node(
    turn: Turn,
    key: str,
    label: str,
    breaks: Iterable[Break],
    tools: Mapping[Place, tuple[ToolShare, ...]],
    agents: int = 0,
) -> Node:
    own = (turn.number, turn.is_agent, turn.agent_id)
    is_own = [
        each for each in breaks if (each.turn, each.is_agent, each.agent_id if each.is_agent else "") == own
    ]
    return Node(
        key=key,
        depth=2 if turn.is_agent else 1,
        label=label,
        turn=turn,
        start_us=_us(turn.started_at),
        end_us=_end(turn),
        measures=turn.measures,
        breaks=tuple(is_own),
        agents=agents,
        tools=tools.get((turn.number, turn.is_agent, turn.agent_id), ()),
    )


def _us(at: dt.datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * _SECOND_US)


def _end(turn: Turn) -> int | None:
    start = _us(turn.started_at)
    if start is None:
        return None
    return max(start + (turn.duration_s or 0) * _SECOND_US, _us(turn.last_at) or start)


class Axis:
    """Where instants stand in so many cells, with long pauses squeezed."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        """Take when something was at work, in microseconds, each with an end not before its start."""
        self._works: list[list[int]] = []
        for start, end in sorted(spans):
            if self._works and start - self._works[-1][1] < IDLE_S * _SECOND_US:
                self._works[-1][1] = max(self._works[-1][1], end)
            else:
                self._works.append([start, end])
        total = sum(end - start for start, end in self._works)
        self._notch = max(total // _NOTCH_SHARE, 1)
        self._whole = max(total + self._notch * (len(self._works) - 1), 1)

    @property
    def pauses(self) -> int:
        """How many pauses were squeezed."""
        return max(len(self._works) - 1, 0)

    def cell(self, at_us: int, width: int) -> int:
        """Give the cell of an instant, from 0; what is outside stands at the nearest end."""
        passed = 0
        for start, end in self._works:
            if at_us < start:
                break
            passed += min(at_us, end) - start
            if at_us <= end:
                break
            passed += self._notch
        return min(passed * width // self._whole, width - 1)

    def notches(self, width: int) -> frozenset[int]:
        """Give the cells in which a pause was squeezed."""
        passed, found = 0, set()
        for start, end in self._works[:-1]:
            passed += end - start
            found.add(min((2 * passed + self._notch) * width // (2 * self._whole), width - 1))
            passed += self._notch
        return frozenset(found)


def bar(node: Node, axis: Axis, width: int) -> list[Piece]:
    """Draw a row's bar: exactly so wide, at least one cell of it where there is a time."""
    cells: list[Piece] = [(" ", "")] * width
    for place in axis.notches(width):
        cells[place] = (NOTCH, "muted")
    if node.start_us is not None and node.end_us is not None:
        drawn = _DRAWN[node.depth]
        for place in range(axis.cell(node.start_us, width), axis.cell(node.end_us, width) + 1):
            cells[place] = drawn
    if node.depth:
        for each in node.breaks:
            cells[axis.cell(_us(each.at) or 0, width)] = (LOST, "warn")
    return [
        ("".join(text for text, _ in run), tone) for tone, run in groupby(cells, key=lambda cell: cell[1])
    ]


def _started(node: Node, first: dt.datetime | None) -> str:
    at = node.turn.started_at if node.turn else first
    if at is None or first is None:
        return words.NOTHING
    days = (at.date() - first.date()).days
    return f"+{days}d {at:%H:%M}" if days else f"{at:%H:%M}"


def _lasted(node: Node, axis_first: int | None) -> str:
    if node.turn is None:
        if node.end_us is None or axis_first is None:
            return words.NOTHING
        return words.lasting((node.end_us - axis_first) // _SECOND_US)
    if node.turn.duration_s is None:
        return words.NOTHING
    return ("" if node.turn.is_measured else "~") + words.lasting(node.turn.duration_s)


def _label(node: Node, folded: Collection[str]) -> str:
    if node.depth == 0:
        return node.label
    if node.depth > 1:
        return f"  └ {node.label}"
    sign = " " if not node.agents else "▸" if node.key in folded else "▾"
    return f"{sign} {node.label}"


def cost(measures: Measures) -> str:
    """Give a cost: `unpriced` where nothing of it has a price, with `+?` behind where something has none."""
    if measures.unpriced_tokens and not measures.cost_pico:
        return words.money(None)
    return words.money(measures.cost_pico) + ("+?" if measures.unpriced_tokens else "")


def cost_tone(measures: Measures) -> Tone:
    """Mark what has no price."""
    return "warn" if measures.unpriced_tokens else ""


class WaterfallRows(Rows[Node]):
    """The table of a waterfall."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__((), lambda node: node.key, id=id)
        self._folded: set[str] = set()
        self._told: Waterfall | None = None

    def tell(self, waterfall: Waterfall) -> None:
        """Show a session; of another one all sub-agents are shown, and the cursor stands on its first row."""
        is_other = self._told is None or self._told.session_id != waterfall.session_id
        self._told = waterfall
        if is_other:
            self._folded.clear()
            self.put(())
        self._lay_out()
        if is_other:
            self.scroll_home(animate=False, immediate=True)

    def fold(self) -> bool:
        """Hide the sub-agents of the prompt under the cursor, or show them again; tell whether it has any."""
        node = self.current
        key = "" if node is None else node.key.partition(" agent ")[0]
        if node is None or not (node.agents or node.depth > 1) or key == ALL:
            return False
        self._folded ^= {key}
        self._lay_out()
        self.go(key)
        return True

    def _lay_out(self) -> None:
        if self._told is None:
            return
        rows = nodes(self._told, self._folded)
        every = nodes(self._told)[1:]
        spans = [
            (each.start_us, each.end_us)
            for each in every
            if each.start_us is not None and each.end_us is not None
        ]
        self.put(rows, self._made(Axis(spans), rows))

    def _made(self, axis: Axis, rows: Sequence[Node]) -> list[Column[Node]]:
        folded = self._folded
        dated = [node.turn.started_at for node in rows if node.turn and node.turn.started_at]
        first = min(dated, default=None)
        first_us = rows[0].start_us if rows else None
        last_at = max((node.turn.last_at for node in rows if node.turn and node.turn.last_at), default=first)

        def head(width: int) -> str:
            begin, end = (f"{at:%H:%M}" if at else "" for at in (first, last_at))
            return begin + end.rjust(width - len(begin)) if width > len(begin + end) else ""

        return [
            Column(key="label", title="Prompt", text=lambda node: _label(node, folded), width=16),
            Column(key="start", title="Start", text=lambda node: _started(node, first), width=9, drop=4),
            Column(
                key="lasted",
                title="Took",
                text=lambda node: _lasted(node, first_us),
                width=8,
                is_number=True,
                drop=5,
            ),
            Column(
                key="bar",
                title="",
                text=lambda _: "",
                width=10,
                grows=True,
                draw=lambda node, width: bar(node, axis, width),
                head=head,
            ),
            *_figures(),
        ]


def _figures() -> list[Column[Node]]:
    """Give the columns of what a row used, which are the same for any rows."""
    return [
        Column(key="models", title="Model", text=_models, width=12, drop=7),
        Column(key="tools", title="Tools", text=_tools, width=15, drop=6),
        Column(
            key="tokens",
            title="Tokens",
            text=lambda node: words.tokens(node.measures.counts.total_tokens),
            width=6,
            is_number=True,
            drop=2,
        ),
        Column(
            key="cost",
            title="Cost",
            text=lambda node: cost(node.measures),
            width=9,
            is_number=True,
            tone=lambda node: cost_tone(node.measures),
        ),
        Column(
            key="hits",
            title="Hits",
            text=lambda node: words.percent(hit_share(node.measures)),
            width=4,
            is_number=True,
            drop=1,
        ),
        Column(
            key="breaks",
            title="Lost",
            text=lambda node: f"{LOST}{len(node.breaks)}" if node.breaks else "",
            width=4,
            is_number=True,
            drop=3,
            tone=lambda _: "warn",
        ),
    ]


def tool_name(share: ToolShare) -> str:
    """Give what a tool is called where there is little room: one of a server by its own name."""
    return share.name.rpartition("__")[2] or "unnamed"


def _tools(node: Node) -> str:
    """Give how many tools were asked for, and the one asked for most with its share."""
    if not node.tools:
        return ""
    first = node.tools[0]
    said = f"{sum(each.calls for each in node.tools):,} {tool_name(first)}"
    return said if len(node.tools) == 1 else f"{said} {words.percent(first.share_bp)}"


def _models(node: Node) -> str:
    if node.turn is None:
        return ""
    first, *others = [short(share.model) for share in node.turn.models] or [""]
    return f"{first} +{len(others)}" if others else first
