"""The monitor with a small real store, a clock that stands still, and a way to look at any screen at any size."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.tui.app import Monitor
from ccmeter.tui.setup import Setup
from support import fortnight, stores

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from ccmeter.store.lease import Connection

NOW = fortnight.NOW
"""2026-11-20 15:30 UTC, a Friday: the last call of the fortnight is two minutes old."""
SIZES = ((60, 15), (80, 24), (120, 40), (200, 60))
THEMES = ("dark", "light")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A store that is asked, and no more."""

    connection: Connection
    problems: Counter[str] = field(default_factory=Counter)


class MakesMonitor(Protocol):
    """`monitor(screen="now", store=..., now=..., theme="dark", **fields of Setup)` gives an app that is not running."""

    def __call__(
        self,
        *,
        screen: str = ...,
        store: Path | None = ...,
        now: dt.datetime = ...,
        theme: str = ...,
        **more: Any,
    ) -> Monitor: ...


class Looks(Protocol):
    """`look(screen, size, theme, press=(...), store=...)` compares the screen with its snapshot, all answers shown."""

    def __call__(
        self,
        screen: str,
        size: tuple[int, int],
        theme: str = ...,
        *,
        press: Sequence[str] = ...,
        **more: Any,
    ) -> None: ...


def lending(store: Path) -> Callable[[bool], contextlib.AbstractContextManager[Lent]]:
    """Give a way to ask a store; nothing is read into it."""

    @contextlib.contextmanager
    def lend(_: bool) -> Iterator[Lent]:  # noqa: FBT001
        with stores.asking(store) as connection:
            yield Lent(connection=connection)

    return lend


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until all that was asked is shown."""
    app = pilot.app
    assert isinstance(app, Monitor)
    for _ in range(2_000):
        await pilot.pause(0.005)
        if app.is_settled:
            break
    else:
        raise AssertionError("the screen never came to rest")
    await pilot.pause()


@pytest.fixture(scope="session")
def fortnight_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with two busy weeks; read it only."""
    return fortnight.make(tmp_path_factory.mktemp("fortnight"))


@pytest.fixture
def monitor(fortnight_store: Path, monkeypatch: pytest.MonkeyPatch) -> MakesMonitor:
    """Give a maker of monitors."""
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")

    def make(
        *,
        screen: str = "now",
        store: Path | None = None,
        now: dt.datetime = NOW,
        theme: str = "dark",
        **more: Any,
    ) -> Monitor:
        setup = Setup(
            lend=lending(store or fortnight_store),
            clock=lambda: now,
            filters=Filters(time_zone="UTC"),
            week_starts=1,
            first=screen,
            theme=theme,
        )
        made = Monitor(replace(setup, **more))
        made.animation_level = "none"
        return made

    return make


@pytest.fixture
def look(monitor: MakesMonitor, snap_compare: Callable[..., bool]) -> Looks:
    """Give a way to compare a screen with its snapshot (`pytest --snapshot-update` takes new ones)."""

    def compare(
        screen: str,
        size: tuple[int, int],
        theme: str = "dark",
        *,
        press: Sequence[str] = (),
        **more: Any,
    ) -> None:
        async def before(pilot: Pilot[Any]) -> None:
            await settled(pilot)
            for key in press:
                await pilot.press(key)
                await settled(pilot)

        assert snap_compare(
            monitor(screen=screen, theme=theme, **more), terminal_size=size, run_before=before
        )

    return compare
