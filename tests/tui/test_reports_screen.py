"""The screen Reports: leafed through, opened, sorted, filtered, written to files; and how it looks."""

from __future__ import annotations

import csv
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from ccmeter.domain.filters import Filters
from ccmeter.reports.table import Role
from ccmeter.tui import catalogue
from ccmeter.tui.catalogue import NAMES, View
from ccmeter.tui.moment import Moment
from ccmeter.tui.screens.reports import Reports
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.export import ExportDialog
from ccmeter.tui.widgets.finder import Finder
from ccmeter.tui.widgets.report_table import ReportTable
from support import sessions as week
from support import stores

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ccmeter.reports.table import Row

SIZES = ((60, 15), (80, 24), (120, 40), (200, 60))
NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)


async def settled(pilot: Pilot[Any]) -> None:
    app: Any = pilot.app
    for _ in range(2_000):
        await pilot.pause(0.005)
        if app.is_settled:
            await pilot.pause()
            return
    raise AssertionError("the screen never came to rest")


async def press(pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def grid(app: Any) -> ReportTable:
    found: ReportTable = app.page.query_one(ReportTable)
    return found


def title(app: Any) -> str:
    return str(app.page.query_one("#kinds", Static).content)


def body(app: Any) -> list[Row]:
    return [row for row in grid(app).rows_shown if row.role is Role.BODY]


@pytest.fixture(scope="session")
def week_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store of sessions with prompts, sub-agents and titles."""
    folder = tmp_path_factory.mktemp("week")
    week.write(folder / "logs")
    stores.ingest(folder / "store", folder / "logs")
    return folder / "store"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_looks(look: Any, size: tuple[int, int], theme: str) -> None:
    look("reports", size, theme)


@pytest.mark.parametrize("size", [(60, 15), (120, 40)], ids=["60x15", "120x40"])
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("opened", ["enter"]),
        ("turns", ["enter", "enter"]),
        ("blocks", ["left"]),
        ("help", ["question_mark"]),
        ("range", ["g"]),
        ("export", ["e"]),
        ("filter", ["slash", "1", "1"]),
        ("past", ["left_curly_bracket"]),
    ],
)
def test_looks_after_keys(look: Any, size: tuple[int, int], name: str, keys: list[str]) -> None:
    look("reports", size, press=keys, parse=lambda _: Filters(time_zone="UTC"))


@pytest.mark.parametrize("theme", ["contrast", "ansi-dark", "ansi-light"])
def test_looks_in_other_themes(look: Any, theme: str) -> None:
    look("reports", (80, 24), theme)


def test_looks_in_ascii(look: Any) -> None:
    look("reports", (80, 24), press=["e"], is_ascii=True)


def test_looks_without_usage(look: Any, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    look("reports", (80, 24), store=tmp_path / "store")


async def test_leafing_goes_through_every_report_and_round(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for _ in range(2):
            for name in NAMES:
                assert app.page._answer.view == View(name=name)
                assert body(app)
                await press(pilot, "right")
        await press(pilot, "left")
        assert app.page._answer.view.name == NAMES[-1]


@pytest.mark.parametrize(
    ("key", "name"), [("d", "daily"), ("w", "weekly"), ("m", "monthly"), ("h", "hourly")]
)
async def test_period_keys(monitor: Any, key: str, name: str) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press(pilot, "left", key)
        assert app.page._answer.view == View(name=name)


async def test_a_day_opens_its_sessions_and_these_their_turns(monitor: Any, week_store: Path) -> None:
    app = monitor(screen="reports", store=week_store)
    async with app.run_test(size=(160, 40)) as pilot:
        await settled(pilot)
        days = [row.cells[0] for row in body(app)]
        await press(pilot, *["down"] * days.index(dt.date(2026, 6, 2)), "enter")
        assert title(app).startswith("Day > 2026-06-02: sessions")
        found = grid(app).rows_shown
        assert {row.cells[2] for row in found if row.role is Role.BODY} == {week.ALPHA, week.BETA}
        place = next(at for at, row in enumerate(found) if week.ALPHA in row.cells)
        await press(pilot, *["down"] * place, "enter")
        assert "turns" in title(app)
        assert len(body(app)) > 1
        await press(pilot, "enter")
        assert [note.message for note in app._notifications] == ["There is no more to open here."]
        await press(pilot, "escape", "escape")
        assert app.page._answer.view == View(name="daily")
        await press(pilot, "escape")
        assert app.page._answer.view == View(name="daily"), "there is nothing to go back to"


def test_everything_that_opens_adds_up(week_store: Path) -> None:
    """What a row opens has the row's cost in all: for periods, projects and models."""
    moment = Moment(now=NOW, is_live=True, filters=Filters(time_zone="UTC"), week_starts=1)
    opened = 0
    with stores.asking(week_store) as connection:
        for name in ("daily", "weekly", "monthly", "project", "model", "session"):
            view = View(name=name)
            table = catalogue.ask(connection, moment, view).table
            cost = [column.key for column in table.columns].index("cost_usd")
            for row in table.rows:
                below = catalogue.opened(view, table, row)
                if below is None or name == "session":
                    continue
                parts = catalogue.ask(connection, moment, below).table
                place = [column.key for column in parts.columns].index("cost_usd")
                assert parts.rows[-1].cells[place] == row.cells[cost], (name, row.cells[0])
                opened += 1
    assert opened > 10


def test_what_cannot_be_narrowed_opens_nothing(week_store: Path) -> None:
    moment = Moment(now=NOW, is_live=True, filters=Filters(time_zone="UTC"), week_starts=1)
    with stores.asking(week_store) as connection:
        for name in ("branch", "daily"):
            table = catalogue.ask(connection, moment, View(name=name)).table
            assert catalogue.opened(View(name=name), table, table.rows[-1]) is None, "a total"
        branches = catalogue.ask(connection, moment, View(name="branch")).table
        assert catalogue.opened(View(name="branch"), branches, branches.rows[0]) is None
        gone = catalogue.ask(connection, moment, View(name="turns", session="nobody"))
        assert gone.table.notes[0].text == catalogue.EMPTY


def test_a_view_only_narrows() -> None:
    day = dt.date(2026, 11, 7)
    filters = Filters(time_zone="UTC", since_on=day, until_on=day, projects=("a",), models=("m",))
    view = View(name="daily", since_on=dt.date(2026, 11, 1), until_on=dt.date(2026, 11, 30))
    assert view.narrowed(filters) == filters
    named = View(name="daily", project="b", model="n").narrowed(filters)
    assert (named.projects, named.models) == (("b",), ("n",))


async def test_the_month_in_december_ends_with_the_year(monitor: Any) -> None:
    cells = {"month": dt.date(2026, 12, 1)}
    view = catalogue._within(View(name="monthly"), cells)
    assert view is not None
    assert (view.since_on, view.until_on) == (dt.date(2026, 12, 1), dt.date(2026, 12, 31))


async def test_sorting_by_key_and_by_mouse(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(160, 40)) as pilot:
        await settled(pilot)
        as_reported = [row.cells[0] for row in body(app)]
        keys = [str(column.value) for column in grid(app).columns]
        for key in keys:
            await press(pilot, "s")
            values = [_known(row.cells[_place(app, key)]) for row in body(app)]
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=True), key
            assert values[: len(known)] == known, "what is not known is last"
            assert grid(app).rows_shown[-1].role is Role.TOTAL
        await press(pilot, "s")
        assert [row.cells[0] for row in body(app)] == as_reported
        await press(pilot, "s", "S")
        days: list[Any] = [row.cells[0] for row in body(app) if row.cells[0]]
        assert days == sorted(days)
        await pilot.click(ReportTable, offset=(3, 0))
        await settled(pilot)
        assert [row.cells[0] for row in body(app) if row.cells[0]] == days[::-1]


