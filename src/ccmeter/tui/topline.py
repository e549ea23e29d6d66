"""What all pages say at the top: asked together with every page's own question, and kept between answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ccmeter.domain.errors import StoreBusyError
from ccmeter.domain.outlook import aged
from ccmeter.reports.foreign import harmless
from ccmeter.tui import chips, words
from ccmeter.tui.widgets.header import Top

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from ccmeter.domain.limits import Limits
    from ccmeter.store.lease import Connection
    from ccmeter.tui.feed import Ask, Told
    from ccmeter.tui.moment import Moment
    from ccmeter.tui.rounds import Agreed
    from ccmeter.tui.setup import Asked

Answer = TypeVar("Answer")
_GOES_ON: Final = "The screen goes on by itself once it is free."
_STALE_S: Final = 10
"""Younger figures are as good as new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Both(Generic[Answer]):
    """A page's answer, and the limits."""

    answer: Answer
    limits: Limits


def ask_both(ask: Ask, connection: Connection, moment: Moment) -> Both[Any]:
    """Ask a page's question and for the limits, unless the page's own answer has them as `limits`."""
    from ccmeter.domain.limits import Limits

    answer = ask(connection, moment)
    found = getattr(answer, "limits", None)
    known = found if isinstance(found, Limits) else chips.ask(connection, moment)
    return Both(answer=answer, limits=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of how it goes."""

    limits: Limits | None = None
    """None: not asked yet."""
    as_of: dt.datetime | None = None
    """When what is shown was asked for;"""
    is_blind: bool = False
    """and since then the store could not be asked."""
    doing: str = ""
    error: str = ""
    """Why the last question had no answer."""
    unread: str = ""
    """Why the logs could not be read when they last should have been."""
    problems: tuple[tuple[str, int], ...] = ()
    folders: str = ""
    synced: str = ""
    """How it stands with the other machines: `synced 15:30`."""
    unsynced: str = ""
    """Why the last sync failed."""
    clock: str = ""
    has_caught_up: bool = True
    """There was an answer since then."""
    clock_until_s: float = 0.0

    def after(self, told: Told, *, is_reading: bool) -> State:
        """Give the state after an answer; `is_reading` says whether logs are still to be read."""
        said, is_blind = "", told.error is not None and not told.has_answer
        if told.error is not None:
            hint = _GOES_ON if isinstance(told.error, StoreBusyError) else told.error.hint
            hint = f" {hint}" if hint else ""
            said = harmless(f"{told.error}{hint}".replace("\n", " "))
        if not told.want.reads_logs:  # that logs could not be read still holds
            return replace(self, error=said, is_blind=is_blind, doing=self.doing if is_reading else "")
        return replace(self, doing="", error="", unread=said, is_blind=is_blind, problems=told.problems)

    def missing(self, folders: tuple[Path, ...], *, are_all: bool) -> State:
        """Give the state with what is known of folders that are not there."""
        said = ""
        if are_all and folders:
            named = ", ".join(harmless(str(folder)) for folder in folders[:2])
            said = f"No log folder: {named}. It is read once it is there; --claude-dir names another."
        return replace(self, folders=said)

    def agreed(self, agreed: Agreed) -> State:
        """Give the state after a round of syncing; one that failed says since when it is so."""
        if not agreed.failed:
            return replace(self, synced=agreed.said or self.synced, unsynced="")
        last = f" (last {self.synced})" if self.synced else ""
        return replace(self, unsynced=harmless(f"Not synced{last}: {agreed.failed}"))

    def startled(self, clock: str, until_s: float) -> State:
        """Give the state after something odd about the clock, which is told for a while."""
        return replace(self, clock=clock, clock_until_s=until_s, has_caught_up=False)

    def shown(self, answer: Both[Any], moment: Moment) -> State:
        """Give the state with an answer that is on the screen."""
        return replace(self, limits=answer.limits, as_of=moment.now, has_caught_up=True)

    def trouble(self, now: dt.datetime) -> str:
        """Give what is wrong, worst first; empty if nothing is."""
        unread = sum(count for _, count in self.problems)
        read = f"{unread} could not be read ({harmless(self.problems[0][0])}); 8 shows all." if unread else ""
        error = self.error or self.unread
        parts = (error, self._stale(now), self._clock(error), self.folders, self.unsynced, read)
        return "  ".join(filter(None, parts))

    def _clock(self, error: str) -> str:
        """Say what was odd about the clock, and that it is over once there are figures from after it."""
        is_over = self.clock and self.has_caught_up and not error
        return f"{self.clock} The monitor has caught up." if is_over else self.clock

    def _stale(self, now: dt.datetime) -> str:
        """Say how old the figures are, where no newer ones can be had."""
        if not self.is_blind or self.as_of is None:
            return ""
        age_s = round((now - self.as_of).total_seconds())
        return f"Figures are of {self.as_of:%H:%M}, {words.ago(age_s)} ago." if age_s >= _STALE_S else ""

    def top(self, moment: Moment, now: dt.datetime, title: str, asked: Asked) -> Top:
        """Give the line at the top."""
        return Top(
            title=title,
            instant=f"{moment.now:%H:%M}" if moment.is_live else f"{moment.now:%Y-%m-%d %H:%M}",
            is_live=moment.is_live,
            behind=f"{words.ago(round((now - moment.now).total_seconds()))} ago",
            chips=None if self.limits is None else chips.chips(aged(self.limits, moment.now_us)),
            filters=said(asked),
            doing=self.doing or self.synced,
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
