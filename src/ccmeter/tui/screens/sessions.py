"""Sessions: which there were, and of one of them the waterfall of its prompts and sub-agents."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import SuspendNotSupported
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ccmeter.queries.sessions import sessions
from ccmeter.queries.summary import is_empty
from ccmeter.queries.waterfall import waterfall
from ccmeter.reports import foreign
from ccmeter.reports.cells import counted
from ccmeter.tui import pager
from ccmeter.tui.kept import Kept
from ccmeter.tui.listed import SORTS, Mark, columns_of, matches
from ccmeter.tui.page import Page
from ccmeter.tui.told import of_node, side_by_side
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.facts import Facts
from ccmeter.tui.widgets.rows import Rows
from ccmeter.tui.widgets.waterfall import WaterfallRows, cost

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from ccmeter.domain.filters import Filters
    from ccmeter.queries.sessions import Session, Sessions
    from ccmeter.queries.waterfall import Waterfall
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

_PAUSE_S: Final = 0.12
"""So long the cursor rests on a session before its waterfall is asked for."""
_MOST_MARKED: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the screen shows."""

    listed: Sessions
    """The newest first."""
    waterfall: Waterfall | None
    """Of the session under the cursor; None while there is none."""
    knows_usage: bool
    """Whether there is any at all, of whatever time and choice."""
    late_s: float
    """After so many seconds there may be a newer one; 0 if this is of the store as it is."""


def _newest_first(connection: Connection, filters: Filters) -> Sessions:
    return sessions(connection, filters, greatest_first=True, with_names=True)