def _place(app: Any, key: str) -> int:
    return [column.key for column in app.page._answer.report.table.columns].index(key)


def _known(cell: Any) -> Any:
    value = getattr(cell, "value", cell)
    if isinstance(value, tuple):
        return ", ".join(value).replace("claude-", "").split("-20")[0][:4]
    return value


async def test_the_filter_counts_while_it_is_typed(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        whole = len(grid(app).rows_shown)
        await press(pilot, "slash", *"11-1")
        assert {str(row.cells[0])[5:9] for row in grid(app).rows_shown} == {"11-1"}
        await press(pilot, "enter")
        assert app.focused is grid(app), "the filter stays, the keys are the table's again"
        assert len(grid(app).rows_shown) < whole
        await press(pilot, "slash")
        assert app.page.query_one(Finder).has_focus
        await press(pilot, "escape")
        assert not app.page.query(Finder)
        assert len(grid(app).rows_shown) == whole
        await press(pilot, "slash", "enter")
        assert not app.page.query(Finder), "an empty filter goes"


async def test_the_cursor_stays_where_it_is_when_an_answer_comes(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down", "r", "left_square_bracket")
        assert grid(app).cursor_row == 2


async def test_export_in_every_format(monitor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for ending in ("csv", "json", "md", "html", "svg"):
            await pilot.press("e")
            await pilot.pause()
            app.screen.query_one("#field-file", Input).value = f"usage.{ending}"
            await pilot.press("enter")
            await settled(pilot)
            assert not isinstance(app.screen, ExportDialog)
    with (tmp_path / "usage.csv").open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    assert first["date"] == "2026-11-20"
    assert json.loads((tmp_path / "usage.json").read_text("utf-8"))["daily"]
    assert (tmp_path / "usage.md").read_text("utf-8").startswith("#")
    assert "</html>" in (tmp_path / "usage.html").read_text("utf-8")
    assert "2026-11-20" in (tmp_path / "usage.svg").read_text("utf-8").replace("&#160;", " ")
    assert (tmp_path / "usage.csv").stat().st_mode & 0o777 != 0o600, "readable as any new file"


async def test_export_replaces_nothing_unasked(
    monitor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / "ccmeter-daily.csv"
    kept.write_text("mine", "utf-8")
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("e", "enter")
        await pilot.pause()
        assert isinstance(app.screen, ExportDialog)
        assert "is there already" in str(app.screen.query_one(".wrong", Static).content)
        assert kept.read_text("utf-8") == "mine"
        for name, reason in (
            ("", "needs a name"),
            ("x.doc", "which format"),
            ("no/x.csv", "cannot be written"),
        ):
            app.screen.query_one("#field-file", Input).value = name
            await pilot.press("enter")
            await pilot.pause()
            assert reason in str(app.screen.query_one(".wrong", Static).content)
        app.screen.query_one("#field-file", Input).value = kept.name
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert kept.read_text("utf-8").startswith("date,")
        assert sorted(each.name for each in tmp_path.iterdir()) == [kept.name]  # noqa: ASYNC240


async def test_nothing_is_written_where_there_is_nothing(monitor: Any, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    app = monitor(screen="reports", store=tmp_path / "store")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press(pilot, "e", "enter")
        assert [note.message for note in app._notifications] == ["There is nothing to write."]
        assert "ccmeter doctor" in str(app.page.query_one(Empty).content)


async def test_an_old_answer_is_not_shown_for_a_new_question(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        page, old = app.page, app.page._answer
        assert isinstance(page, Reports)
        await press(pilot, "w")
        weeks = list(grid(app).rows_shown)
        page.show(old, app.moment)
        assert grid(app).rows_shown == weeks
