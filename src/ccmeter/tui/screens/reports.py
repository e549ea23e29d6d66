"""Every report as a table that can be sorted, filtered, opened row by row, and written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.content import Content
from textual.widgets import DataTable, Static

from ccmeter.reports.foreign import harmless
from ccmeter.tui import catalogue
from ccmeter.tui.catalogue import NAMES, WORDS, View
from ccmeter.tui.page import Page
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.report_table import Order, ReportTable, columns_of

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from ccmeter.reports.table import Report
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

AS_REPORTED: Final = Order("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A report, and what was asked for."""

    view: View
    report: Report
    is_nothing_stored: bool


class Reports(Page[Answer]):
    """All reports on one screen."""

    TITLE_TEXT: ClassVar[str] = "Reports"
    HELP_TEXT: ClassVar[str] = (
        "Every report of the command line, from the same questions. Left and right leaf through them; Enter opens a row "
        "(a month its days, a day its sessions, a session its turns), Escape goes back. `Change` is the difference to the "
        "period before. + behind a cost: some of it has no price; * behind output: some was never finally counted."
    )
    FINDS: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("escape", "back", "Back"),
        Binding("s", "sort", "Sort"),
        Binding("slash", "find", "Filter"),
        Binding("e", "export", "Export"),
        Binding("d", "pick('daily')", "Day"),
        Binding("w", "pick('weekly')", "Week"),
        Binding("m", "pick('monthly')", "Month"),
        Binding("h", "pick('hourly')", "Hour"),
        Binding("S", "turn", "Sort the other way", show=False),
    ]
    CSS: ClassVar[str] = """
    Reports #kinds { height: 1; padding: 0 1; }
    Reports #notes { height: auto; max-height: 6; padding: 0 1; color: $foreground 60%; }
    Reports.-short #notes { display: none; }
    Reports #nothing { display: none; }
    Reports.-nothing #nothing { display: block; }
    Reports.-nothing ReportTable, Reports.-nothing #notes { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._trail: tuple[View, ...] = (View(name="daily"),)
        self._order = AS_REPORTED
        self._text = ""
        self._answer: Answer | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Static(id="kinds")
        yield ReportTable()
        yield Empty(id="nothing")
        yield Static(id="notes", markup=False)

    def ask(self, connection: Connection, moment: Moment) -> Answer:
        """Ask for the report that is open."""
        from ccmeter.queries.summary import is_empty

        view = self._trail[-1]
        report = catalogue.ask(connection, moment, view)
        is_nothing = not report.table.rows and is_empty(connection)
        return Answer(view=view, report=report, is_nothing_stored=is_nothing)

    def show(self, answer: Answer, moment: Moment) -> None:  # noqa: ARG002 - what it says is in the answer
        """Show a report, unless another one was opened meanwhile."""
        if answer.view == self._trail[-1]:
            self._answer = answer
            self._lay_out()

    def find(self, text: str) -> None:
        """Show only rows with this text."""
        self._text = text
        self._lay_out()

    def on_resize(self, _: Resize) -> None:
        """Use the room that there is."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        self.query_one("#kinds", Static).update(self._kinds())
        if self._answer is None:
            return
        table = self._answer.report.table
        self.set_class(not table.rows, "-nothing")
        if self._answer.is_nothing_stored:
            self.query_one(Empty).say_why(knows_usage=False)
        elif not table.rows:
            self.query_one(Empty).tell("Nothing here.", catalogue.EMPTY)
        grid = self.query_one(ReportTable)
        grid.lay(table, self._order, self._text, width=max(self.size.width - 1, 20))
        self.query_one("#notes", Static).update("\n".join(self._notes()))

    def _notes(self) -> list[str]:
        assert self._answer is not None
        from ccmeter.reports.style import PLAIN, styled

        table = styled(self._answer.report, PLAIN, format_name="table").table
        return [harmless(f"{note.mark} {note.text}".strip()) for note in table.notes] if table.rows else []

    def _kinds(self) -> Content:
        """Give the line that says which report this is, and how one came to it."""
        view = self._trail[-1]
        if len(self._trail) > 1:
            steps = [WORDS[self._trail[0].name]]
            steps += [f"{harmless(each.of)}: {WORDS[each.name].lower()}s" for each in self._trail[1:]]
            return Content.assemble((" > ".join(steps), "bold"), ("   Escape goes back", "dim"))
        pieces = []
        for name in NAMES:
            style = "bold reverse" if name == view.name else "dim"
            pieces.append(Content.styled(f" {WORDS[name]} ", style).stylize(f"@click=screen.pick('{name}')"))
        return Content.assemble(*pieces)

    # what a person does

    def action_pick(self, name: str) -> None:
        """Show another report."""
        self._go((View(name=name),))

    def action_leaf(self, by: int) -> None:
        """Show the report before or after."""
        if len(self._trail) == 1:
            place = (NAMES.index(self._trail[0].name) + by) % len(NAMES)
            self.action_pick(NAMES[place])

    def action_back(self) -> None:
        """Go back to what this was opened from."""
        if len(self._trail) > 1:
            self._go(self._trail[:-1])

    def action_open(self) -> None:
        """Open the row under the cursor."""
        grid = self.query_one(ReportTable)
        if self._answer is None or not 0 <= grid.cursor_row < len(grid.rows_shown):
            return
        row = grid.rows_shown[grid.cursor_row]
        view = catalogue.opened(self._answer.view, self._answer.report.table, row)
        if view is None:
            self.say("There is no more to open here.")
        else:
            self._go((*self._trail, view))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open a row by Enter or by a click on the one under the cursor."""
        event.stop()
        self.action_open()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by a column whose title was clicked, and once more the other way."""
        event.stop()
        key = str(event.column_key.value)
        self._sort(Order(key, is_falling=self._order.key != key or not self._order.is_falling))

    def action_sort(self) -> None:
        """Sort by the next column; after the last one as the report has it."""
        if self._answer is not None:
            keys = ["", *columns_of(self._answer.report.table)]
            key = keys[(keys.index(self._order.key) + 1) % len(keys)] if self._order.key in keys else ""
            self._sort(Order(key, is_falling=True))

    def action_turn(self) -> None:
        """Sort the other way."""
        self._sort(self._order._replace(is_falling=not self._order.is_falling))

    def _sort(self, order: Order) -> None:
        self._order = order
        self._lay_out()
        titles = (
            {}
            if self._answer is None
            else {each.key: each.title for each in self._answer.report.table.columns}
        )
        way = "greatest first" if order.is_falling else "least first"
        self.say(f"Sorted by {titles[order.key]}, {way}" if order.key in titles else "Sorted as reported")

    def action_export(self) -> None:
        """Write this report to a file."""
        if self._answer is None or not self._answer.report.table.rows:
            self.say("There is nothing to write.")
            return
        from ccmeter.tui.widgets.export import ExportDialog

        def told(name: str | None) -> None:
            if name is not None:
                self.say(f"Written: {name}")

        name = f"ccmeter-{self._answer.view.name}.csv"
        self.app.push_screen(ExportDialog(self._answer.report, name), told)

    def _go(self, trail: tuple[View, ...]) -> None:
        self._trail = trail
        self._order = AS_REPORTED
        self.query_one("#kinds", Static).update(self._kinds())
        self.ask_again()


PAGE = Reports
