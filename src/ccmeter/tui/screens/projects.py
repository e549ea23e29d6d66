"""Projects: what each cost, and of one of them what it was used for, by branch, commit and pull request."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import get_current_worker

from ccmeter.ingest.commits import Git, Histories
from ccmeter.queries import commits, project
from ccmeter.queries.summary import is_empty
from ccmeter.reports import foreign
from ccmeter.reports.cells import counted
from ccmeter.tui import parted
from ccmeter.tui.kept import Kept
from ccmeter.tui.page import Page
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.facts import Facts
from ccmeter.tui.widgets.rows import Rows
from ccmeter.tui.widgets.waterfall import cost

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from ccmeter.domain.commits import History
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.commits import Breakdown, Part
    from ccmeter.queries.project import Project, Projects
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

_PAUSE_S: Final = 0.12
"""So long the cursor rests on a project before it is asked about."""
_WAYS: Final = ("branch", "commit", "pull request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the screen shows."""

    listed: Projects
    breakdown: Breakdown | None
    """Of the project under the cursor; None while there is none."""
    roots: tuple[str, ...]
    """Its repositories."""
    knows_usage: bool
    """Whether there is any at all, of whatever time and choice."""
    late_s: float
    """After so many seconds there may be a newer one; 0 if this is of the store as it is."""


def _dearest_first(connection: Connection, filters: Filters) -> Projects:
    return project.report(connection, filters, by="project")


