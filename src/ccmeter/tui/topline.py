"""What all pages say at the top: asked together with every page's own question, and kept between answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ccmeter.reports.foreign import harmless
from ccmeter.tui import chips, words
from ccmeter.tui.widgets.header import Chip, Top

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from ccmeter.store.lease import Connection
    from ccmeter.tui.feed import Ask, Told
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.setup import Asked

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Both(Generic[Answer]):
    """A page's answer, and the limits."""

    answer: Answer
    chips: tuple[Chip, ...]


def ask_both(ask: Ask, connection: Connection, moment: Moment) -> Both[Any]:
    """Ask a page's question and for the limits, unless the page's own answer has them as `limits`."""
    from ccmeter.domain.limits import Limits

    answer = ask(connection, moment)
    found = getattr(answer, "limits", None)
    known = found if isinstance(found, Limits) else chips.ask(connection, moment)
    return Both(answer=answer, chips=chips.chips(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of how it goes."""

    chips: tuple[Chip, ...] | None = None
    doing: str = ""
    error: str = ""
    """Why the last question had no answer."""
    unread: str = ""
    """Why the logs could not be read when they last should have been."""
    problems: tuple[tuple[str, int], ...] = ()
    folders: str = ""
    clock: str = ""
    clock_until_s: float = 0.0

    def after(self, told: Told) -> State:
        """Give the state after an answer."""
        said = ""
        if told.error is not None:
            hint = f" {told.error.hint}" if told.error.hint else ""
            said = harmless(f"{told.error}{hint}".replace("\n", " "))
        if not told.want.reads_logs:  # that logs could not be read still holds
            return replace(self, error=said)
        return replace(self, doing="", error="", unread=said, problems=told.problems)

    def missing(self, folders: tuple[Path, ...], *, are_all: bool) -> State:
        """Give the state with what is known of folders that are not there."""
        said = ""
        if are_all and folders:
            said = f"No log folder: {', '.join(harmless(str(folder)) for folder in folders[:2])}. It is read once it is there."
        return replace(self, folders=said)

    @property
    def trouble(self) -> str:
        """What is wrong, worst first; empty if nothing is."""
        unread = sum(count for _, count in self.problems)
        read = f"{unread} could not be read ({harmless(self.problems[0][0])}); 8 shows all." if unread else ""
        return "  ".join(filter(None, (self.error or self.unread, self.clock, self.folders, read)))

    def top(self, moment: Moment, now: dt.datetime, title: str, asked: Asked) -> Top:
        """Give the line at the top."""
        return Top(
            title=title,
            instant=f"{moment.now:%H:%M}" if moment.is_live else f"{moment.now:%Y-%m-%d %H:%M}",
            is_live=moment.is_live,
            behind=f"{words.ago(round((now - moment.now).total_seconds()))} ago",
            chips=self.chips,
            filters=said(asked),
            doing=self.doing,
        )


def said(asked: Asked) -> str:
    """Give filters in few words: `since monday, project shop`; empty if there are none."""
    found = (
        ("since", asked.since),
        ("until", asked.until),
        ("last", asked.last),
        ("project", asked.project),
        ("model", asked.model),
    )
    return harmless(", ".join(f"{name} {value}" for name, value in found if value))
