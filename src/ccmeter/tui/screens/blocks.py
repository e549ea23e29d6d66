"""Blocks: five-hour windows of the last days, and the running one over the fan of past ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from ccmeter.domain.blocks import instant
from ccmeter.domain.limits import FIVE_HOUR
from ccmeter.domain.outlook import aged
from ccmeter.domain.profile import LEAST, STEP_US
from ccmeter.queries.profile import PastBlocks, past_blocks
from ccmeter.reports.cells import counted
from ccmeter.reports.model_names import short
from ccmeter.tui import words
from ccmeter.tui.outlook import fitted
from ccmeter.tui.page import Page
from ccmeter.tui.widgets import fan, timeline
from ccmeter.tui.widgets.canvas import Canvas
from ccmeter.tui.widgets.empty import NO_LIMITS_NEXT, Empty
from ccmeter.tui.widgets.rows import Column, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ccmeter.domain.limits import Band, WindowState
    from ccmeter.queries.profile import BlockUse
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.outlook import Piece
    from ccmeter.tui.widgets.rows import Tone

_SECOND_US: Final = 1_000_000
NO_USAGE: Final = "No usage that is chosen here in the last 8 weeks."
_INSTALL: Final = "No official reading: run `ccmeter statusline install`."
_FAN_LEGEND: Final = "░ eight of ten past windows  ╌ their middle  │ now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: a window, or the time without any before it."""

    block: BlockUse | None
    start_us: int
    end_us: int

    @property
    def key(self) -> str:
        """What the row is known by."""
        return f"{self.start_us}" if self.block is not None else f"gap {self.end_us}"


def listed(blocks: Sequence[BlockUse]) -> tuple[Line, ...]:
    """Give the rows, the newest first, with a row for each time between two windows that is as long as a window or longer."""
    lines: list[Line] = []
    before: BlockUse | None = None
    for block in blocks:
        start, end = block.stretch.start_us, block.stretch.end_us
        if before is not None and start - before.stretch.end_us >= end - start:
            lines.append(Line(block=None, start_us=before.stretch.end_us, end_us=start))
        lines.append(Line(block=block, start_us=start, end_us=end))
        before = block
    return tuple(reversed(lines))


