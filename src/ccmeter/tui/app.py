"""The monitor: eight screens on the keys 1 to 8, fed by one thread, and never holding the store between answers."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding

from ccmeter.tui import beside, clockwork, screens, themes
from ccmeter.tui.cover import Cover
from ccmeter.tui.crash import Discreet
from ccmeter.tui.feed import Crashed, Feed, Want
from ccmeter.tui.messages import Answered, Noticed
from ccmeter.tui.moment import Moment
from ccmeter.tui.page import Page
from ccmeter.tui.setup import Asked, Setup
from ccmeter.tui.topline import Both, State, ask_both

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from textual.app import SystemCommand
    from textual.binding import BindingType
    from textual.filter import LineFilter
    from textual.screen import Screen

    from ccmeter.domain.errors import CcmeterError
    from ccmeter.tui.beside import Beside
    from ccmeter.tui.feed import Told
    from ccmeter.tui.page import AnyPage
    from ccmeter.tui.rounds import Agreed

__all__ = ["Asked", "Monitor", "Setup"]

TICK_S = 10.0
"""How often time alone moves something."""
AGAIN_S = 60.0
"""How often the store is asked although nothing came: rates of the last minutes fall by themselves,"""
SLOWLY_S = 300.0
"""and how often once nothing came for a quarter of an hour."""
QUIET_S = 900.0
_SAID_FOR_S = 120.0
"""How long an odd clock is told of."""


class Monitor(Discreet):
    """The live screen."""

    TITLE = "ccmeter"
    CSS_PATH = "monitor.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - mypy has Textual's own annotation for no class variable
        (0, "-narrow"),
        (80, "-normal"),
        (120, "-wide"),
        (180, "-huge"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-middling"), (36, "-tall")]  # noqa: RUF012 - as above
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", show=False),
        Binding("r", "refresh", "Read the logs now", show=False),
        Binding("t", "theme", "Next theme", show=False),
        Binding("c", "compact", "Compact, and back", show=False),
        Binding("g", "range", "Other days, project, model", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("p", "picture", "Picture of the screen", show=False),
        Binding("question_mark,f1", "help", "Help", show=False),
        Binding("left_square_bracket", "scrub(-5)", "5 minutes back", show=False),
        Binding("right_square_bracket", "scrub(5)", "5 minutes on", show=False),
        Binding("left_curly_bracket", "scrub(-1440)", "A day back", show=False),
        Binding("right_curly_bracket", "scrub(1440)", "A day on", show=False),
        Binding("backslash", "live", "Back to now", show=False),
    ]

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup
        self._chosen, self._asked = setup.filters, setup.asked
        self._past: dt.datetime | None = setup.ends_on
        self._state = State()
        self._has_read = not setup.reads_logs
        self._has_shown = False
        self._shown: Moment | None = None
        """The instant that ages on the screen are told of: one, so that they agree."""
        self.error: CcmeterError | None = None
        """Why the last question has no answer, or the logs could not be read."""
        self._beside: list[Beside] = []
        self._clocks: clockwork.Reading | None = None
        self._wanted_at_s = self._changed_at_s = time.monotonic()
        self.cover = Cover(self)
        self._feed = setup.feed or Feed(setup.lend, after=setup.after)
        for theme in themes.OWN:
            self.register_theme(theme)
        self.theme = setup.theme
        self.set_class(setup.is_compact, "-compact")
        self.set_class(setup.is_ascii, "-ascii")
        for number, name in enumerate(screens.ORDER, 1):
            if name in screens.names():
                self.add_mode(name, partial(screens.page, name))
                self.bind(str(number), f"show('{name}')", description=name.title(), show=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Give what is done to every line before it is shown."""
        filters = list(super().get_line_filters())
        if self.has_class("-ascii"):
            from ccmeter.tui.ascii import ASCII

            filters.append(ASCII)
        return filters

    @property
    def setup(self) -> Setup:
        """What it was started with."""
        return self._setup

    @property
    def moment(self) -> Moment:
        """The instant that is shown."""
        now, filters = self._past or self._setup.clock(), self._chosen
        moment = Moment(
            now=now, is_live=self._past is None, filters=filters, week_starts=self._setup.week_starts
        )
        if moment.is_live:
            return moment
        return replace(moment, filters=replace(filters, before_us=moment.now_us + 1))

    @property
    def page(self) -> AnyPage | None:
        """The page that is shown, below whatever dialog stands on it."""
        return next((screen for screen in self.screen_stack if isinstance(screen, Page)), None)

    @property
    def is_settled(self) -> bool:
        """Whether all that was asked has been shown."""
        is_drawn = self._has_shown and self._has_read and not self.cover.lies
        return is_drawn and self._feed.is_idle and self._message_queue.empty()

    # beginning and end

    def on_load(self) -> None:
        """Take the terminal over."""
        self.cover.take()

    def on_mount(self) -> None:
        """Show the first screen with what is known, then read the logs."""
        self.cover.lay()
        self._setup.voice.listener = lambda text: self._notice(partial(self._hear, text))
        self._setup.voice.terminal = lambda text: self._notice(partial(self.write, text))
        self._feed.listen(lambda told: self.post_message(Answered(told)))
        self.action_show(self._setup.first)
        self.set_interval(TICK_S, self._tick)

    def on_unmount(self) -> None:
        """Let the store go in order."""
        self._setup.voice.end()
        for each in self._beside:
            each.stop()
        self._feed.stop()

    # asking and showing

    def want(self, *, reads_logs: bool) -> None:
        """Ask for the shown page."""
        if self.page is not None and self.current_mode is not None:
            self._wanted_at_s = time.monotonic()
            ask = partial(ask_both, self.page.ask)
            reads_logs = reads_logs and self._setup.reads_logs
            self._feed.want(Want(page=self.current_mode, ask=ask, moment=self.moment, reads_logs=reads_logs))

    def on_page_wanted(self) -> None:
        """Ask again because a person chose something else on the page."""
        self.want(reads_logs=False)

    def on_answered(self, message: Answered) -> None:
        """Show what came."""
        told = message.told
        if isinstance(told, Crashed):
            raise told.error
        self._has_shown = True
        self.error = told.error
        self._state = self._state.after(told, is_reading=self._feed.is_reading)
        if self._is_about_this(told):
            self._show(told)
        for text in told.said:
            self.notify(text, severity="warning", markup=False)
        if told.owes:
            self.set_timer(TICK_S, partial(self.want, reads_logs=True))
        if not self._has_read:
            self._state = replace(self._state, doing="reading logs")
        self._say()
        if self.cover.lies or not self._has_read:
            self.screen.call_after_refresh(partial(self.cover.lift, before=self._begin_to_read))

    def _show(self, told: Told) -> None:
        """Lay an answer out on the page that it is for; ages in it are of now, however long it took."""
        self._shown = self.moment
        if self.page is None:
            return
        if told.has_answer:
            both: Both[Any] = told.answer
            self._state = self._state.shown(both, told.want.moment)
            self.page.show(both.answer, self._shown)
            self.cover.keep_soon(told.want.moment)
        elif told.error is not None:
            self.page.miss()

    @property
    def is_untroubled(self) -> bool:
        """Whether nothing is said beside the page."""
        return not (self._state.trouble(self.moment.now) or self._notifications)

    def _is_about_this(self, told: Told) -> bool:
        """Whether an answer is about what is shown: the same page, the same filters, now or the same past."""
        there, here = told.want.moment, self.moment
        is_same_time = there.now == here.now if self._past is not None else there.is_live
        return (
            told.want.page == self.current_mode
            and is_same_time
            and replace(there.filters, before_us=None) == self._chosen
        )

    @property
    def _told(self) -> Moment:
        """What the lines that all pages share are told of: the same as the page, unless it is of the past."""
        shown = self._shown
        return self.moment if shown is None or self._past is not None or not shown.is_live else shown

    def _say(self) -> None:
        """Bring the lines that all pages share up to date."""
        from ccmeter.tui.widgets.header import TopLine, TroubleLine

        page = self.page
        if page is None:
            return
        for line in page.query(TopLine):
            line.tell(self._state.top(self._told, self._setup.clock(), page.TITLE_TEXT, self._asked))
        for trouble in page.query(TroubleLine):
            trouble.tell(self._state.trouble(self._told.now))

    # what goes on by itself

    def _begin_to_read(self) -> None:
        """Read the logs, and again whenever they change; whoever looks but once sees for themselves whether there are any."""
        if self._has_read:
            return
        self._has_read = True
        if not self._setup.watched:
            self._miss(tuple(folder for folder in self._setup.log_folders if not folder.is_dir()))
        self.want(reads_logs=True)
        self._beside = beside.begun(self._setup, self._notice, self._changed, self._miss, self._agree)

    def _agree(self, agreed: Agreed) -> None:
        self._state = self._state.agreed(agreed)
        self._say()
        if agreed.has_news:
            self.want(reads_logs=False)

    def _notice(self, act: Callable[[], object]) -> None:
        """Have something done here; called in any thread, which never waits for it."""
        self.post_message(Noticed(act))

    def on_noticed(self, message: Noticed) -> None:
        """Do it."""
        message.act()

    def write(self, text: str) -> None:
        """Write to the terminal between two frames, such as what a channel of alerts has for it."""
        if self._driver is not None:
            self._driver.write(text)

    def _changed(self) -> None:
        self._changed_at_s = time.monotonic()
        self.want(reads_logs=True)

    def _miss(self, folders: tuple[Path, ...]) -> None:
        logs = self._setup.log_folders
        gone = tuple(folder for folder in logs if folder in folders)
        self._state = self._state.missing(gone, are_all=len(gone) == len(logs))
        self._say()

    def _hear(self, text: str) -> None:
        self._state = replace(self._state, doing=text)
        self._say()

    def _tick(self) -> None:
        """Move what time moves, and see whether the clocks went as they should."""
        steady_s = time.monotonic()
        clocks = clockwork.Reading(now=self._setup.clock(), steady_s=steady_s)
        odd = clockwork.noticed(self._clocks, clocks) if self._clocks else ""
        self._clocks = clocks
        if odd:
            self._state = self._state.startled(odd, steady_s + _SAID_FOR_S)
        elif steady_s > self._state.clock_until_s:
            self._state = replace(self._state, clock="")
        if self.page is not None and self._past is None:
            self._shown = self.moment
            self.page.tick(self._shown)
        self._say()
        every_s = AGAIN_S if steady_s - self._changed_at_s < QUIET_S else SLOWLY_S
        if self.error is not None or (self._setup.is_there is not None and not self._setup.is_there()):
            every_s = 0.0  # what is wrong is told soon, and so is that it is over
        if odd or (self._past is None and steady_s - self._wanted_at_s >= every_s):
            self.want(reads_logs=bool(odd))

    # what a person does

    def action_show(self, name: str) -> None:
        """Show a screen."""
        self.switch_mode(name)
        if self.page is not None and self._past is None:  # it may be long ago that it was shown
            self._shown = self.moment
            self.page.tick(self._shown)
        self.want(reads_logs=False)
        self.call_after_refresh(self._say)

    def action_refresh(self) -> None:
        """Read the logs now."""
        self._state = replace(self._state, doing="reading logs")
        self._say()
        self.want(reads_logs=True)

    def action_scrub(self, minutes: int) -> None:
        """Show the past, or less of it."""
        import datetime as dt

        now = self._setup.clock()
        if self._past is None and minutes > 0:
            return
        self._past = clockwork.stepped(self._past or now, now, dt.timedelta(minutes=minutes))
        self._say()
        self.want(reads_logs=False)

    def action_live(self) -> None:
        """Show what is now."""
        if self._past is not None:
            self._past = None
            self._say()
            self.want(reads_logs=False)

    def action_theme(self) -> None:
        """Take the next look."""
        self.theme = themes.after(self.theme)
        self.notify(f"Theme: {self.theme}", timeout=2)

    def action_compact(self) -> None:
        """Use as few lines as possible, or not."""
        self.toggle_class("-compact")
        self.want(reads_logs=False)

    def action_help(self) -> None:
        """Say what this screen shows and which keys there are."""
        from ccmeter.tui.widgets.help import Help
        from ccmeter.tui.widgets.keys import own_keys

        page = self.page
        if page is not None:
            keys = [(key, word) for key, word, *_ in own_keys(page)]
            self.push_screen(Help(page.TITLE_TEXT, page.HELP_TEXT, keys))

    def action_range(self) -> None:
        """Ask which usage to show."""
        from ccmeter.tui.widgets.ranges import RangeDialog

        parse = self._setup.parse
        if parse is None:
            self.notify("The range cannot be changed here.")
            return

        def take(asked: Asked | None) -> None:
            if asked is not None:
                self._asked, self._chosen = asked, parse(asked)
                self._say()
                self.want(reads_logs=False)

        self.push_screen(RangeDialog(self._asked, parse), take)

    def action_copy(self) -> None:
        """Copy what the page says is chosen."""
        text = self.page.copied() if self.page is not None else ""
        if text:
            self.copy_to_clipboard(text)
        self.notify(f"Copied: {text[:60]}" if text else "There is nothing to copy here.", markup=False)

    def action_picture(self) -> None:
        """Save the screen as SVG into the current folder."""
        try:
            self.notify(f"Written: {self.save_screenshot()}", markup=False)
        except OSError as error:
            self.notify(f"The picture cannot be written: {error.strerror}.", severity="error", markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Give what the palette offers: the screens, and what the keys do."""
        from ccmeter.tui import palette

        return palette.commands(self, screen)
