"""Asks the store for the screen, in a thread of its own: one short lease per question, and nothing held in between.

Whoever wants an answer says so at any time; what was wanted meanwhile comes to one more question, of the newest kind. So a
burst of changes costs one reading, and a slow disk makes the screen late but never makes it pile up work. A question that
needs no logs goes first, so that a key is answered at once while a burst is waited out.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from ccmeter.domain.errors import CcmeterError

if TYPE_CHECKING:
    import datetime as dt
    from collections import Counter
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

SOON_S: Final = 1.0
"""How long the store is held for the first question, which comes as soon as the screen is there."""
READ_EVERY_S: Final = 0.5
"""Logs are read at most this often,"""
REST: Final = 3
"""and rest at least so many times as long as the last reading took: a slow machine is not kept busy."""
AFTER_EVERY_S: Final = 10.0
"""What follows a reading is done at most this often."""


class Lent(Protocol):
    """A store ready to be asked."""

    @property
    def connection(self) -> Connection:
        """With prices and views in place."""

    @property
    def problems(self) -> Counter[str]:
        """What could not be read just now, by reason."""


Lend: TypeAlias = "Callable[[bool], AbstractContextManager[Lent]]"
"""Lends the store, brought up to date first if so asked. Raises CcmeterError."""
Ask: TypeAlias = "Callable[[Connection, Moment], Any]"
After: TypeAlias = "Callable[[dt.datetime], Sequence[str]]"
"""What follows a reading (the status line's snapshot, alerts); gives what a person should be told. Raises CcmeterError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A question, and what it is for."""

    page: str
    ask: Ask
    moment: Moment
    reads_logs: bool
    """New lines of the logs are stored first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a question."""

    want: Want
    answer: Any = None
    has_answer: bool = False
    problems: tuple[tuple[str, int], ...] = ()
    error: CcmeterError | None = None
    """Why there is no answer, or why the logs could not be read; the next question may fare better."""
    said: tuple[str, ...] = ()
    """What a person should be told."""
    owes: bool = False
    """What follows a reading was put off: there should be another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed:
    """The program is wrong: whoever hears it ends."""

    error: BaseException


class Voice:
    """Says what a lease does meanwhile (`waiting for python (PID 7)`); whoever listens is told, in the feed's thread."""

    def __init__(self) -> None:
        self.listener: Callable[[str], object] | None = None
        self.terminal: Callable[[str], object] | None = None
        """Writes to the terminal without disturbing what is drawn there."""

    def write(self, text: str) -> None:
        """Write to the terminal (a bell, a notification), if there is one."""
        if self.terminal is not None:
            self.terminal(text)

    def say(self, text: str) -> None:
        """Tell whoever listens."""
        if self.listener is not None:
            self.listener(text)


class Feed:
    """The thread that asks. `tell` is called in that thread, once `listen` has said whom."""

    def __init__(self, lend: Lend, *, after: After | None = None) -> None:
        self._lend = lend
        self._after = after
        self._tell: Callable[[Told | Crashed], object] | None = None
        self._asked: Want | None = None
        self._reading: Want | None = None
        self._read_from_s = 0.0
        """When logs may be read again, on the monotonic clock."""
        self._after_from_s = 0.0
        self._is_busy = False
        self._is_over = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Begin: the store is opened once at once, so that all it takes is loaded while the screen is made."""
        self._thread.start()

    def listen(self, tell: Callable[[Told | Crashed], object]) -> None:
        """Say whom to tell. Begins if need be."""
        self._tell = tell
        if self._thread.ident is None:
            self.start()

    def stop(self, patience_s: float = 5.0) -> None:
        """Answer nothing more; wait for a question that is being asked, so that the store is closed in order."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(patience_s)

    def want(self, want: Want) -> None:
        """Ask for an answer, in place of any that was asked for and not begun; logs that were to be read still are."""
        with self._changed:
            if want.reads_logs:
                self._reading = want
            else:
                self._asked = want
                if self._reading is not None:
                    self._reading = replace(want, reads_logs=True)
            self._changed.notify()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked or being asked."""
        with self._changed:
            return self._asked is None and self._reading is None and not self._is_busy

    @property
    def is_reading(self) -> bool:
        """Whether logs are still to be read."""
        with self._changed:
            return self._reading is not None

    def _next(self) -> Want | None:
        with self._changed:
            self._is_busy = False
            while not self._is_over:
                if self._asked is not None:
                    wanted, self._asked = self._asked, None
                    self._is_busy = True
                    return wanted
                rest_s = self._read_from_s - time.monotonic()
                if self._reading is not None and rest_s <= 0:
                    wanted, self._reading = self._reading, None
                    self._is_busy = True
                    return wanted
                self._changed.wait(None if self._reading is None else rest_s)
        return None

    def _run(self) -> None:
        work: Callable[[], Told | None] = self._first
        while not self._is_over:
            told: Told | Crashed | None
            try:
                told = work()
            except BaseException as error:  # noqa: BLE001 - raised again where it ends the program
                told = Crashed(error=error)
            if told is not None and self._tell is not None:
                self._tell(told)
            if (want := self._next()) is None:
                return
            work = partial(self._told, want)

    def _first(self) -> Told | None:
        """Open the store while the screen is made, and answer the first question with it if that comes soon."""
        wanted: Want | None = None
        try:
            with self._lend(False) as lent:  # noqa: FBT003 - what Lend takes
                with self._changed:
                    self._changed.wait_for(lambda: self._asked or self._reading or self._is_over, SOON_S)
                    wanted, self._asked = self._asked, None
                    self._is_busy = wanted is not None
                return None if wanted is None else _of(wanted, lent)
        except CcmeterError as error:  # without a question yet the next one is told
            return None if wanted is None else Told(want=wanted, error=_bare(error))

    def _told(self, want: Want) -> Told:
        if not want.reads_logs:
            return self._asked_once(want)
        begun_s = time.monotonic()
        told = self._asked_once(want)
        if told.error is not None and not told.has_answer:  # what is stored can be shown all the same
            known = self._asked_once(replace(want, reads_logs=False))
            told = replace(known, want=want, error=told.error)
        took_s = time.monotonic() - begun_s
        self._read_from_s = time.monotonic() + max(READ_EVERY_S - took_s, REST * took_s)
        return told if told.error else self._followed(told)

    def _asked_once(self, want: Want) -> Told:
        try:
            with self._lend(want.reads_logs) as lent:
                return _of(want, lent)
        except CcmeterError as error:
            return Told(want=want, error=_bare(error))

    def _followed(self, told: Told) -> Told:
        """Do what follows a reading, or put it off."""
        if self._after is None:
            return told
        now_s = time.monotonic()
        if now_s < self._after_from_s:
            return replace(told, owes=True)
        self._after_from_s = now_s + AFTER_EVERY_S
        try:
            return replace(told, said=tuple(self._after(told.want.moment.now)))
        except CcmeterError as error:
            return replace(told, error=_bare(error))


def _of(want: Want, lent: Lent) -> Told:
    answer = want.ask(lent.connection, want.moment)
    return Told(want=want, answer=answer, has_answer=True, problems=tuple(sorted(lent.problems.items())))


def _bare(error: CcmeterError) -> CcmeterError:
    """Give an error without the frames that it came through, one of which may hold a connection."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
