"""The cover: nothing is drawn before there is something to show, and the screen is left for the next start."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.tui import afterimage, cover
from ccmeter.tui.afterimage import Afterimage
from tui.conftest import NOW, settled
from tui.test_live import until

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.store.lease import Connection
    from tui.conftest import MakesMonitor

OF: list[object] = ["these"]
SIZE = (100, 40)
NOW_US = round(NOW.timestamp() * 1_000_000)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "KEEP_AFTER_S", 0.01)


def image(folder: Path) -> Afterimage:
    if folder.exists():
        (folder / "ccmeter.duckdb").touch()
    return Afterimage(str(folder), OF, SIZE)


def begun(app: Any) -> bool:
    return bool(app.is_as_begun)


async def test_what_is_shown_is_left_for_the_next_start(monitor: MakesMonitor, tmp_path: Path) -> None:
    app = monitor(afterimage=image(tmp_path))
    file = tmp_path / afterimage.NAME
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await until(pilot, file.exists)
    document = json.loads(file.read_text("utf-8"))
    of = document["of"]
    assert of[1:] == OF
    assert document["as_of_us"] == NOW_US
    assert document["day_ends_us"] == round(dt.datetime(2026, 11, 21, tzinfo=dt.UTC).timestamp() * 1_000_000)
    drawn = afterimage.drawn(document, of, SIZE, NOW_US + 5_000_000)
    assert "Now  as of 15:30, 5s ago; asking for now" in drawn
    assert "Live sessions" in drawn
    assert "$" in drawn


async def test_another_screen_is_not_left(monitor: MakesMonitor, tmp_path: Path) -> None:
    app = monitor(afterimage=image(tmp_path))
    file = tmp_path / afterimage.NAME
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await until(pilot, file.exists)
        for other, back in (
            ("2", "1"),
            ("left_square_bracket", "backslash"),
            ("c", "c"),
            ("question_mark", "escape"),
        ):
            await pilot.press(other)
            await settled(pilot)
            assert not begun(app), other
            await pilot.pause(0.05)  # what was still to be left of before
            file.unlink(missing_ok=True)
            app.cover.keep_soon(app.moment)
            await pilot.pause(0.05)
            assert not file.exists(), other
            await pilot.press(back)
            await settled(pilot)
            assert begun(app), back
            app.cover.keep_soon(app.moment)
            await until(pilot, file.exists)


@pytest.mark.parametrize(("folder", "size"), [(".", (80, 24)), ("gone", SIZE)])
async def test_nothing_is_left_of_another_size_or_where_it_cannot_be_written(
    folder: str, size: tuple[int, int], monitor: MakesMonitor, tmp_path: Path
) -> None:
    app = monitor(afterimage=image(tmp_path / folder))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        app.cover.keep_soon(app.moment)
        await pilot.pause(0.1)
        assert app.is_running
    assert not (tmp_path / folder / afterimage.NAME).exists()


async def test_a_store_that_does_not_answer_is_not_waited_for(
    monitor: MakesMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from ccmeter.tui.screens.now import NowPage

    may_answer = threading.Event()
    asked = NowPage.ask

    def ask(page: Any, connection: Connection, moment: Any) -> Any:
        may_answer.wait(60)
        return asked(page, connection, moment)

    monkeypatch.setattr(NowPage, "ask", ask)
    monkeypatch.setattr(cover, "PATIENCE_S", 0.01)
    app = monitor()
    async with app.run_test(size=SIZE) as pilot:
        assert not app.is_settled
        await until(pilot, lambda: not app.cover.lies)
        assert not app.is_settled, "it is drawn without an answer"
        may_answer.set()
        await settled(pilot)
