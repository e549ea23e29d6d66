"""Week: what is left of the weekly limit against the person's own weekdays and hours, and what would be if."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.widgets import Static

from ccmeter.queries.outlook import outlook as foretell
from ccmeter.queries.profile import PastWeeks, past_weeks
from ccmeter.tui import outlook
from ccmeter.tui.page import Page
from ccmeter.tui.widgets import burndown, heatmap
from ccmeter.tui.widgets.canvas import Canvas
from ccmeter.tui.widgets.empty import Empty

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

NO_USAGE: Final = "No usage that is chosen here in the last 9 weeks, and no official limit known."
STOPS: Final = (None, 18, 20, 22, 16, 14, 12)
LESS_BP: Final = (0, 2_000, 4_000, 6_000)


class WeekPage(Page[PastWeeks]):
    """The screen."""

    TITLE_TEXT: ClassVar[str] = "Week"
    HELP_TEXT: ClassVar[str] = (
        "What is left of the weekly limit (line), what is usually left by then (dots: your own past weeks by weekday and "
        "hour, so a quiet weekend does not scare), and how it may go on (shaded: eight of ten of those weeks). Without an "
        "official reading the same in money, for the week of the calendar. s: if you stopped at an hour each day; m: at "
        "another model's prices for the same tokens; l: if you used less; x: as it is. The heat map shows what each hour of "
        "the week usually costs."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", "Stop at"),
        Binding("m", "model", "Model"),
        Binding("l", "less", "Less"),
        Binding("x", "as_it_is", "As is"),
        Binding("h", "heat", "Heat map"),
    ]
    DEFAULT_CSS: ClassVar[str] = """
    WeekPage {
        #said { height: 3; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        .head { height: 1; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
        #below { height: 1fr; layout: vertical; }
        #left { height: 1fr; }
        #right { height: 10; }
        #burn, #heat { height: 1fr; margin: 0 1; }
        #if, #ifs { display: none; }
        #ifs { height: auto; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        &.-tall.-wide, &.-tall.-huge { #heat { height: 10; } #if, #ifs { display: block; } }
        #none { display: none; }
        &.-wide #below, &.-huge #below { layout: horizontal; }
        &.-wide #left, &.-huge #left { width: 3fr; }
        &.-wide #right, &.-huge #right { width: 2fr; height: 1fr; }
        &.-short .head { display: none; }
        &.-short.-narrow #right, &.-short.-normal #right { display: none; height: 1fr; }
        &.-short.-narrow.-heat #right, &.-short.-normal.-heat #right { display: block; }
        &.-short.-narrow.-heat #left, &.-short.-normal.-heat #left { display: none; }
        &.-empty #none { display: block; }
        &.-empty #below, &.-empty #said { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._answer: PastWeeks | None = None
        self._moment: Moment | None = None
        self._choice = outlook.Choice()

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Static(id="said", markup=False)
        with Container(id="below"):
            with Vertical(id="left"):
                yield Static(id="over", classes="head", markup=False)
                yield Canvas(id="burn")
            with Vertical(id="right"):
                yield Static(id="usual", classes="head", markup=False)
                yield Canvas(id="heat")
                yield Static("What if, each by itself", id="if", classes="head", markup=False)
                yield Static(id="ifs", markup=False)
        yield Empty(id="none")

    def ask(self, connection: Connection, moment: Moment) -> PastWeeks:
        """Ask for the running week and the weeks before."""
        return past_weeks(connection, moment.filters, now=moment.now, week_starts=moment.week_starts)

    def show(self, answer: PastWeeks, moment: Moment) -> None:
        """Lay it out."""
        self._answer, self._moment = answer, moment
        self.query_one("#none", Empty).say_why(knows_usage=answer.knows_usage, said=NO_USAGE)
        self.set_class(not answer.hours and answer.state is None, "-empty")
        self._choice = self._choice.among(answer.switches)
        self._write()

    def tick(self, moment: Moment) -> None:
        """Move the countdown."""
        if self._answer is not None:
            self._moment = moment
            self._write()

    def copied(self) -> str:
        """Give the sentences at the top."""
        if self._answer is None or self._moment is None:
            return ""
        return outlook.said(
            foretell(self._answer, self._moment.now, self._choice.change), self._choice, self._moment, 1_000
        ).plain

    # what a person does

    def action_stop(self) -> None:
        """Stop at another hour."""
        place = (STOPS.index(self._choice.stop_hour) + 1) % len(STOPS)
        self._choose(replace(self._choice, stop_hour=STOPS[place]))

    def action_less(self) -> None:
        """Use less."""
        place = (LESS_BP.index(self._choice.less_bp) + 1) % len(LESS_BP)
        self._choose(replace(self._choice, less_bp=LESS_BP[place]))

    def action_model(self) -> None:
        """Use another model."""
        if self._answer is None or not self._answer.switches:
            self.say("No usage of the last weeks has a price that another model's could be set against.")
            return
        self._choose(self._choice.next_model(self._answer.switches))

    def action_as_it_is(self) -> None:
        """Change nothing."""
        self._choose(outlook.Choice())

    def action_heat(self) -> None:
        """Show the heat map in place of the burn-down, where there is room for one only."""
        self.toggle_class("-heat")

    def _choose(self, choice: outlook.Choice) -> None:
        self._choice = choice
        self._write()

    def _write(self) -> None:
        answer, moment = self._answer, self._moment
        if answer is None or moment is None:
            return
        found = foretell(answer, moment.now, self._choice.change)
        self.query_one("#said", Static).update(outlook.said(found, self._choice, moment, self.size.width - 2))
        self.query_one("#over", Static).update(outlook.over(found))
        plot = outlook.plot(found, moment)
        self.query_one("#burn", Canvas).draw(lambda width, height: burndown.drawn(plot, width, height))
        self.query_one("#ifs", Static).update(outlook.scenarios(found, moment))
        self.query_one("#usual", Static).update(outlook.heat_said(found))
        heat = outlook.heat(found, moment)
        self.query_one("#heat", Canvas).draw(lambda width, height: heatmap.drawn(heat, width, height))


PAGE = WeekPage
