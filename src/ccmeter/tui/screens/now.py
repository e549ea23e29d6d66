"""Now: what is left of the limits, how fast it goes, which sessions are at work and what each call cost.

What matters most stands first, so that a small terminal shows bars, figures and sessions, and the rest by scrolling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.widgets import Static

from ccmeter.domain.outlook import aged
from ccmeter.queries.live import live
from ccmeter.reports.model_names import names_of
from ccmeter.tui import chips, limit_bars, words
from ccmeter.tui.live_lists import call_columns, call_told, cost_of, session_columns, session_told
from ccmeter.tui.page import Page
from ccmeter.tui.widgets.bullet import Rail
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.facts import Facts
from ccmeter.tui.widgets.figures import Figure, Figures
from ccmeter.tui.widgets.minutes import MinuteStack, Stack, gathered
from ccmeter.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from ccmeter.domain.budgets import Budget, BudgetState
    from ccmeter.domain.limits import Limits
    from ccmeter.domain.live import Marked, Rate
    from ccmeter.queries.live import Block, Live, LiveSession
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.widgets.bullet import Bullet

_KINDS: Final = ("in+out tokens", "cache tokens", "cost")
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the screen shows."""

    live: Live
    limits: Limits | None
    budgets: tuple[BudgetState, ...]
    asked_us: int