class BlocksPage(Page[PastBlocks]):
    """The screen."""

    TITLE_TEXT: ClassVar[str] = "Blocks"
    HELP_TEXT: ClassVar[str] = (
        "The five-hour windows of the last days, a line for each day. Solid ones are official: their reset was read. Hatched "
        "ones are ccmeter's estimate from the times of usage. Below, the cost of the running window, or of the one under "
        "the cursor, over the fan of past windows: the shaded band holds eight of ten of them, the dashes are their "
        "middle. × marks where the limit was met. Peak is the dearest quarter of an hour as a rate per hour."
    )
    DEFAULT_CSS: ClassVar[str] = """
    BlocksPage {
        #said { height: 2; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        .head { height: 1; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
        #days { height: 9; margin: 0 1; }
        #below { height: 1fr; layout: vertical; }
        #curve { height: 14; }
        #fan { height: 1fr; margin: 0 1; }
        #list { height: 1fr; overflow-x: hidden; }
        #none { display: none; }
        &.-wide #below, &.-huge #below { layout: horizontal; }
        &.-wide #curve, &.-huge #curve { width: 2fr; height: 1fr; }
        &.-wide #list, &.-huge #list { width: 3fr; }
        &.-tall.-huge #days { height: 15; }
        &.-middling #days { height: 6; }
        &.-middling #curve { height: 7; }
        &.-short .head { display: none; }
        &.-short #days { height: 3; }
        &.-short #curve { height: 4; }
        &.-wide.-middling #curve, &.-wide.-short #curve { height: 1fr; }
        &.-empty #none { display: block; }
        &.-empty #days, &.-empty #below, &.-empty .head, &.-empty #said { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._answer: PastBlocks | None = None
        self._moment: Moment | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Static(id="said", markup=False)
        yield Static(timeline.LEGEND, id="legend", classes="head", markup=False)
        yield Canvas(id="days")
        with Container(id="below"):
            with Vertical(id="curve"):
                yield Static(id="over", classes="head", markup=False)
                yield Canvas(id="fan")
            rows: Rows[Line] = Rows(columns_of(None), lambda line: line.key, id="list")
            yield rows
        yield Empty(id="none")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#list").focus()

    def ask(self, connection: Connection, moment: Moment) -> PastBlocks:
        """Ask for the windows of the last weeks."""
        return past_blocks(connection, moment.filters, now=moment.now)

    def show(self, answer: PastBlocks, moment: Moment) -> None:
        """Lay it out, with the cursor on the window that it was on."""
        self._answer, self._moment = answer, moment
        self.query_one("#none", Empty).say_why(knows_usage=answer.knows_usage, said=NO_USAGE)
        self.set_class(not answer.blocks, "-empty")
        rows: Rows[Line] = self.query_one("#list", Rows)
        was_first = rows.cursor == 0
        rows.put(listed(answer.blocks), columns_of(moment))
        if was_first:
            rows.action_cursor_to(0)  # whoever looks at the running window goes on to the next one
        self._write()

    def tick(self, moment: Moment) -> None:
        """Move the countdown and the line of now."""
        if self._answer is not None:
            self._moment = moment
            self._write()

    def on_rows_moved(self) -> None:
        """Show the curve of another window."""
        self._write()

    def copied(self) -> str:
        """Give the row under the cursor."""
        rows: Rows[Line] = self.query_one("#list", Rows)
        return rows.text(rows.current) if rows.current is not None else ""

    @property
    def chosen(self) -> BlockUse | None:
        """The window under the cursor; on a gap the one after it."""
        rows: Rows[Line] = self.query_one("#list", Rows)
        if not rows.rows:
            return None
        line = rows.rows[rows.cursor]
        return line.block or rows.rows[rows.cursor - 1].block

    def _write(self) -> None:
        answer, moment, block = self._answer, self._moment, self.chosen
        if answer is None or moment is None or block is None:
            return
        self.query_one("#said", Static).update(said(answer, moment, self.size.width - 2))
        shown = timeline.TimeLine(
            blocks=answer.blocks,
            now=moment.now,
            chosen_us=block.stretch.start_us,
            start_mark="[" if self.is_ascii else timeline.START,
        )
        self.query_one("#days", Canvas).draw(lambda width, height: timeline.drawn(shown, width, height))
        self.query_one("#over", Static).update(over(answer, block, moment))
        self.query_one("#over", Static).tooltip = _FAN_LEGEND
        plot = fan.Fan(
            curve=block.curve,
            fan=answer.fan,
            hits=tuple((hit - block.stretch.start_us) // STEP_US for hit in block.hits_us),
            is_running=block.is_running,
        )
        self.query_one("#fan", Canvas).draw(lambda width, height: fan.drawn(plot, width, height))


def said(answer: PastBlocks, moment: Moment, width: int) -> Content:
    """Give the two lines at the top: the running window, and where it leads. What does not fit goes as a whole."""
    last = answer.blocks[-1]
    state = _known(answer, moment)
    source = _source(state, moment)
    if not last.stretch.is_running(moment.now_us):
        ended = f"The last one ended {words.at(last.stretch.end_us, moment)}."
        first = fitted([("No window runs.", "bold"), (ended, "")], width)
        return Content.assemble(first, "\n", (_fitting("", source, width), "dim"))
    stretch = last.stretch
    left = words.lasting((stretch.end_us - moment.now_us) // _SECOND_US)
    first = fitted(
        [
            (f"{words.at(stretch.start_us, moment)} to {words.at(stretch.end_us, moment)}", "bold"),
            ("official", "$text-success") if stretch.is_official else ("estimate", "$text-warning"),
            (f"{left} left", ""),
            *_used(state),
            (_cost(last), "bold"),
            (f"{words.tokens(last.tokens)} tokens", ""),
        ],
        width,
    )
    leads = _leads(answer, last)
    return Content.assemble(first, "\n", leads, (_fitting(leads, source, width), "dim"))


def _known(answer: PastBlocks, moment: Moment) -> WindowState | None:
    """Give what is known of the five-hour limit at the moment, which may be long after the answer."""
    return next(
        (each for each in aged(answer.limits, moment.now_us).windows if each.window == FIVE_HOUR), None
    )


def _used(state: WindowState | None) -> list[Piece]:
    if state is None or state.is_over:
        return []
    return [(f"{words.band(state.used_bp)} used", "bold")]


def _fitting(before: str, sources: tuple[str, ...], width: int) -> str:
    """Give the longest of some sentences that fits after another one."""
    gap = "  " if before else ""
    return next((gap + each for each in sources if len(before) + len(gap) + len(each) <= width), "")


def over(answer: PastBlocks, block: BlockUse, moment: Moment) -> str:
    """Say what the plot shows."""
    name = words.at(block.stretch.start_us, moment)
    if not answer.fan:
        return f"{name}; {counted(answer.compared, 'past window')}, a fan needs {LEAST}"
    return f"{name} over {answer.compared} past windows  ░ 8 of 10"


def _leads(answer: PastBlocks, running: BlockUse) -> str:
    if answer.rest is None:
        return "No forecast yet: too few past windows."
    return f"Ends at {_band(answer.rest, running.cost_pico)} as {counted(answer.compared, 'past window')} went on."


def _band(rest: Band, cost_pico: int) -> str:
    low, high = words.money(cost_pico + rest.low), words.money(cost_pico + rest.high)
    return low if low == high else f"{low}-{high.removeprefix('$')}"


def _source(state: WindowState | None, moment: Moment) -> tuple[str, ...]:
    """Say what is officially known, in ever fewer words."""
    if state is None:
        return (f"No official reading. {NO_LIMITS_NEXT}", _INSTALL, "No official reading.")
    age = words.ago((moment.now_us - state.reading.read_us) // _SECOND_US)
    if state.is_over:
        return (f"Last official reading {age} ago, before its reset.", f"Last reading {age} ago.")
    name = "Official" if state.used_bp.low == state.used_bp.high else "Estimate"
    return (f"{name}, read {age} ago.", f"Read {age} ago.")


def _cost(block: BlockUse) -> str:
    """Give the cost of a window; `+` where some of its tokens have no price."""
    if block.unpriced_tokens and not block.cost_pico:
        return words.money(None)
    return words.money(block.cost_pico) + ("+" if block.unpriced_tokens else "")


def columns_of(moment: Moment | None) -> list[Column[Line]]:
    """Give the columns of the table, with times in the zone of a moment."""

    def start(line: Line) -> str:
        return f"{instant(line.start_us).astimezone(moment.now.tzinfo):%a %m-%d %H:%M}" if moment else ""

    return [
        Column(key="start", title="Start", text=start, width=15, tone=_muted),
        Column(key="span", title="Span", text=_span, width=7, is_number=True, tone=_muted),
        Column(key="kind", title="Source", text=_kind, width=8, drop=6, tone=_muted),
        Column(key="models", title="Models", text=_models, width=12, drop=5, grows=True, tone=_muted),
        Column(key="tokens", title="Tokens", text=_tokens, width=6, drop=2, is_number=True),
        Column(key="cost", title="Cost", text=_money, width=9, is_number=True),
        Column(key="peak", title="Peak/h", text=_peak, width=8, drop=3, is_number=True),
        Column(key="hit", title="Limit", text=_hit, width=5, drop=1, tone=lambda _: "warn"),
    ]


def _muted(line: Line) -> Tone:
    return "muted" if line.block is None else ""


def _span(line: Line) -> str:
    if line.block is not None:
        return words.lasting((line.block.last_us - line.block.first_us) // _SECOND_US)
    return words.lasting((line.end_us - line.start_us) // _SECOND_US)


def _kind(line: Line) -> str:
    if line.block is None:
        return "none"
    return "official" if line.block.stretch.is_official else "estimate"


def _models(line: Line) -> str:
    if line.block is None:
        return "no window"
    first, *others = [short(each) for each in line.block.models] or [""]
    return f"{first} +{len(others)}" if others else first


def _tokens(line: Line) -> str:
    return "" if line.block is None else words.tokens(line.block.tokens)


def _money(line: Line) -> str:
    return "" if line.block is None else _cost(line.block)


def _peak(line: Line) -> str:
    return "" if line.block is None else words.money(line.block.peak_pico)


def _hit(line: Line) -> str:
    return "× met" if line.block is not None and line.block.hits_us else ""


PAGE = BlocksPage