class SessionsPage(Page[Answer]):
    """The screen."""

    TITLE_TEXT: ClassVar[str] = "Sessions"
    HELP_TEXT: ClassVar[str] = (
        "Every session, the newest first; s sorts, / filters. Below stand the prompts of the one under the cursor, each "
        "with its sub-agents, as bars in time: pauses of 5 minutes and more are squeezed to a notch. `!` marks where less "
        "than half of what was in the prompt cache was read from it; Enter on a prompt says why. A duration with ~ goes by "
        "calls, because the log has no record of the turn. x marks two sessions to compare, o opens the transcript in "
        "your pager, y copies the session's id, Space hides sub-agents."
    )
    FINDS: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("escape", "back", "Back"),
        Binding("s", "sort", "Sort"),
        Binding("x", "mark", "Compare"),
        Binding("o", "transcript", "Transcript"),
        Binding("space", "fold", "Fold", show=False),
    ]
    DEFAULT_CLASSES: ClassVar[str] = "listing"
    DEFAULT_CSS: ClassVar[str] = """
    SessionsPage {
        #list { height: 2fr; }
        #below { height: 3fr; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept = Kept(_newest_first)
        self._falls = Kept(waterfall)
        self._asked: str | None = None
        """The session whose waterfall is wanted; None: that of the first."""
        self._listed: Sessions | None = None
        self._waterfall: Waterfall | None = None
        self._moment: Moment | None = None
        self._sort = 0
        self._text = ""
        self._mark = Mark()
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Static(id="said", markup=False)
        rows: Rows[Session] = Rows(columns_of(None, self._mark), lambda each: each.session_id, id="list")
        yield rows
        with Vertical(id="below"):
            yield Static(id="which", markup=False)
            yield WaterfallRows(id="fall")
        yield Empty(id="none")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#list").focus()

    # asking and showing

    def ask(self, connection: Connection, moment: Moment) -> Answer:
        """Ask for the sessions and the waterfall of one."""
        listed = self._kept.ask(connection, moment.filters)
        wanted = self._asked
        ids = {session.session_id for session in listed.sessions}
        if wanted not in ids:
            wanted = listed.sessions[0].session_id if listed.sessions else None
        found = None if wanted is None else self._falls.ask(connection, moment.filters, wanted)
        return Answer(
            listed=listed,
            waterfall=found,
            knows_usage=bool(ids) or not is_empty(connection),
            late_s=max(self._kept.late_s, self._falls.late_s),
        )

    def show(self, answer: Answer, moment: Moment) -> None:
        """Lay it out."""
        self._listed, self._moment = answer.listed, moment
        self.ask_later(answer.late_s)
        self.set_class(not answer.listed.sessions, "-empty")
        self.query_one("#none", Empty).say_why(knows_usage=answer.knows_usage)
        if self.focused is None and answer.listed.sessions:
            self._rows().focus()
        self._list()
        if answer.waterfall is not None and self._is_wanted(answer.waterfall):
            self._waterfall = answer.waterfall
            self._fall().tell(answer.waterfall)
        elif answer.waterfall is None:
            self._waterfall = None
        self._say()

    def _is_wanted(self, found: Waterfall) -> bool:
        current = self._rows().current
        return current is not None and current.session_id == found.session_id

    def _list(self) -> None:
        """Show the sessions that are asked for, in the order that is."""
        if self._listed is None or self._moment is None:
            return
        name, key = SORTS[self._sort]
        found = [each for each in self._listed.sessions if matches(each, self._text)]
        if name != "newest":
            found.sort(key=key, reverse=True)
        self._mark.forget({each.session_id for each in self._listed.sessions})
        self._rows().put(found, columns_of(self._moment, self._mark))
        current = self._rows().current
        if (
            current is not None
            and self._waterfall is not None
            and current.session_id != self._waterfall.session_id
        ):
            self._ask_soon()

    def _say(self) -> None:
        listed, shown = self._listed, len(self._rows().rows)
        if listed is None:
            return
        every = len(listed.sessions)
        count = counted(every, "session") if shown == every else f"{shown:,} of {counted(every, 'session')}"
        told = [count, cost(listed.total), f"{SORTS[self._sort][0]} first"]
        if marked := self._mark.count:
            told.append(f"{marked} marked, x on another compares")
        self.query_one("#said", Static).update("  ".join(told))
        self.query_one("#which", Static).update(self._which())

    def _which(self) -> Content:
        current = self._rows().current
        if current is None:
            return Content("No session has this in its id, title, project or branch." if self._text else "")
        name = foreign.harmless(current.title) or "without a title"
        place = foreign.harmless(" ".join(filter(None, (current.place or current.project, current.branch))))
        is_late = self._waterfall is None or self._waterfall.session_id != current.session_id
        lost = 0 if is_late or self._waterfall is None else len(self._waterfall.breaks)
        told = (
            ["...", ""]
            if is_late
            else [f"cache lost {lost}x" if lost else "", f"{current.measures.calls:,} calls"]
        )
        return Content.assemble((name, "bold"), "  ", place, "  ", "  ".join(filter(None, told)))

    # what a person does

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Ask for the waterfall of the session that the cursor came to."""
        if event.rows is self._rows():
            self._say()
            current = self._rows().current
            if current is None or self._waterfall is None or current.session_id != self._waterfall.session_id:
                self._ask_soon()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Go on from a session to its prompts, from a prompt to its details."""
        if event.rows is self._rows():
            self.add_class("-one")
            self._fall().focus()
        elif (node := self._fall().current) is not None:
            self.app.push_screen(Facts(*of_node(node)))

    def action_open(self) -> None:
        """Open what is under the cursor."""
        (self._fall() if self.focused is self._fall() else self._rows()).action_open()

    def action_back(self) -> None:
        """Go back to the list; from there, take the marks away."""
        if self.focused is self._fall():
            self.remove_class("-one")
            self._rows().focus()
        elif self._mark.count:
            self._mark.clear()
            self._list()
            self._say()

    def action_sort(self) -> None:
        """Sort by the next thing."""
        self._sort = (self._sort + 1) % len(SORTS)
        self._list()
        self._say()

    def find(self, text: str) -> None:
        """Show sessions that have this in their id, title, project or branch."""
        self._text = text.casefold()
        self._list()
        self._say()

    def action_mark(self) -> None:
        """Mark a session; of two, show them side by side."""
        current = self._rows().current
        if current is None or self._listed is None or self._moment is None:
            return
        self._mark.turn(current.session_id)
        if self._mark.count == _MOST_MARKED:
            by_id = {each.session_id: each for each in self._listed.sessions}
            first, second = (by_id[each] for each in self._mark.ids)
            self._mark.clear()
            self.app.push_screen(Facts("Two sessions", side_by_side(first, second, self._moment)))
        self._list()
        self._say()

    def action_fold(self) -> None:
        """Hide the sub-agents of a prompt, or show them."""
        if not self._fall().fold():
            self.say("This prompt has no sub-agents.")

    def copied(self) -> str:
        """Give the session's id."""
        current = self._rows().current
        return current.session_id if current else ""

    def action_transcript(self) -> None:
        """Open the transcript in a person's own pager, which takes the terminal until it ends."""
        current, found = self._rows().current, self._waterfall
        if current is None or found is None or found.session_id != current.session_id:
            self.say("No session is chosen yet.")
        elif not pager.is_there(found.transcript):
            self.say("Its transcript is not there any more; what was counted is kept.", is_bad=True)
        elif (argv := pager.command(found.transcript, os.environ)) is None:
            self.say("No program to show it with: set PAGER.", is_bad=True)
        else:
            self._run(argv)

    def _run(self, argv: list[str]) -> None:
        try:
            with self.app.suspend():
                has_run = pager.run(argv, os.environ)
        except SuspendNotSupported:
            self.say("This terminal cannot be lent to another program.", is_bad=True)
            return
        self.app.refresh(layout=True)
        if not has_run:
            self.say(f"{argv[0]} could not be started.", is_bad=True)

    # parts

    def _ask_soon(self) -> None:
        current = self._rows().current
        self._asked = None if current is None else current.session_id
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_S, self.ask_again)

    def _rows(self) -> Rows[Session]:
        return self.query_one("#list", Rows)

    def _fall(self) -> WaterfallRows:
        return self.query_one("#fall", WaterfallRows)


PAGE = SessionsPage
