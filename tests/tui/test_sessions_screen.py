"""The screen Sessions: every key, every size, and that nothing jumps when the answer comes anew."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from ccmeter.domain.filters import Filters
from ccmeter.queries.waterfall import ToolShare, waterfall
from ccmeter.tui import pager
from ccmeter.tui.screens.sessions import SessionsPage
from ccmeter.tui.told import of_node
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.facts import Facts
from ccmeter.tui.widgets.finder import Finder
from ccmeter.tui.widgets.rows import Rows
from ccmeter.tui.widgets.waterfall import WaterfallRows, nodes
from support import bulk, stores, workshop
from support.transcripts import Folder, joined

from .conftest import SIZES, THEMES, MakesMonitor, settled

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App
    from textual.pilot import Pilot

    from ccmeter.queries.sessions import Session

    from .conftest import Looks

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
FIRST, SECOND, THIRD = workshop.FIRST, workshop.SECOND, workshop.THIRD


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workshop.made(tmp_path_factory.mktemp("workshop"))


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, and wait until what they ask for after a pause is shown."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.15)
        await settled(pilot)


def focus(app: App[Any]) -> str | None:
    return None if app.focused is None else app.focused.id


def listed(app: App[Any]) -> Rows[Session]:
    return app.screen.query_one("#list", Rows)


def fall(app: App[Any]) -> WaterfallRows:
    return app.screen.query_one("#fall", WaterfallRows)


def said(app: App[Any], name: str) -> str:
    return str(app.screen.query_one(name, Static).content)


def told(app: App[Any]) -> str:
    return " ".join(each.message for each in app._notifications)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_it_looks_so(size: tuple[int, int], theme: str, look: Looks, shop: Path) -> None:
    look("sessions", size, theme, store=shop, now=NOW)


@pytest.mark.parametrize("size", SIZES)
def test_a_session_looks_so(size: tuple[int, int], look: Looks, shop: Path) -> None:
    look("sessions", size, store=shop, now=NOW, press=("enter", "down"))


def test_details_look_so(look: Looks, shop: Path) -> None:
    look("sessions", (80, 24), store=shop, now=NOW, press=("enter", "down", "enter"))


def test_without_colours_and_in_ascii_it_looks_so(look: Looks, shop: Path) -> None:
    look("sessions", (80, 24), "ansi-dark", store=shop, now=NOW, is_ascii=True)


def test_an_empty_store_looks_so(look: Looks, tmp_path: Path) -> None:
    stores.ingest(tmp_path / "s", tmp_path)
    look("sessions", (60, 15), store=tmp_path / "s", now=NOW)


async def test_keys_go_into_a_session_and_back(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        assert [each.session_id for each in listed(app).rows] == [FIRST, SECOND, THIRD], "the newest first"
        assert focus(app) == "list"
        assert not fall(app).is_on_screen
        await press(pilot, "enter")
        assert focus(app) == "fall"
        assert not listed(app).display
        await press(pilot, "down", "j")
        current = fall(app).current
        assert current is not None
        assert current.label == "a1b2c3"
        await press(pilot, "enter")
        assert isinstance(app.screen, Facts)
        await press(pilot, "down", "up", "escape")
        assert isinstance(app.screen, SessionsPage)
        await press(pilot, "escape")
        assert focus(app) == "list"
        assert listed(app).display


async def test_the_waterfall_follows_the_cursor(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert len(fall(app).rows) == 8
        assert "Cart with vouchers" in said(app, "#which")
        assert "cache lost 4x" in said(app, "#which")
        await press(pilot, "down")
        assert [each.label for each in fall(app).rows] == ["session", "prompt 1"]
        assert "Mend the build" in said(app, "#which")
        await press(pilot, "end")
        assert "without a title" in said(app, "#which")
        await press(pilot, "home", "enter", "down", "space")
        assert [each.depth for each in fall(app).rows] == [0, 1, 1, 2, 1, 1]
        await press(pilot, "space")
        assert len(fall(app).rows) == 8
        await press(pilot, "up", "space")
        assert "no sub-agents" in told(app)


async def test_it_sorts_and_filters(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "s")
        assert "dearest first" in said(app, "#said")
        current = listed(app).current
        assert current is not None
        assert current.session_id == SECOND, "the cursor stays on its session"
        for words in ("most tokens", "longest", "newest"):
            await press(pilot, "s")
            assert f"{words} first" in said(app, "#said")
        await press(pilot, "slash", *"notes")
        assert [each.session_id for each in listed(app).rows] == [THIRD]
        assert "1 of 3 sessions" in said(app, "#said")
        assert said(app, "#which").startswith("without a title")
        await press(pilot, "x")
        assert listed(app).rows == ()
        assert "No session has this" in said(app, "#which")
        await press(pilot, "escape")
        assert len(listed(app).rows) == 3
        assert not app.screen.query(Finder)


async def test_two_sessions_side_by_side(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "x")
        assert "1 marked" in said(app, "#said")
        await press(pilot, "escape")
        assert "marked" not in said(app, "#said")
        await press(pilot, "x", "x")
        assert "marked" not in said(app, "#said"), "twice the same is none"
        await press(pilot, "x", "down", "x")
        assert isinstance(app.screen, Facts)
        text = str(app.screen.query_one("#facts", Static).content)
        assert "11111111" in text
        assert "22222222" in text
        assert "-$1.16" in text
        await press(pilot, "q")
        assert isinstance(app.screen, SessionsPage)
        assert "marked" not in said(app, "#said")
        await press(pilot, "x", "down", "x")
        text = str(app.screen.query_one("#facts", Static).content)
        assert "unpriced" in text
        cost = next(line for line in text.splitlines() if line.startswith("Cost"))
        assert "-$" not in cost, "what is not known is not subtracted"


async def test_y_copies_the_id(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "y")
        assert app.clipboard == SECOND


async def test_o_opens_the_transcript_only_if_it_is_there(
    monitor: MakesMonitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = workshop.made(tmp_path)
    opened: list[list[str]] = []

    def run(argv: list[str], _: object) -> bool:
        opened.append(argv)
        return len(opened) == 1

    monkeypatch.setattr(pager, "run", run)
    monkeypatch.setenv("PAGER", "cat -v")
    app = monitor(screen="sessions", store=store, now=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "o")
        assert "cannot be lent" in told(app), "a terminal that is none cannot be suspended"
        monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
        await press(pilot, "o")
        argv = opened[0]
        assert argv[1:] == [
            "-v",
            os.fspath(tmp_path / "logs" / "projects" / "-home-dev-shop" / f"{FIRST}.jsonl"),
        ]
        await press(pilot, "o")
        assert "could not be started" in told(app)
        monkeypatch.setenv("PATH", "/nowhere")
        await press(pilot, "o")
        assert "set PAGER" in told(app)
        (tmp_path / "logs" / "projects" / "-home-dev-shop" / f"{FIRST}.jsonl").unlink()
        await press(pilot, "o")
        assert "not there any more" in told(app)
        assert len(opened) == 2


async def test_an_empty_store_says_what_to_do_and_o_x_y_do_no_harm(
    monitor: MakesMonitor, tmp_path: Path
) -> None:
    stores.ingest(tmp_path / "s", tmp_path)
    app = monitor(screen="sessions", store=tmp_path / "s", now=NOW)
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        assert app.screen.query_one(Empty).display
        await press(pilot, "o", "x", "y", "s", "enter", "escape", "space")
        assert "No session is chosen" in told(app)
        Folder(tmp_path / "logs").write(
            "-x/s.jsonl", joined([workshop.call("s", workshop.at("09:00:00"), 1, "/x", read=0).assistant()])
        )
        stores.ingest(tmp_path / "s", tmp_path / "logs")
        await press(pilot, "r")
        assert not app.screen.query_one(Empty).display
        assert focus(app) == "list"


async def test_nothing_jumps_when_a_newer_session_comes(monitor: MakesMonitor, tmp_path: Path) -> None:
    bulk.write(tmp_path / "logs", files=60, calls=2)
    stores.ingest(tmp_path / "s", tmp_path / "logs")
    app = monitor(screen="sessions", store=tmp_path / "s", now=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, *["pagedown"] * 3, "up")
        rows = listed(app)
        before, line = rows.current, rows.cursor - rows.scroll_offset.y
        assert before is not None
        assert rows.scroll_offset.y > 0
        workshop.write(tmp_path / "more")
        stores.ingest(tmp_path / "s", tmp_path / "more")
        await press(pilot, "r")
        assert len(rows.rows) == 63
        after = rows.current
        assert after is not None
        assert (after.session_id, rows.cursor - rows.scroll_offset.y) == (before.session_id, line)
        await press(pilot, "home")
        assert rows.scroll_offset.y == 0
        at_top = rows.current
        assert at_top is not None
        assert at_top.session_id == FIRST


async def test_the_past_shows_what_was_known_then(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press(pilot, "left_curly_bracket")
        assert [each.session_id for each in listed(app).rows] == [THIRD]
        assert [each.label for each in fall(app).rows] == ["session", "no prompts"]
        await press(pilot, "backslash")
        assert len(listed(app).rows) == 3


async def test_the_mouse_moves_and_opens(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.click("#list", offset=(10, 2))
        await pilot.pause(0.15)
        await settled(pilot)
        assert listed(app).cursor == 1
        await pilot.click("#list", offset=(10, 0))
        await pilot.click("#list", offset=(10, 9))
        assert listed(app).cursor == 1, "neither titles nor what is empty is a row"
        await pilot.click("#list", offset=(10, 2))
        await settled(pilot)
        assert focus(app) == "fall"


async def test_the_list_is_asked_for_only_when_something_was_stored(
    monitor: MakesMonitor, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        page = app.screen
        assert isinstance(page, SessionsPage)
        first = page._listed
        await press(pilot, "down", "down")
        assert page._listed is first
        await press(pilot, "left_square_bracket")
        assert page._listed is not first


async def test_no_prompt_text_is_on_the_screen(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="sessions", store=shop, now=NOW)
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "down", "enter")
        assert "xxx" not in app.export_screenshot()


async def test_a_row_tells_its_tools_in_few_words_and_in_full(monitor: MakesMonitor, shop: Path) -> None:
    """How many, and the one asked for most with its share; a server's tool by its own name where room is short."""
    async with monitor(screen="sessions", store=shop).run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        fall = pilot.app.screen.query_one("#fall", WaterfallRows)
        first = {node.label: node for node in fall.rows}
    texts = {label: fall.text(node) for label, node in first.items()}
    assert "7 Read 57%" in texts["prompt 1"]
    assert "1 find_issue" in texts["prompt 2"]
    assert "find_issue 100%" not in texts["prompt 2"]
    told = [line[:2] for line in of_node(first["prompt 1"])[1]]
    assert ("Tools", "Read  4 calls, 57.1%") in told
    assert ("", "Bash  1 call, 14.3%") in told


def test_of_many_tools_the_rest_is_counted(shop: Path) -> None:
    with stores.asking(shop) as connection:
        found = waterfall(connection, Filters(time_zone="UTC"), workshop.FIRST)
    whole = nodes(found)[0]
    shares = tuple(ToolShare(name=f"Tool{each}", calls=1, share_bp=1_000) for each in range(9))
    many = replace(whole, tools=(ToolShare(name="", calls=1, share_bp=1_000), *shares))
    told = [line[1] for line in of_node(many)[1]]
    assert "unnamed  1 call, 10.0%" in told
    assert "and 2 more" in told
