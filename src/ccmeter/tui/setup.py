"""What the monitor is started with; everything that it depends on. Nothing here loads Textual."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccmeter.tui.feed import Feed, Voice

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.domain.budgets import Budget
    from ccmeter.domain.filters import Filters
    from ccmeter.reports.doctor import Diagnosis
    from ccmeter.store.lease import Connection
    from ccmeter.tui.afterimage import Afterimage
    from ccmeter.tui.feed import After, Lend
    from ccmeter.tui.rounds import Sync


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which usage somebody wants to see, as typed; empty where nothing was."""

    since: str = ""
    until: str = ""
    last: str = ""
    project: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the monitor is started with."""

    lend: Lend
    clock: Callable[[], dt.datetime]
    """Gives the aware instant of now, in the zone that days are told in."""
    filters: Filters
    week_starts: int
    first: str = "now"
    """The screen to begin with."""
    asked: Asked = field(default_factory=Asked)
    """What the filters were made of."""
    parse: Callable[[Asked], Filters] | None = None
    """Makes filters of what is typed. Raises UsageError. None: they cannot be changed."""
    watched: tuple[Path, ...] = ()
    """Folders in which a change may mean something new."""
    log_folders: tuple[Path, ...] = ()
    """Those of them that hold logs; where none is there, the screen says so."""
    is_there: Callable[[], bool] | None = None
    """Tells at little cost whether the store still is where it was."""
    diagnose: Callable[[Connection, dt.datetime], Diagnosis] | None = None
    """Examines the store and the folders as of an instant. None: the screen Trust says what the store alone knows."""
    budgets: tuple[Budget, ...] = ()
    """What a person wants to spend at most; the screen of now shows how they go."""
    after: After | None = None
    """What follows a reading of the logs."""
    sync: Sync | None = None
    """Syncs with the other machines of a vault. None: there is none."""
    voice: Voice = field(default_factory=Voice)
    """Says what a lease waits for."""
    feed: Feed | None = None
    """One that has begun already; else one is made."""
    afterimage: Afterimage | None = None
    """What may stand on the terminal already, and takes what is drawn for the next time."""
    theme: str = "dark"
    is_compact: bool = False
    is_ascii: bool = False
    reads_logs: bool = True
    """False: what is stored is all there is."""
    ends_on: dt.datetime | None = None
    """Show the past, up to this instant, to begin with."""
