"""Every screen where there is nothing to show: why, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.tui import screens
from ccmeter.tui.widgets.empty import Empty
from support import stores

from .conftest import MakesMonitor, settled

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.tui.app import Monitor

ALL = tuple(name for name in screens.ORDER if name != "trust")
"""Trust always has something to say."""


def _said(app: Monitor) -> str:
    return "\n".join(str(each.render()) for each in app.screen.query(Empty) if each.region.height)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store without anything."""
    folder = tmp_path_factory.mktemp("nothing")
    (folder / "logs").mkdir()
    stores.ingest(folder / "store", folder / "logs")
    return folder / "store"


@pytest.mark.parametrize("screen", ALL)
async def test_filters_that_choose_nothing_are_not_taken_for_no_usage(
    monitor: MakesMonitor, screen: str
) -> None:
    """Whoever has used Claude Code for weeks is not told to begin; Now says when the last call was."""
    filters = Filters(time_zone="UTC")
    app = monitor(screen=screen, filters=replace(filters, projects=("nosuch",)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        said = _said(app)
        assert "Use Claude Code once" not in said
        assert not said or "g chooses other days, projects or models" in said


@pytest.mark.parametrize("screen", ALL)
@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
async def test_nothing_stored_says_what_to_do(
    monitor: MakesMonitor, empty: Path, screen: str, size: tuple[int, int]
) -> None:
    """With all of it in sight; what reads no logs does not promise that a call will appear."""
    for reads_logs, wanted in ((True, "Use Claude Code once"), (False, "start without it")):
        app = monitor(screen=screen, store=empty, reads_logs=reads_logs)
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            assert wanted in " ".join(_said(app).split())
            (shown,) = (each for each in app.screen.query(Empty) if each.region.height)
            assert shown.region.bottom < size[1]
