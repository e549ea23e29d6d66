"""The screen Projects: cost by project, and what each was used for, with the real git."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from ccmeter.tui import parted
from ccmeter.tui.screens.projects import ProjectsPage
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.facts import Facts
from ccmeter.tui.widgets.rows import Rows
from support import stores, workshop

from .conftest import SIZES, THEMES, MakesMonitor, settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import App
    from textual.pilot import Pilot

    from ccmeter.queries.commits import Part
    from ccmeter.queries.project import Project

    from .conftest import Looks

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workshop.made(tmp_path_factory.mktemp("workshop"), with_repository=True)


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


async def all_settled(pilot: Pilot[Any]) -> None:
    """Wait for git too, and for the answer that it leads to."""
    for _ in range(3):
        await settled(pilot)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.15)
    await settled(pilot)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await all_settled(pilot)


def focus(app: App[Any]) -> str | None:
    return None if app.focused is None else app.focused.id


def listed(app: App[Any]) -> Rows[Project]:
    return app.screen.query_one("#list", Rows)


def parts(app: App[Any]) -> Rows[Part]:
    return app.screen.query_one("#parts", Rows)


def said(app: App[Any], name: str) -> str:
    return str(app.screen.query_one(name, Static).content)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_it_looks_so(size: tuple[int, int], theme: str, look: Looks, shop: Path) -> None:
    look("projects", size, theme, store=shop, now=NOW)


@pytest.mark.parametrize("size", SIZES)
def test_commits_look_so(
    size: tuple[int, int], monitor: MakesMonitor, snap_compare: Callable[..., bool], shop: Path
) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await press(pilot, "enter", "v")

    app = monitor(screen="projects", store=shop, now=NOW)
    assert snap_compare(app, terminal_size=size, run_before=before)


def test_an_empty_store_looks_so(look: Looks, tmp_path: Path) -> None:
    stores.ingest(tmp_path / "s", tmp_path)
    look("projects", (60, 15), store=tmp_path / "s", now=NOW)


async def test_enter_drills_down_and_escape_goes_back(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="projects", store=shop, now=NOW)
    async with app.run_test(size=(60, 15)) as pilot:
        await all_settled(pilot)
        assert [each.name for each in listed(app).rows] == ["shop", "notes"]
        await press(pilot, "enter")
        assert focus(app) == "parts"
        assert [parted.named(each) for each in parts(app).rows] == ["feature/cart", "main", "gone"]
        await press(pilot, "down", "enter")
        assert "commits of main" in said(app, "#which")
        assert [each.subject or each.kind for each in parts(app).rows] == ["open", "Mend the build"]
        await press(pilot, "down", "enter")
        assert isinstance(app.screen, Facts)
        text = str(app.screen.query_one("#facts", Static).content)
        assert "Mend the build" in text
        assert "2026-11-19 14:10:00" in text
        await press(pilot, "escape", "escape")
        assert isinstance(app.screen, ProjectsPage)
        assert "by branch" in said(app, "#which")
        current = parts(app).current
        assert current is not None
        assert current.name == "main", "back to where it began"
        await press(pilot, "escape")
        assert focus(app) == "list"
        await press(pilot, "escape")
        assert focus(app) == "list"


async def test_every_way_adds_up_to_the_project(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="projects", store=shop, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await all_settled(pilot)
        current = listed(app).current
        assert current is not None
        kinds = []
        for _ in range(3):
            kinds.append({each.kind for each in parts(app).rows})
            assert sum(each.measures.cost_pico for each in parts(app).rows) == current.measures.cost_pico
            await press(pilot, "v")
        assert kinds == [{"branch"}, {"commit", "open", "unknown"}, {"pull", "unknown"}]
        await press(pilot, "v", "v", "enter", "down", "enter")
        assert "several" in str(app.screen.query_one("#facts", Static).content)


async def test_the_parts_follow_the_cursor_sorting_and_filter(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="projects", store=shop, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await all_settled(pilot)
        await press(pilot, "down")
        assert said(app, "#which").startswith("notes")
        assert [each.kind for each in parts(app).rows] == ["unknown"]
        await press(pilot, "v")
        assert "no repository is known" in said(app, "#which")
        for words in ("most tokens", "latest", "longest", "dearest"):
            await press(pilot, "s")
            assert f"{words} first" in said(app, "#said")
            current = listed(app).current
            assert current is not None
            assert current.name == "notes"
        await press(pilot, "slash", *"shop")
        assert [each.name for each in listed(app).rows] == ["shop"]
        assert "1 of 2 projects" in said(app, "#said")
        assert said(app, "#which").startswith("shop")
        await press(pilot, "z")
        assert "No project has this" in said(app, "#which")
        await press(pilot, "escape")
        assert len(listed(app).rows) == 2


async def test_y_copies_the_row(monitor: MakesMonitor, shop: Path) -> None:
    app = monitor(screen="projects", store=shop, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await all_settled(pilot)
        await press(pilot, "y")
        assert app.clipboard.startswith("shop\t2\t2\t")
        await press(pilot, "enter", "y")
        assert app.clipboard.startswith("feature/cart\t")


async def test_a_repository_that_is_gone_leaves_commits_unknown(
    monitor: MakesMonitor, tmp_path: Path
) -> None:
    store = workshop.made(tmp_path / "w", with_repository=True)
    shutil.rmtree(tmp_path / "w" / "shop")
    app = monitor(screen="projects", store=store, now=NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await all_settled(pilot)
        await press(pilot, "v")
        assert [each.kind for each in parts(app).rows] == ["unknown"]
        assert "not there any more" in said(app, "#which")


async def test_a_new_commit_is_seen_without_a_restart(monitor: MakesMonitor, tmp_path: Path) -> None:
    store = workshop.made(tmp_path / "w", with_repository=True)
    instants = [NOW]
    app = monitor(screen="projects", store=store, now=NOW, clock=lambda: instants[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await all_settled(pilot)
        await press(pilot, "v")
        assert any(each.kind == "open" and each.branch == "main" for each in parts(app).rows)
        workshop.commit(tmp_path / "w" / "shop", "Later", workshop.at("12:00:10"))
        instants[0] = NOW + dt.timedelta(seconds=30)
        await press(pilot, "r")
        assert "Later" in {each.subject for each in parts(app).rows}
        await press(pilot, "left_square_bracket")
        assert "Later" not in {each.subject for each in parts(app).rows}, "five minutes ago it was not made"


async def test_an_empty_store_says_what_to_do(monitor: MakesMonitor, tmp_path: Path) -> None:
    stores.ingest(tmp_path / "s", tmp_path)
    app = monitor(screen="projects", store=tmp_path / "s", now=NOW)
    async with app.run_test(size=(60, 15)) as pilot:
        await all_settled(pilot)
        assert app.screen.query_one(Empty).display
        await press(pilot, "enter", "v", "s", "escape", "y")
        workshop.write(tmp_path / "logs")
        stores.ingest(tmp_path / "s", tmp_path / "logs")
        await press(pilot, "r")
        assert focus(app) == "list"
        assert len(listed(app).rows) == 2


def test_a_bar_is_exactly_so_wide() -> None:
    for part, whole in ((0, 0), (0, 5), (1, 1_000), (5, 5), (2, 5)):
        drawn = "".join(text for text, _ in parted.proportion(part, whole, 10))
        assert len(drawn) == 10
        assert ("█" in drawn) == (part > 0)
    assert parted.proportion(2, 5, 10)[0] == ("████", "bar")