class NowPage(Page[Answer]):
    """The screen."""

    TITLE_TEXT: ClassVar[str] = "Now"
    HELP_TEXT: ClassVar[str] = (
        "Bars: solid is used, lighter is the forecast at the reset (10 to 90 % of what may be), `┃` the time that has "
        "passed: use to the left of it is slower than the clock. Each says its source and age; `?` means that its reset "
        "has passed and nothing is known yet. Figures: what the last 5, 15 and 60 minutes come to, as rates; `+?` marks "
        "cost without what has no price. Sessions heard of within 30 minutes: Ctx is how full the context is (~ an "
        "estimate by the last prompt; the line at 80 % is where Claude Code may compact), Hits the share of prompts read "
        "from the cache in the last hour, Cache how long it lives yet. Calls are marked `!` where their cache was lost, "
        "they cost 5 times the usual, reached the long-context price or have no price; Enter says more. "
        "v changes what the chart shows."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "chart", "Chart"),
        Binding("enter", "open", "Details", show=False),
    ]
    AUTO_FOCUS: ClassVar[str | None] = ""
    DEFAULT_CSS: ClassVar[str] = """
    NowPage {
        #body { height: 1fr; scrollbar-size: 1 1; }
        #rail, #figures, #chart { margin: 1 0 0 0; padding: 0 1; }
        #chart { height: 8; }
        #main { height: 1fr; min-height: 34; }
        #left { height: auto; }
        #live { height: 8; margin: 1 0 0 0; }
        #calls { height: 1fr; min-height: 8; margin: 1 0 0 0; }
        .title { height: 1; padding: 0 1; text-style: bold; background: $surface; color: $foreground; }
        #quiet { height: 1fr; padding: 0 1; color: $foreground 60%; }
        #below { display: none; height: 6; padding: 0 1; }
        #none, #quiet { display: none; }
        &.-empty #none, &.-quiet #quiet { display: block; }
        &.-empty #main, &.-empty #below, &.-quiet #sessions { display: none; }

        &.-middling, &.-short {
            #rail, #figures, #chart { margin: 0; }
            .title { display: none; }
            #main { min-height: 18; }
            #chart { height: 5; }
            #live { height: 4; margin: 0; }
            #calls { min-height: 5; margin: 0; }
        }
        &.-short {
            #main { height: auto; min-height: 0; }
            #live { height: 6; }
            #chart { display: none; }
            #below { display: block; }
            #calls { height: 7; }
            &.-empty #below { display: none; }
        }
        &.-huge.-tall {
            #main { layout: horizontal; margin: 1 0 0 0; }
            #left { width: 1fr; height: 100%; }
            #figures { margin: 0; }
            #chart { height: 12; }
            #live { height: 1fr; }
            #calls { width: 1fr; height: 100%; margin: 0; padding: 0 0 0 2; }
        }
        &.-few {
            #main { min-height: 16; }
            #rail, #figures, #chart, #live, #calls { margin: 0; }
            .title, #chart { display: none; }
        }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._answer: Answer | None = None
        self._moment: Moment | None = None
        self._kind = 0

    def compose(self) -> ComposeResult:
        """Lay it out."""
        sessions: Rows[LiveSession] = Rows((), lambda each: each.session_id, id="sessions")
        calls: Rows[Marked] = Rows((), lambda each: each.call.call_key, id="stream", follows=True)
        with VerticalScroll(id="body", can_focus=False):
            yield Rail(id="rail")
            yield Empty(id="none")
            with Container(id="main"):
                with Container(id="left"):
                    yield Figures(id="figures")
                    yield MinuteStack(id="chart")
                    with Container(id="live"):
                        yield Static("Live sessions", classes="title", markup=False)
                        yield sessions
                        yield Static(id="quiet", markup=False)
                with Container(id="calls"):
                    yield Static("Last calls", classes="title", markup=False)
                    yield calls
            yield MinuteStack(id="below")

    def ask(self, connection: Connection, moment: Moment) -> Answer:
        """Ask for the limits and what goes on."""
        limits = chips.ask(connection, moment)
        found = live(connection, moment.filters, now_us=moment.now_us, limits=limits)
        told = self._budgets(connection, moment)
        return Answer(live=found, limits=limits, budgets=told, asked_us=moment.now_us)

    def _budgets(self, connection: Connection, moment: Moment) -> tuple[BudgetState, ...]:
        wanted = self._wanted
        if not wanted:
            return ()
        from ccmeter.queries.budgets import budgets  # most people have set none

        return budgets(connection, moment.filters, wanted, moment.now, week_starts=moment.week_starts)

    @property
    def _wanted(self) -> tuple[Budget, ...]:
        from ccmeter.tui.app import Monitor

        return self.app.setup.budgets if isinstance(self.app, Monitor) else ()

    def show(self, answer: Answer, moment: Moment) -> None:
        """Lay it out."""
        self._answer = answer
        found = answer.live
        self.set_class(not found.has_calls, "-empty")
        self.query_one("#none", Empty).say_why(knows_usage=False)
        self.set_class(not found.sessions, "-quiet")
        self.set_class(self.is_compact, "-few")
        self._chart()
        self.tick(moment)
        if self.focused is None and found.has_calls:
            # without scrolling: what matters most stands at the top
            self.query_one("#sessions").focus(scroll_visible=False)

    def tick(self, moment: Moment) -> None:
        """Let countdowns and ages go on."""
        self._moment = moment
        if self._answer is None:
            return
        found, limits = self._answer.live, self._answer.limits
        limits = None if limits is None else aged(limits, moment.now_us)
        self.query_one("#rail", Rail).tell(
            (*limit_bars.bullets(limits, moment), *self._budget_bars(self._answer, moment)),
            (
                limit_bars.sentence(limits, moment).replace("±", "+/-" if self.is_ascii else "±"),
                limit_bars.hook_trouble(limits, found.hook_us, found.last_us, moment),
            ),
        )
        self.query_one("#figures", Figures).tell(
            [_figure(each) for each in found.rates],
            _block(found.block, moment),
            is_roomy=self.has_class("-tall") and not self.is_ascii and not self.is_compact,
        )
        width = self.size.width
        self.query_one("#sessions", Rows).put(found.sessions, session_columns(moment, is_wide=width >= _WIDE))
        odd = next(cells for least, cells in _ODD if width >= least)
        self.query_one("#stream", Rows).put(found.stream, call_columns(moment, found.names, odd=odd))
        self.query_one("#quiet", Static).update(_quiet(found, moment))

    def _budget_bars(self, answer: Answer, moment: Moment) -> tuple[Bullet, ...]:
        if not answer.live.has_calls:  # no log was ever read: nothing spent and nothing known look alike
            return limit_bars.unknown_budgets(self._wanted, "no usage stored")
        return limit_bars.budget_bullets(
            answer.budgets, age_s=(moment.now_us - answer.asked_us) // _SECOND_US
        )

    def miss(self) -> None:
        """Say that budgets are unknown, where the store never told."""
        if self._answer is None:
            self.query_one("#rail", Rail).tell(limit_bars.unknown_budgets(self._wanted, "store not read"), ())

    def on_resize(self) -> None:
        """Use the room that there is."""
        if self._moment is not None:
            self.tick(self._moment)

    def _chart(self) -> None:
        if self._answer is None:
            return
        minutes = self._answer.live.minutes
        values = (minutes.plain_tokens, minutes.cache_tokens, minutes.cost_pico)[self._kind]
        named = names_of(minutes.models)
        names, shown = gathered([named[model] for model in minutes.models], values)
        stack = Stack(
            title=f"{_KINDS[self._kind]}/min",
            names=names,
            values=shown,
            write=words.money if self._kind == _KINDS.index("cost") else words.tokens,
        )
        for chart in self.query(MinuteStack):
            chart.tell(stack, has_colours=not (self.app.no_color or self.is_ascii))

    def action_chart(self) -> None:
        """Show something else in the chart."""
        self._kind = (self._kind + 1) % len(_KINDS)
        self._chart()

    def action_open(self) -> None:
        """Tell more of what is under the cursor."""
        if isinstance(self.focused, Rows):
            self.focused.action_open()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Tell a session or a call in full."""
        current = event.rows.current
        if self._answer is None or self._moment is None or current is None:
            return
        if event.rows.id == "sessions":
            self.app.push_screen(Facts(*session_told(current, self._moment)))
        else:
            self.app.push_screen(Facts(*call_told(current, self._answer.live.names, self._moment)))

    def copied(self) -> str:
        """Give the id of the session under the cursor."""
        current = self.focused.current if isinstance(self.focused, Rows) else None
        if current is None:
            return ""
        return str(current.session_id if hasattr(current, "session_id") else current.call.session_id)


