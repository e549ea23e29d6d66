r"""What every screen is: a question that is asked in a worker, and an answer that is shown.

A page never holds the store and never adds up: `ask` runs in the feed's thread within a short lease and gives a frozen
value, `show` lays that value out.

What every page gets without doing anything:
- a line at the top (limits with their source, the instant shown, filters, what is wrong) and the keys at the bottom; a page
  composes only what stands between, and its own `BINDINGS` with a description join the bottom line and the help;
- keys of the whole monitor: 1-8, q, r, t, c, y, p, f, g, ?, [ ] { } \, /; `j` and `k` move whatever has the focus.

What a page may use:
- `FINDS = True` and `find(text)`: `/` opens a line at the bottom whose text is handed to `find` as it is typed;
- `copied()`: what `y` copies; without it the row under the cursor of the table that has the focus;
- `ask_again()`: the page wants another answer, because of what a person chose (no logs are read for it); `ask_later(s)`:
  after a while, because what it shows is older than the store (`tui.kept`);
- `is_compact`, `is_ascii`: as few lines as possible; nothing but ASCII (the app replaces what is not, cell by cell);
- `say(text)`: a short message that goes away by itself;
- `tui.words`: money, tokens, shares, ages and countdowns as text, alike on all screens;
- `tui.widgets.empty.Empty`: what stands where there is nothing to show, and what to do next;
- `tui.widgets.dialog.Dialog`: the base of every dialog (title, fields, an error line, Enter and Escape);
- classes of `monitor.tcss`: `panel` (a titled part, `border_title` is its name), `figure` (a big number), `muted`, `good`,
  `warn`, `bad` (a state, only of official or calibrated values), `official`, `estimate`, `unknown` (a source);
- classes that a screen has by its size: `-narrow` (< 80 columns), `-normal`, `-wide` (>= 120), `-huge` (>= 180); `-short`
  (< 20 lines), `-middling`, `-tall` (>= 36). `-compact` is set by the key c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Input

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.timer import Timer

    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

Answer = TypeVar("Answer")


class Page(Screen[None], Generic[Answer]):
    """One screen of the monitor. A subclass stands in `screens/<name>.py` and is named there as `PAGE`."""

    TITLE_TEXT: ClassVar[str] = ""
    """What footer, palette and header call it."""
    HELP_TEXT: ClassVar[str] = ""
    """What it shows and how to read it, in two or three sentences, for the help panel."""
    FINDS: ClassVar[bool] = False
    """Whether `/` filters it; see `find`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move('down')", "Down", show=False),
        Binding("k", "move('up')", "Up", show=False),
        Binding("slash", "find", "Filter", show=False),
    ]

    _later: Timer | None = None

    class Wanted(Message):
        """A page wants another answer."""

    def ask(self, connection: Connection, moment: Moment) -> Answer:
        """Ask the store, in the feed's thread: no widget may be touched. Raises what queries raise."""
        raise NotImplementedError

    def show(self, answer: Answer, moment: Moment) -> None:
        """Lay an answer out. Called whenever there is a new one, with the cursor and the scroll position kept."""
        raise NotImplementedError

    def miss(self) -> None:
        """Say what is unknown while the store cannot be asked and never was; the line at the top says why."""

    def tick(self, moment: Moment) -> None:
        """Move what only time moves, such as countdowns: nothing is asked for it."""

    def find(self, text: str) -> None:
        """Show only what has this text in it; all if it is empty. Only where `FINDS`."""

    def copied(self) -> str:
        """Give what `y` copies: the row under the cursor, its cells parted by tabs. Empty: there is nothing."""
        table = self.focused
        if not isinstance(table, DataTable) or not table.row_count:
            return ""
        return "\t".join(str(cell).strip() for cell in table.get_row_at(table.cursor_row))

    def ask_again(self) -> None:
        """Want another answer, because a person chose something else."""
        self.post_message(self.Wanted())

    def ask_later(self, seconds: float) -> None:
        """Want another answer after a while, in place of any that was wanted so before; 0: not any more."""
        if self._later is not None:
            self._later.stop()
        self._later = self.set_timer(seconds, self.ask_again) if seconds else None

    def say(self, text: str, *, is_bad: bool = False) -> None:
        """Tell the person something that goes away by itself."""
        self.notify(text, severity="error" if is_bad else "information", markup=False)

    @property
    def is_compact(self) -> bool:
        """Whether a person wants as few lines as possible."""
        return self.app.has_class("-compact")

    @property
    def is_ascii(self) -> bool:
        """Whether the terminal shows nothing but ASCII."""
        return self.app.has_class("-ascii")

    def on_mount(self) -> None:
        """Put the lines that all pages share around what this page is made of."""
        from ccmeter.tui.widgets.header import TopLine, TroubleLine
        from ccmeter.tui.widgets.keys import KeyLine

        self.mount(TopLine(), TroubleLine(), KeyLine())

    def _compositor_refresh(self) -> None:
        """Draw, unless the screen is covered: Textual's own way to lay out without drawing stops both."""
        cover = getattr(self.app, "cover", None)
        if cover is None or not cover.lies:
            super()._compositor_refresh()

    def action_move(self, way: str) -> None:
        """Move the cursor of what has the focus; without one, scroll."""
        has_focus = self.focused or self
        move = getattr(has_focus, f"action_cursor_{way}", None) or getattr(
            has_focus, f"action_scroll_{way}", None
        )
        if move is not None:
            move()

    def action_find(self) -> None:
        """Open the line that filters."""
        from ccmeter.tui.widgets.finder import Finder

        if not self.FINDS:
            self.say("There is nothing to filter on this screen.")
            return
        finder = next(iter(self.query(Finder)), None)
        if finder is None:
            self.mount(Finder())
        else:
            finder.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while somebody types."""
        from ccmeter.tui.widgets.finder import Finder

        if isinstance(event.input, Finder):
            event.stop()
            self.find(event.value.strip())


AnyPage = Page[Any]
