"""The screen Week: the burn-down, what may come, what would be if, and the hours of a usual week."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ccmeter.domain.limits import Band
from ccmeter.queries.outlook import outlook as foretell
from ccmeter.queries.profile import past_weeks
from ccmeter.tui import outlook
from ccmeter.tui.outlook import Choice
from ccmeter.tui.page import Page
from ccmeter.tui.screens.week import LESS_BP, STOPS
from ccmeter.tui.widgets.empty import Empty
from support import stores, workweeks
from support.workweeks import NOW

from .conftest import SIZES, THEMES, MakesMonitor, settled

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ccmeter.queries.outlook import Outlook
    from ccmeter.tui.moment import Moment

    from .conftest import Looks

AS_IT_IS = Choice()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with ten weeks and readings."""
    return workweeks.make(tmp_path_factory.mktemp("weeks"))


@pytest.fixture(scope="module")
def untold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the same without readings."""
    return workweeks.make(tmp_path_factory.mktemp("untold"), with_readings=False)


def _said(pilot: Pilot[str] | Pilot[None]) -> list[str]:
    return str(pilot.app.screen.query_one("#said", Static).render()).splitlines()


def _found(store: Path, moment: Moment, choice: Choice = AS_IT_IS) -> Outlook:
    with stores.asking(store) as connection:
        past = past_weeks(connection, moment.filters, now=moment.now, week_starts=1)
    return foretell(past, moment.now, choice.change)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_it_looks_as_it_did(look: Looks, store: Path, size: tuple[int, int], theme: str) -> None:
    """At every size, dark and light."""
    look("week", size, theme, store=store, now=NOW)


def test_a_change_is_drawn(look: Looks, store: Path) -> None:
    """With its band in place of the other."""
    look("week", (120, 40), store=store, now=NOW, press=("s", "l"))


def test_without_readings_it_is_money(look: Looks, untold: Path) -> None:
    """And said to be."""
    look("week", (80, 24), store=untold, now=NOW)


def test_the_heat_map_takes_its_turn_where_room_is_short(look: Looks, store: Path) -> None:
    """By the key h."""
    look("week", (60, 15), store=store, now=NOW, press=("h",))


async def test_every_key_changes_its_part_and_x_takes_all_back(monitor: MakesMonitor, store: Path) -> None:
    """Each goes through its choices and back to none."""
    async with monitor(screen="week", store=store, now=NOW).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        as_is = _said(pilot)
        assert as_is[2].startswith("What if: s stop earlier")
        await pilot.press("s")
        assert _said(pilot)[2].startswith("If stop at 18:00:  ends at ")
        await pilot.press("l", "m")
        assert _said(pilot)[2].startswith("If stop at 18:00, opus-4.6 prices, 20% less:  ends at ")
        assert _said(pilot)[:2] == as_is[:2]
        page = pilot.app.screen
        assert isinstance(page, Page)
        assert "ends at" in page.copied()
        await pilot.press("x")
        assert _said(pilot) == as_is
        await pilot.press(*["s"] * len(STOPS), *["l"] * len(LESS_BP), "m", "m", "m")
        assert _said(pilot) == as_is


async def test_without_other_models_the_key_says_so(monitor: MakesMonitor, tmp_path: Path) -> None:
    """And an empty store says what to do."""
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    async with monitor(screen="week", store=tmp_path / "store").run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert pilot.app.screen.query_one("#none", Empty).display
        await pilot.press("m")
        assert pilot.app._notifications  # what was said


async def test_time_moves_the_countdown(monitor: MakesMonitor, store: Path) -> None:
    """Nothing is asked for it."""
    app = monitor(screen="week", store=store, now=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "in 1d 22h" in _said(pilot)[0]
        assert app.page is not None
        app.page.tick(replace(app.moment, now=NOW + dt.timedelta(hours=3)))
        await pilot.pause()
        assert "in 1d 19h" in _said(pilot)[0]


def test_a_model_that_is_gone_is_no_choice_any_more(monitor: MakesMonitor, store: Path) -> None:
    """Its prices are always those of the newest answer."""
    switches = _found(store, monitor(store=store, now=NOW).moment).past.switches
    choice = Choice(switch=switches[1])
    cheaper = replace(switches[1], share_bp=7)
    assert choice.among([cheaper]).switch == cheaper
    assert choice.among([switches[0]]).switch is None
    assert choice.next_model(switches).switch is None
    assert choice.next_model([switches[0]]).switch == switches[0]


@pytest.mark.parametrize("width", [40, 58, 78, 198])
def test_lines_keep_to_their_room(monitor: MakesMonitor, store: Path, untold: Path, width: int) -> None:
    """Pieces go as a whole, never the first."""
    moment = monitor(now=NOW).moment
    for place in (store, untold):
        choice = Choice(stop_hour=18)
        said = outlook.said(_found(place, moment, choice), choice, moment, width).plain.splitlines()
        assert len(said) == 3
        assert all(len(line) <= max(width, 52) for line in said)


def test_what_cannot_be_foretold_is_said(monitor: MakesMonitor, store: Path, untold: Path) -> None:
    """Of the limit without a forecast, and of money without a past."""
    moment = monitor(now=NOW).moment
    found = _found(store, moment)
    assert found.past.state is not None
    blind = foretell(
        replace(found.past, state=replace(found.past.state, ends_bp=None)), moment.now, Choice().change
    )
    assert "official readings" in outlook.said(blind, Choice(), moment, 120).plain
    assert "no forecast to change" in outlook.said(blind, Choice(less_bp=2_000), moment, 120).plain
    assert outlook.scenarios(blind, moment).plain == "No forecast yet."
    assert outlook.plot(blind, moment).ahead == ()
    young = foretell(replace(_found(untold, moment).past, weeks=1), moment.now, Choice().change)
    assert "1 whole past week known" in outlook.said(young, Choice(), moment, 120).plain
    assert outlook.heat_said(replace(young, past=replace(young.past, weeks=0))) == "Usual hours"


def test_a_forecast_says_how_many_past_weeks_had_usage(monitor: MakesMonitor, untold: Path) -> None:
    """By eight weeks of which six were empty is by two."""
    moment = monitor(now=NOW).moment
    found = _found(untold, moment)
    weeks = found.past.weeks
    assert weeks
    assert f"by {weeks} past weeks  " in f"{outlook.said(found, Choice(), moment, 198).plain}  ".replace(
        "\n", "  "
    )
    start = found.past.start_at.replace(tzinfo=None)
    recent = {hour: cost for hour, cost in found.past.hours.items() if hour >= start - dt.timedelta(days=14)}
    sparse = foretell(replace(found.past, hours=recent), moment.now, Choice().change)
    assert f"by {weeks} past weeks, 2 with usage" in outlook.said(sparse, Choice(), moment, 198).plain
    assert outlook.heat_said(sparse).endswith(f"{weeks} past weeks, 2 with usage")
    empty = foretell(replace(found.past, hours={}), moment.now, Choice().change)
    assert f"by {weeks} past weeks, none with usage" in outlook.said(empty, Choice(), moment, 198).plain


def test_a_reset_that_nobody_could_ask_about_is_unknown(monitor: MakesMonitor, store: Path) -> None:
    """The answer is old: its week has ended."""
    found = _found(store, monitor(now=NOW).moment)
    moment = monitor(now=found.past.end_at + dt.timedelta(minutes=5)).moment
    old = foretell(found.past, moment.now, Choice().change)
    assert outlook.said(old, Choice(), moment, 198).plain.startswith("? used  unknown since the reset")


def test_a_limit_of_last_week_says_nothing_of_this_one(monitor: MakesMonitor, store: Path) -> None:
    """Once its reset has passed it is money again, and why is said."""
    later = NOW + dt.timedelta(days=3)
    moment = monitor(now=later).moment
    found = _found(store, moment)
    assert not found.is_percent
    assert "no official reading since the reset" in outlook.said(found, Choice(), moment, 120).plain


def test_what_is_certain_is_told_as_that(monitor: MakesMonitor, store: Path) -> None:
    """A fresh reading is official, and a forecast without past weeks goes by time."""
    moment = monitor(now=NOW).moment
    found = _found(store, moment)
    assert found.past.state is not None
    exact = Band(low=6_700, middle=6_700, high=6_700)
    past = replace(found.past, state=replace(found.past.state, used_bp=exact), weeks=0)
    said = outlook.said(foretell(past, moment.now, Choice().change), Choice(), moment, 198).plain
    assert said.startswith("67% used  official")
    assert "by time alone" in said


def test_money_without_prices_is_marked(monitor: MakesMonitor, untold: Path) -> None:
    """As a lower bound, with the reason where there is room."""
    moment = monitor(now=NOW).moment
    found = _found(untold, moment)
    some = foretell(replace(found.past, unpriced_tokens=3), moment.now, Choice().change)
    said = outlook.said(some, Choice(), moment, 198).plain
    assert "+ since Mon" in said
    assert "no official limit known" in said
    assert "some tokens have no price" in said
    assert [line.split("  ")[0] for line in outlook.scenarios(found, moment).plain.splitlines()[1:3]] == [
        "as it is",
        "stop at 18:00",
    ]


def test_the_line_of_money_is_the_sum_of_the_hours(monitor: MakesMonitor, untold: Path) -> None:
    """It ends with what is said to be used."""
    moment = monitor(now=NOW).moment
    found = _found(untold, moment)
    plot = outlook.plot(found, moment)
    assert plot.used[-1] == (moment.now_us, found.past.cost_pico)
    amounts = [amount for _, amount in plot.used]
    assert amounts == sorted(amounts)
