"""The screen Blocks: windows of the last days, their curves over the fan, and what moves with keys and with time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from ccmeter.domain.limits import Band
from ccmeter.tui.page import Page
from ccmeter.tui.screens import blocks
from ccmeter.tui.widgets.canvas import Canvas
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.rows import Rows
from support import stores, workweeks
from support.workweeks import NOW

from .conftest import SIZES, THEMES, MakesMonitor, settled

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ccmeter.domain.limits import Limits
    from ccmeter.queries.profile import PastBlocks
    from ccmeter.tui.app import Monitor

    from .conftest import Looks


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with ten weeks and readings."""
    return workweeks.make(tmp_path_factory.mktemp("weeks"))


@pytest.fixture(scope="module")
def untold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the same without readings."""
    return workweeks.make(tmp_path_factory.mktemp("untold"), with_readings=False)


def _text(pilot: Pilot[str] | Pilot[None], name: str) -> str:
    return str(pilot.app.screen.query_one(name, Static).render())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_it_looks_as_it_did(look: Looks, store: Path, size: tuple[int, int], theme: str) -> None:
    """At every size, dark and light."""
    look("blocks", size, theme, store=store, now=NOW)


def test_estimates_look_otherwise(look: Looks, untold: Path) -> None:
    """Without readings all is hatched, and it says what to do."""
    look("blocks", (80, 24), store=untold, now=NOW)


def test_it_is_readable_in_ascii(look: Looks, store: Path) -> None:
    """With starts that are told from what follows."""
    look("blocks", (80, 24), store=store, now=NOW, is_ascii=True)


async def test_the_cursor_chooses_whose_curve_is_shown(monitor: MakesMonitor, store: Path) -> None:
    """Keys j and k and the arrows; a gap shows the window after it; y copies the row."""
    async with monitor(screen="blocks", store=store, now=NOW).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        page = pilot.app.screen
        assert isinstance(page, blocks.BlocksPage)
        assert page.chosen is not None
        running = page.chosen
        assert running.is_running
        assert _text(pilot, "#over").startswith("14:07 over ")
        await pilot.press("j")
        await settled(pilot)
        assert _text(pilot, "#over").startswith("09:07 over ")
        second = page.chosen
        assert second != running
        await pilot.press("down")
        await settled(pilot)
        rows = page.query_one("#list", Rows)
        assert rows.current is not None
        assert rows.current.block is None
        assert page.chosen == second
        assert "no window" in page.copied()
        await pilot.press("k", "up")
        assert rows.cursor == 0


async def test_without_logs_it_says_what_to_do(monitor: MakesMonitor, tmp_path: Path) -> None:
    """And shows no empty drawings."""
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    async with monitor(screen="blocks", store=tmp_path / "store").run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert pilot.app.screen.query_one("#none", Empty).display
        assert not pilot.app.screen.query_one("#days", Canvas).display
        page = pilot.app.screen
        assert isinstance(page, Page)
        assert page.copied() == ""


async def test_without_usage_of_late_it_says_that(monitor: MakesMonitor, untold: Path) -> None:
    """Logs there are: others can be chosen."""
    later = NOW + dt.timedelta(days=90)
    for screen in ("blocks", "week"):
        async with monitor(screen=screen, store=untold, now=later).run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            assert str(pilot.app.screen.query_one("#none", Empty).render()).startswith(
                "No usage that is chosen"
            )


async def test_time_moves_the_countdown_and_nothing_is_asked(monitor: MakesMonitor, store: Path) -> None:
    """A tick shows the same answer later, up to the end of the window."""
    app = monitor(screen="blocks", store=store, now=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        before = _text(pilot, "#said")
        assert app.page is not None
        app.page.tick(replace(app.moment, now=NOW + dt.timedelta(minutes=30)))
        await pilot.pause()
        after = _text(pilot, "#said")
        assert "3h 35m left" in before
        assert "3h 05m left" in after
        assert before.split("used")[1].splitlines()[0] == after.split("used")[1].splitlines()[0]


async def test_an_answer_keeps_the_cursor_where_it_is(monitor: MakesMonitor, store: Path) -> None:
    """Unless it stands on the running window, which it follows."""
    async with monitor(screen="blocks", store=store, now=NOW).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("j", "j", "j")
        rows = pilot.app.screen.query_one("#list", Rows)
        before = rows.current
        await pilot.press("left_square_bracket")
        await settled(pilot)
        assert before is not None
        assert rows.current is not None
        assert rows.current.key == before.key


async def _answer(monitor: MakesMonitor, store: Path, now: dt.datetime) -> tuple[Monitor, PastBlocks]:
    app = monitor(screen="blocks", store=store, now=now)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        with stores.asking(store) as connection:
            assert app.page is not None
            return app, app.page.ask(connection, app.moment)


def _with(limits: Limits, **changes: Any) -> Limits:
    """Give limits of which every window is otherwise."""
    return replace(limits, windows=tuple(replace(each, **changes) for each in limits.windows))


async def test_what_the_lines_say(monitor: MakesMonitor, store: Path, untold: Path) -> None:
    """Which window runs, where it leads, and how well that is known."""
    app, answer = await _answer(monitor, store, NOW)
    moment = app.moment
    assert "official" in blocks.said(answer, moment, 120).plain
    few = replace(answer, rest=None, fan=(), compared=1)
    assert "too few past windows" in blocks.said(few, moment, 120).plain
    assert blocks.over(few, answer.blocks[0], moment).endswith("1 past window, a fan needs 4")
    flat = replace(answer, rest=Band(low=0, middle=0, high=0))
    assert "-" not in blocks.said(flat, moment, 120).plain.splitlines()[1].split(" as ")[0]
    assert answer.state is not None
    over = replace(answer, limits=_with(answer.limits, is_over=True))
    assert "before its reset" in blocks.said(over, moment, 120).plain
    fresh = replace(answer, limits=_with(answer.limits, used_bp=Band(low=100, middle=100, high=100)))
    assert "Official, read" in blocks.said(fresh, moment, 120).plain
    app, answer = await _answer(monitor, untold, NOW.replace(hour=2))
    said = blocks.said(answer, app.moment, 58).plain
    assert said.startswith("No window runs.")
    assert "statusline install" in said
    assert all(len(line) <= 58 for line in said.splitlines())


async def test_what_has_no_price_is_never_free(monitor: MakesMonitor, store: Path) -> None:
    """A part of it is marked, all of it is said."""
    _, answer = await _answer(monitor, store, NOW)
    block = replace(answer.blocks[-1], unpriced_tokens=5)
    cost = {each.key: each for each in blocks.columns_of(None)}["cost"]
    [line] = blocks.listed([block])
    assert cost.text(line).endswith("+")
    [line] = blocks.listed([replace(block, cost_pico=0, models=())])
    assert cost.text(line) == "unpriced"
    models = {each.key: each for each in blocks.columns_of(None)}["models"]
    assert models.text(line) == ""