class ProjectsPage(Page[Answer]):
    """The screen."""

    TITLE_TEXT: ClassVar[str] = "Projects"
    HELP_TEXT: ClassVar[str] = (
        "Cost by project; s sorts, / filters. Below stands what the one under the cursor was used for, by branch, by commit "
        "or by pull request (v goes on to the next). Enter on a branch shows its commits, on anything else all that is "
        "known of it. Usage goes to the next commit of its own branch of its own repository, and only where git tells that "
        "for certain; pull requests are those that the log records for a session. All else is `unknown`, and the rows of "
        "each way add up to the project."
    )
    FINDS: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("escape", "back", "Back"),
        Binding("s", "sort", "Sort"),
        Binding("v", "way", "View"),
    ]
    DEFAULT_CLASSES: ClassVar[str] = "listing"
    DEFAULT_CSS: ClassVar[str] = """
    ProjectsPage {
        #list { height: 1fr; }
        #below { height: 1fr; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept, self._parted = Kept(_dearest_first), Kept(self._broken_down)
        self._placed = Kept(commits.roots)
        self._asked_us = 0
        self._histories = Histories(Git(os.environ))
        self._asked: str | None = None
        """The path of the project that is asked about; None: the first."""
        self._listed: Projects | None = None
        self._breakdown: Breakdown | None = None
        self._roots: tuple[str, ...] = ()
        self._moment: Moment | None = None
        self._sort = self._way = 0
        self._branch: tuple[str, str] | None = None
        """The repository and branch whose commits alone are shown."""
        self._text = ""
        self._is_reading = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Static(id="said", markup=False)
        listed: Rows[Project] = Rows(parted.projects_columns(None, 0), lambda each: each.path, id="list")
        yield listed
        with Vertical(id="below"):
            yield Static(id="which", markup=False)
            parts: Rows[Part] = Rows((), lambda each: each.key, id="parts")
            yield parts
        yield Empty(id="none")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#list").focus()

    # asking and showing

    def ask(self, connection: Connection, moment: Moment) -> Answer:
        """Ask for the projects, and what one was used for with what git is known to say; git is not waited for here."""
        self._asked_us = moment.now_us
        listed = self._kept.ask(connection, moment.filters)
        paths = [each.path for each in listed.rows]
        if not paths:
            knows_usage = not is_empty(connection)
            return Answer(
                listed=listed, breakdown=None, roots=(), knows_usage=knows_usage, late_s=self._kept.late_s
            )
        wanted = self._asked if self._asked in paths else paths[0]
        roots = self._placed.ask(connection, moment.filters, wanted)
        known = tuple(self._histories.known(roots).items())
        found = self._parted.ask(connection, moment.filters, wanted, known)
        late_s = max(each.late_s for each in (self._kept, self._placed, self._parted))
        return Answer(listed=listed, breakdown=found, roots=roots, knows_usage=True, late_s=late_s)

    def _broken_down(
        self, connection: Connection, filters: Filters, path: str, known: tuple[tuple[str, History], ...]
    ) -> Breakdown:
        return commits.breakdown(connection, filters, path, dict(known), now_us=self._asked_us)

    def show(self, answer: Answer, moment: Moment) -> None:
        """Lay it out, and let git be asked where that was not done lately."""
        self._listed, self._moment = answer.listed, moment
        self.ask_later(answer.late_s)
        self.set_class(not answer.listed.rows, "-empty")
        self.query_one("#none", Empty).say_why(knows_usage=answer.knows_usage)
        if self.focused is None and answer.listed.rows:
            self._rows().focus()
        self._list()
        current = self._rows().current
        found = answer.breakdown
        if found is None or (current is not None and current.path == found.project):
            if found is None or self._breakdown is None or self._breakdown.project != found.project:
                self._branch = None
            self._breakdown, self._roots = found, answer.roots
            self._part()
        missing = self._histories.missing(answer.roots, moment.now_us)
        if missing and not self._is_reading:
            self._is_reading = True
            self.run_worker(partial(self._read, missing, moment.now_us), thread=True, group="git")
        self._say()

    def _read(self, roots: list[str], now_us: int) -> None:
        """Ask git, in a thread of its own: no lease is held meanwhile."""
        is_new = self._histories.look(roots, now_us)
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._has_read, is_new=is_new)

    def _has_read(self, *, is_new: bool) -> None:
        self._is_reading = False
        if is_new and self.is_attached:
            self.ask_again()

    def _list(self) -> None:
        if self._listed is None:
            return
        _, key = parted.SORTS[self._sort]
        found = [each for each in self._listed.rows if self._text in f"{each.name}\n{each.path}".casefold()]
        if key is not None:
            found.sort(key=key, reverse=True)
        most_pico = max((each.measures.cost_pico for each in found), default=0)
        self._rows().put(found, parted.projects_columns(self._moment, most_pico))
        current = self._rows().current
        if current is not None and self._breakdown is not None and current.path != self._breakdown.project:
            self._ask_soon()

    def _part(self) -> None:
        found = self._breakdown
        if found is None:
            self._parts().put(())
            return
        shown = (found.branches, found.commits, found.pulls)[self._way]
        if self._branch is not None and self._way == 1:
            shown = found.by_branch.get(commits.branch_key(*self._branch), ())
        title = _WAYS[self._way].capitalize()
        self._parts().put(shown, parted.parts_columns(self._moment, found.total, title))

    def _say(self) -> None:
        listed = self._listed
        if listed is None:
            return
        every, shown = len(listed.rows), len(self._rows().rows)
        count = counted(every, "project") if shown == every else f"{shown:,} of {counted(every, 'project')}"
        told = (count, cost(listed.total), f"{parted.SORTS[self._sort][0]} first")
        self.query_one("#said", Static).update("  ".join(told))
        self.query_one("#which", Static).update(self._which())

    def _which(self) -> Content:
        current, found = self._rows().current, self._breakdown
        if current is None:
            return Content("No project has this in its name." if self._text else "")
        name = (foreign.harmless(current.name), "bold")
        if found is None or found.project != current.path:
            return Content.assemble(name, "  ...")
        by = f"  by {_WAYS[self._way]}"
        if self._branch is not None and self._way == 1:
            by = f"  commits of {foreign.harmless(self._branch[1])}"
        return Content.assemble(name, by, "  ", (self._of_git(), "dim"))

    def _of_git(self) -> str:
        """Say what git told, where commits are shown."""
        if self._way != 1:
            return ""
        if not self._roots:
            return "no repository is known of it"
        if self._is_reading and self._histories.missing(self._roots, 0):
            return "asking git"
        known = len(self._histories.known(self._roots))
        return "" if known == len(self._roots) else "its repository is not there any more"

    # what a person does

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Ask about the project that the cursor came to."""
        if event.rows is self._rows():
            self._say()
            current = self._rows().current
            if current is None or self._breakdown is None or current.path != self._breakdown.project:
                self._ask_soon()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Go on from a project to its parts, from a branch to its commits, from anything else to all that is known."""
        if event.rows is self._rows():
            self.add_class("-one")
            self._parts().focus()
            return
        part, found = self._parts().current, self._breakdown
        if part is None or found is None:
            return
        if part.kind == "branch":
            self._branch, self._way = (part.root, part.branch), 1
            self._part()
            self._say()
        else:
            title, lines, note = parted.told_of(part, found.total)
            self.app.push_screen(Facts(title, lines, note=note))

    def action_open(self) -> None:
        """Open what is under the cursor."""
        (self._parts() if self.focused is self._parts() else self._rows()).action_open()

    def action_back(self) -> None:
        """Go back from a branch to all branches, from a project to the list."""
        if self._branch is not None:
            branch = self._branch
            self._branch, self._way = None, 0
            self._part()
            self._parts().go(commits.branch_key(*branch))
            self._say()
        elif self.focused is self._parts():
            self.remove_class("-one")
            self._rows().focus()

    def action_way(self) -> None:
        """Part the usage in the next way."""
        self._branch = None
        self._way = (self._way + 1) % len(_WAYS)
        self._part()
        self._say()

    def action_sort(self) -> None:
        """Sort projects by the next thing."""
        self._sort = (self._sort + 1) % len(parted.SORTS)
        self._list()
        self._say()

    def find(self, text: str) -> None:
        """Show projects that have this in their name or path."""
        self._text = text.casefold()
        self._list()
        self._say()

    def copied(self) -> str:
        """Give the row under the cursor of the table that has the keys."""
        rows: Rows[Any] = self._parts() if self.focused is self._parts() else self._rows()
        return "" if rows.current is None else rows.text(rows.current)

    # parts

    def _ask_soon(self) -> None:
        current = self._rows().current
        self._asked = None if current is None else current.path
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_S, self.ask_again)

    def _rows(self) -> Rows[Project]:
        return self.query_one("#list", Rows)

    def _parts(self) -> Rows[Part]:
        return self.query_one("#parts", Rows)


PAGE = ProjectsPage