_WIDE: Final = 120
_ODD: Final = ((120, 40), (80, 22), (0, 14))
"""How wide a screen must be for so many cells of reason."""


def _figure(rate: Rate) -> Figure:
    per_hour = words.money(rate.pico_per_hour)
    money = words.money(None) if rate.unpriced_tokens and not rate.cost_pico else per_hour
    return Figure(
        title=f"{rate.minutes} min",
        money=money + ("+?" if rate.unpriced_tokens and rate.cost_pico else ""),
        plain=words.tokens(rate.plain_per_minute),
        cache=words.tokens(rate.cache_per_minute),
    )


def _block(block: Block | None, moment: Moment) -> tuple[str, ...]:
    """Say what the running window came to, and how long it lasts yet."""
    if block is None:
        return ("no running window", "", "it begins with a call")
    left_s = (block.end_us - moment.now_us) // _SECOND_US
    until = words.at(block.end_us, moment)
    return (
        f"5h, {'official' if block.is_official else 'estimate'}",
        cost_of(block.used),
        f"{words.lasting(left_s)} to {until}" if left_s > 0 else f"over since {until}",
        f"{words.tokens(block.used.plain_tokens)} in+out",
    )


def _quiet(found: Live, moment: Moment) -> str:
    """Say when there was something, where there is nothing live."""
    if found.last_us is None:
        return "No session is live."
    last = words.at(found.last_us, moment)
    limits = (
        " Filters may hide some: g changes them."
        if not moment.filters.is_everything and moment.is_live
        else ""
    )
    return f"No session is live: none was heard of within 30 minutes. The last call of all was at {last}.{limits}"


PAGE = NowPage
