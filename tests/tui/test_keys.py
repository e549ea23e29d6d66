"""Every key of the monitor, pressed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from textual.binding import Binding
from textual.widgets import Input, Static

from ccmeter.cli import asking
from ccmeter.domain.errors import UsageError
from ccmeter.tui import screens, themes
from ccmeter.tui.setup import Asked
from ccmeter.tui.widgets.header import TopLine, TroubleLine
from ccmeter.tui.widgets.help import KEYS, Help
from ccmeter.tui.widgets.keys import KeyLine
from ccmeter.tui.widgets.ranges import RangeDialog
from ccmeter.tui.widgets.report_table import ReportTable

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ccmeter.domain.filters import Filters
    from ccmeter.tui.app import Monitor

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


def parse(asked: Asked) -> Filters:
    return asking.filters(
        now=NOW,
        since=asked.since or None,
        until=asked.until or None,
        last=int(asked.last) if asked.last else None,
        time_zone="UTC",
        projects=[asked.project] if asked.project else None,
        models=[asked.model] if asked.model else None,
    )


def top(app: Monitor) -> TopLine:
    assert app.page is not None
    return app.page.query_one(TopLine)


def said(app: Monitor) -> list[str]:
    return [note.message for note in app._notifications]


@pytest.mark.parametrize(("number", "name"), list(enumerate(screens.ORDER, 1)))
async def test_digits_show_screens(monitor: Any, number: int, name: str) -> None:
    if name not in screens.names():
        pytest.skip("not written yet")
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press(pilot, str(number))
        assert app.current_mode == name
        assert app.page is not None
        assert app.page.TITLE_TEXT
        assert app.page.HELP_TEXT
        assert app.page.query_one(TroubleLine).said == ""
        assert top(app).top.title == app.page.TITLE_TEXT


async def test_the_bottom_line_names_the_same_screens_as_the_palette(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(200, 40)) as pilot:
        await settled(pilot)
        line = str(app.screen.query_one(KeyLine).content)
        offered = [command.title for command in app.get_system_commands(app.screen)]
        for number, name in enumerate(screens.ORDER, 1):
            if name in screens.names():
                assert f"{number} {name.title()}" in line
                assert name.title() in offered


def test_help_tells_every_key_of_the_monitor() -> None:
    from ccmeter.tui.app import Monitor
    from ccmeter.tui.page import Page

    told = " ".join(key for key, _ in KEYS)
    signs = {
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "left_curly_bracket": "{",
        "right_curly_bracket": "}",
        "backslash": "\\",
        "slash": "/",
        "question_mark": "",
        "f1": "",
    }
    for binding in (*Monitor.BINDINGS, *Page.BINDINGS):
        assert isinstance(binding, Binding)
        for key in binding.key.split(","):
            assert signs.get(key, key) in told


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help(monitor: Any, key: str) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, Help)
        text = "\n".join(str(each.content) for each in app.screen.query(Static))
        assert "Every report of the command line" in text
        assert "Export" in text
        await pilot.press("j", "k", "escape")
        await pilot.pause()
        assert not isinstance(app.screen, Help)


async def test_q_quits(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running or app._exit
    assert app.return_code == 0


async def test_t_goes_through_the_themes(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test() as pilot:
        await settled(pilot)
        found = []
        for _ in themes.CYCLE:
            found.append(app.theme)
            await press(pilot, "t")
        assert tuple(found) == themes.CYCLE
        assert app.theme == themes.CYCLE[0]


async def test_c_is_compact_and_back(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test() as pilot:
        await settled(pilot)
        assert app.page is not None
        assert not app.page.is_compact
        await press(pilot, "c")
        assert app.page.is_compact
        await press(pilot, "c")
        assert not app.page.is_compact


async def test_brackets_show_the_past(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        table = app.screen.query_one(ReportTable)
        live = [row.cells for row in table.rows_shown]
        await press(pilot, "left_square_bracket")
        assert app.moment.now == NOW - dt.timedelta(minutes=5)
        assert not app.moment.is_live
        assert app.moment.filters.before_us == app.moment.now_us + 1
        assert top(app).top.behind == "5m ago"
        assert "REPLAY 2026-11-20 15:25" in str(top(app).content)
        assert [row.cells for row in table.rows_shown] != live, "the call two minutes ago is not there yet"
        await press(pilot, "right_square_bracket")
        assert app.moment.is_live
        assert [row.cells for row in table.rows_shown] == live
        await press(pilot, "left_curly_bracket", "left_curly_bracket", "right_curly_bracket")
        assert app.moment.now == NOW - dt.timedelta(days=1)
        await press(pilot, "backslash")
        assert app.moment.is_live
        await press(pilot, "right_square_bracket", "right_curly_bracket")
        assert app.moment.is_live, "there is no future"


async def test_g_chooses_other_usage(monitor: Any) -> None:
    app = monitor(screen="reports", parse=parse)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.screen, RangeDialog)
        await pilot.press(*"nonsense")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, RangeDialog), "what means nothing is not taken"
        assert "nonsense" in str(app.screen.query_one(".wrong", Static).content)
        app.screen.query_one("#field-since", Input).value = "2026-11-18"
        await pilot.press("down", "down", "down", "down", *"sonnet", "enter")
        await settled(pilot)
        assert app.moment.filters.since_on == dt.date(2026, 11, 18)
        assert app.moment.filters.models == ("sonnet",)
        days = {row.cells[0] for row in app.screen.query_one(ReportTable).rows_shown if row.cells[0]}
        assert min(day for day in days if isinstance(day, dt.date)) >= dt.date(2026, 11, 18)
        assert "since 2026-11-18, model sonnet" in str(top(app).content)
        await pilot.press("g", "escape")
        await settled(pilot)
        assert app.moment.filters.models == ("sonnet",), "Escape changes nothing"


async def test_g_says_so_where_nothing_can_be_chosen(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test() as pilot:
        await settled(pilot)
        await press(pilot, "g")
        assert said(app) == ["The range cannot be changed here."]


async def test_y_copies_the_row(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press(pilot, "y")
        assert app.clipboard.startswith("2026-11-20\t")


async def test_j_and_k_move_as_the_arrows_do(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        table = app.screen.query_one(ReportTable)
        await press(pilot, "j", "j", "k")
        assert table.cursor_row == 1
        app.screen.set_focus(None)
        await press(pilot, "j")
        assert table.cursor_row == 1


async def test_p_takes_a_picture(monitor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = monitor(screen="reports")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "p")
        (made,) = tmp_path.glob("*.svg")  # noqa: ASYNC240
        assert "<svg" in made.read_text("utf-8")
        assert said(app)[-1].endswith(made.name)
        monkeypatch.setattr(app, "save_screenshot", _refused)
        await press(pilot, "p")
        assert "cannot be written: No space" in said(app)[-1]


def _refused() -> str:
    raise OSError(28, "No space")


async def test_r_reads_the_logs(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("r")
        assert top(app).top.doing == "reading logs"
        await settled(pilot)
        assert top(app).top.doing == ""


async def test_palette_runs_what_it_offers(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        commands = {command.title: command.callback for command in app.get_system_commands(app.screen)}
        commands["Theme light"]()
        assert app.theme == "light"
        await commands["Compact, and back"]()
        assert app.has_class("-compact")


async def test_slash_says_where_nothing_can_be_filtered(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert app.page is not None
        type(app.page).FINDS = False
        try:
            await press(pilot, "slash")
            assert said(app) == ["There is nothing to filter on this screen."]
        finally:
            type(app.page).FINDS = True


def test_a_wrong_range_is_told_with_its_hint() -> None:
    def refuse(_: Asked) -> Filters:
        raise UsageError("No.", hint="Yes.")

    dialog = RangeDialog(Asked(), refuse)
    empty = {"since": "", "until": "", "last": "", "project": "", "model": ""}
    assert dialog.wrong(empty) == "No. Yes."
