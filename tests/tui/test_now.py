"""The screen Now: at every size, live and in the past, and where there is nothing yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from ccmeter.domain.budgets import Budget
from ccmeter.domain.errors import StoreError
from ccmeter.domain.filters import Filters
from ccmeter.domain.limits import Band, Limits, Reading, WindowState
from ccmeter.domain.live import Call, Marked, Oddity
from ccmeter.tui import chips, limit_bars
from ccmeter.tui.app import Monitor
from ccmeter.tui.live_lists import call_told, session_told, why
from ccmeter.tui.widgets.bullet import Rail
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.facts import Facts
from ccmeter.tui.widgets.figures import Figures
from ccmeter.tui.widgets.minutes import MinuteStack
from ccmeter.tui.widgets.rows import Rows
from support import busy, stores
from support.busy import NOW_US

from .conftest import NOW, SIZES, THEMES, MakesMonitor, settled

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ccmeter.tui.moment import Moment

    from .conftest import Looks

DOLLAR = 10**12
BUDGETS = (Budget(amount_pico=30 * DOLLAR, per="day", amount=Decimal(30)),)


@pytest.fixture(scope="module")
def busy_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store of five busy hours, with a hook."""
    return busy.make(tmp_path_factory.mktemp("busy"))


@pytest.fixture(scope="module")
def unhooked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the same without a hook."""
    return busy.make(tmp_path_factory.mktemp("unhooked"), with_hook=False)


def text(pilot: Pilot[Any]) -> list[str]:
    """Give the lines of the screen."""
    width, height = pilot.app.size
    lines = pilot.app.screen._compositor.render_strips()
    assert len(lines) == height
    assert all(sum(segment.cell_length for segment in strip) == width for strip in lines)
    return ["".join(segment.text for segment in strip) for strip in lines]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_it_looks_as_it_did(look: Looks, busy_store: Path, size: tuple[int, int], theme: str) -> None:
    """At every size, dark and light."""
    look("now", size, theme, store=busy_store, budgets=BUDGETS)


@pytest.mark.parametrize("size", SIZES)
async def test_what_matters_most_is_in_sight_at_every_size(
    monitor: MakesMonitor, busy_store: Path, size: tuple[int, int]
) -> None:
    """Limits, which ends first, rates, and live sessions; without scrolling."""
    async with monitor(store=busy_store).run_test(size=size) as pilot:
        await settled(pilot)
        shown = "\n".join(text(pilot))
        for wanted in ("5h", "week", "official", "ends first", "$/hour", "in+out/min", "log-parser", "~83%"):
            assert wanted in shown, wanted


@pytest.mark.parametrize("size", SIZES)
async def test_ascii_has_nothing_else_and_the_same_places(
    monitor: MakesMonitor, busy_store: Path, size: tuple[int, int]
) -> None:
    """No colour is needed either: models have patterns."""
    app = monitor(store=busy_store, is_ascii=True)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        shown = "\n".join(text(pilot))
        svg = app.export_screenshot()
    assert "/hour" in shown
    assert "+/-" in shown
    assert all(char not in svg for char in "█▓▒░┃▶│")


async def test_keys_reach_the_calls_and_tell_one_in_full(monitor: MakesMonitor, busy_store: Path) -> None:
    """Tab goes from sessions to calls, Enter tells all of one, y copies its session."""
    app = monitor(store=busy_store)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert app.page is not None
        assert app.page.focused is app.page.query_one("#sessions")
        assert app.page.copied() == busy.SHOP
        await pilot.press("enter")
        assert isinstance(app.screen, Facts)
        assert "as Claude Code said" in str(app.screen.query_one("#facts", Static).content)
        await pilot.press("escape", "j", "j", "enter")
        assert "estimate by the last prompt" in str(app.screen.query_one("#facts", Static).content)
        await pilot.press("escape", "tab")
        stream = app.page.query_one("#stream", Rows)
        assert app.page.focused is stream
        odd = next(place for place, each in enumerate(stream.rows) if each.oddities)
        await pilot.press(*["down"] * odd, "enter")
        assert "no price is known" in str(app.screen.query_one("#facts", Static).content)
        await pilot.press("escape")
        assert app.page.copied() == busy.ODD


@pytest.mark.parametrize(
    ("kind", "said"),
    [("jump", "times what a call"), ("broken", "beginning had changed"), ("expired", "after a pause of 18m")],
)
async def test_every_mark_has_a_sentence(
    monitor: MakesMonitor, busy_store: Path, kind: str, said: str
) -> None:
    """With its figure."""
    app = monitor(store=busy_store)
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        assert app.page is not None
        stream = app.page.query_one("#stream", Rows)
        (place,) = (i for i, each in enumerate(stream.rows) if kind in {odd.kind for odd in each.oddities})
        await pilot.press("tab", *["down"] * place, "enter")
        assert said in str(app.screen.query_one("#facts", Static).content)


async def test_v_changes_the_chart(monitor: MakesMonitor, busy_store: Path) -> None:
    """Input and output, the cache, money, and around again."""
    async with monitor(store=busy_store).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        titles = []
        for _ in range(4):
            titles.append(
                next(line for line in text(pilot) if "/min  " in line and "opus" in line).split("/min")[0]
            )
            await pilot.press("v")
        assert [each.strip() for each in titles] == ["in+out tokens", "cache tokens", "cost", "in+out tokens"]


async def test_a_tick_moves_clocks_and_nothing_else_moves(monitor: MakesMonitor, busy_store: Path) -> None:
    """Countdowns and ages go on without a question; everything stays where it was."""
    times = [NOW]
    app = monitor(store=busy_store, clock=lambda: times[-1])
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        before = text(pilot)
        times.append(NOW + dt.timedelta(seconds=70))
        assert app.page is not None
        app.page.tick(app.moment)
        await pilot.pause()
        after = text(pilot)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert any("4m 40s" in old and "3m 30s" in new for old, new in changed)
    assert any("official 12s" in old and "official 1m" in new for old, new in changed)
    for old, new in changed:
        assert old.index(old.strip()[0]) == new.index(new.strip()[0])


async def test_the_past_is_shown_as_it_was(monitor: MakesMonitor, busy_store: Path) -> None:
    """A key back in time, the later call is gone and the clocks are those of then."""
    app = monitor(store=busy_store)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("left_square_bracket")
        await settled(pilot)
        assert app.page is not None
        stream = app.page.query_one("#stream", Rows)
        assert stream.rows[0].call.at_us <= NOW_US - 300_000_000
        assert "15:23:40" in "\n".join(text(pilot))


async def test_without_a_hook_it_says_what_to_do(monitor: MakesMonitor, unhooked: Path) -> None:
    """Local figures are there all the same, and the block is called an estimate."""
    async with monitor(store=unhooked).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        shown = "\n".join(text(pilot))
    assert "ccmeter statusline install" in shown
    assert "5h, estimate" in shown


async def test_without_any_call_it_says_what_to_do(monitor: MakesMonitor, tmp_path: Path) -> None:
    """And shows no empty tables."""
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    app = monitor(store=tmp_path / "store")
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        assert app.page is not None
        assert app.page.query_one("#none", Empty).display
        assert not app.page.query_one("#main").display
        assert app.page.copied() == ""
        await pilot.press("enter", "v", "j")


async def test_long_after_the_last_call_it_says_when_that_was(
    monitor: MakesMonitor, busy_store: Path
) -> None:
    """No block, no session; the limits of then say nothing of now."""
    app = monitor(store=busy_store, now=NOW + dt.timedelta(hours=9))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        shown = "\n".join(text(pilot))
    assert "No session is live" in shown
    assert "no running window" in shown
    assert "read 9h ago" in shown


@pytest.mark.parametrize("key", ["c", "t"])
async def test_compact_and_other_looks_go_well(monitor: MakesMonitor, busy_store: Path, key: str) -> None:
    """Compact leaves out titles and the chart."""
    app = monitor(store=busy_store)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for _ in range(5):
            await pilot.press(key)
            await settled(pilot)
            assert "official" in "\n".join(text(pilot))
        assert app.page is not None
        assert app.page.query_one("#chart", MinuteStack).display == (key == "t")
        assert app.page.query_one("#figures", Figures).is_roomy == (key == "t")


async def test_a_smaller_window_loses_no_cell(monitor: MakesMonitor, busy_store: Path) -> None:
    """Every line is drawn as wide as the screen while it is pulled smaller and larger."""
    async with monitor(store=busy_store, budgets=BUDGETS).run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        for width, height in ((119, 35), (61, 15), (40, 12), (99, 36), (180, 40)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            text(pilot)


async def test_a_session_in_full_says_what_is_not_known(monitor: MakesMonitor, busy_store: Path) -> None:
    """One that only the hook told of, and one whose cache has expired."""
    app = monitor(store=busy_store)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert app.page is not None
        sessions = {each.session_id: each for each in app.page.query_one("#sessions", Rows).rows}
    title, lines = session_told(sessions[busy.NEW], app.moment)
    assert title == busy.NEW[:8]
    assert {("Context", "unknown"), ("Cache", "nothing known in it"), ("Last call", "-")} <= set(lines)
    told = {line[0]: line[1] for line in session_told(sessions[busy.ODD], app.moment)[1]}
    assert told["Cache"] == "kept for 5 minutes: expired 15:16, the next call writes it anew"
    assert told["Last call"] == "15:11, 19m ago"


async def test_a_call_at_the_long_price_is_told(monitor: MakesMonitor) -> None:
    """In few words in the list, in a sentence in full."""
    stream = Marked(
        call=Call._make(("k", NOW_US, "s", "", True, "", "", "opus", 1, 2, 3, 4, 5, DOLLAR, 0, True)),
        oddities=(Oddity(kind="long"), Oddity(kind="jump", times_tenths=61)),
    )
    assert why(stream) == "! long-context price, 6x the usual"
    title, lines = call_told(stream, {}, _moment(monitor))
    assert title == "Call at 15:30:00"
    assert ("Sub-agent", "without a name") in lines
    assert ("Odd", "the prompt became so long that the dearer long-context price applies") in lines
    assert ("Odd", "6.1 times what a call of this thread costs (median)") in lines


async def test_y_and_filters_where_nothing_is_chosen(monitor: MakesMonitor, busy_store: Path) -> None:
    """A filter that hides every session says that it may."""
    app = monitor(store=busy_store, filters=Filters(time_zone="UTC", projects=("nobodys",)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Filters may hide some" in "\n".join(text(pilot))
        assert app.page is not None
        assert app.page.copied() == ""


# the sentences


def _moment(monitor: MakesMonitor) -> Moment:
    return monitor().moment


def _state(window: str = "five_hour", **more: Any) -> WindowState:
    used_bp = more.pop("used", 6_200)
    resets_us = more.get("resets_us", NOW_US + 7_800 * 1_000_000)
    reading = Reading(
        window=window,
        used_bp=used_bp,
        resets_us=resets_us,
        read_us=NOW_US - more.pop("age_s", 12) * 1_000_000,
        source=more.pop("source", "hook"),
        session_id="s",
    )
    fields = {
        "window": window,
        "length_s": 18_000,
        "reading": reading,
        "resets_us": resets_us,
        "is_over": False,
        "used_bp": Band(low=used_bp, middle=used_bp, high=used_bp),
        "elapsed_bp": 5_000,
        "pace_stage": 2,
        "worth": None,
        "ends_bp": None,
        "full_us": None,
        "runs_out_bp": None,
        "elsewhere_bp": 0,
        "cap_changed_us": None,
    }
    return WindowState(**{**fields, **more})


def _limits(*states: WindowState, binding: str | None = None) -> Limits:
    return Limits(windows=states, binding=binding, now_us=NOW_US)


def test_every_number_has_its_source_and_age(monitor: MakesMonitor) -> None:
    """Official, from a notice in the log, estimated since, or unknown."""
    moment = _moment(monitor)
    widened = Band(low=6_200, middle=6_400, high=6_700)
    bars = limit_bars.bullets(
        _limits(
            _state(),
            _state(source="notice", used=10_000),
            _state(used_bp=widened, age_s=300),
            _state(resets_us=NOW_US - 1, is_over=True, age_s=7_200),
            _state("seven_day_opus", is_over=True, resets_us=None),
        ),
        moment,
    )
    assert [each.source for each in bars] == [
        "official 12s",
        "log 12s",
        "estimate 5m",
        "unknown, read 2h ago",
        "unknown, read 12s ago",
    ]
    assert [each.used for each in bars] == ["62%", "100%", "62-67%", "?", "?"]
    assert [each.level for each in bars] == ["good", "bad", "good", "", ""]
    assert [each.used_bp is None for each in bars] == [False, False, False, True, True]
    assert bars[0].reset == "resets  2h 10m"
    assert bars[-1].name == "week opus"


def test_the_binding_window_is_named_with_its_band(monitor: MakesMonitor) -> None:
    """`ends first`, when, give or take how much, how likely."""
    moment = _moment(monitor)
    hour = 3_600 * 1_000_000
    full = Band(low=NOW_US + 2 * hour, middle=NOW_US + 4 * hour, high=NOW_US + 7 * hour)
    ends = _state("seven_day", full_us=full, runs_out_bp=6_800)
    assert limit_bars.sentence(_limits(_state(), ends, binding="seven_day"), moment) == (
        "The week ends first: 19:30 ± 3h (68% likely)."
    )


def test_without_a_binding_window_it_says_why(monitor: MakesMonitor) -> None:
    """They last, or there is no forecast, or nothing is known of now."""
    moment = _moment(monitor)
    band = Band(low=6_300, middle=7_000, high=8_000)
    for limits, said in (
        (_limits(_state(ends_bp=band)), "At this rate 5h will last to the reset."),
        (_limits(_state()), "No forecast yet: it needs some more readings."),
        (
            _limits(_state(is_over=True)),
            "Nothing is known of now: the next answer of Claude Code tells the limits anew.",
        ),
        (_limits(_state(used=10_000), binding="five_hour"), "The 5h window is used up."),
        (_limits(_state(), binding="five_hour"), "The 5h window binds first."),
        (_limits(_state(used=10_000)), ""),
        (_limits(), ""),
        (None, ""),
    ):
        assert limit_bars.sentence(limits, moment) == said


def test_use_elsewhere_and_a_changed_cap_are_told(monitor: MakesMonitor) -> None:
    """While they are news."""
    moment = _moment(monitor)
    odd = _state("seven_day", elsewhere_bp=450, cap_changed_us=NOW_US - 86_400_000_000)
    said = limit_bars.sentence(_limits(odd), moment)
    assert "week: at least 5% was used elsewhere." in said
    assert "worth something else since Thu 15:30." in said
    old = replace(odd, elsewhere_bp=40, cap_changed_us=NOW_US - 30 * 86_400_000_000)
    assert limit_bars.sentence(_limits(old), moment) == "No forecast yet: it needs some more readings."


def test_a_silent_hook_is_told_of(monitor: MakesMonitor) -> None:
    """Not one that is quiet because nothing is done."""
    moment = _moment(monitor)
    minute = 60_000_000
    trouble = limit_bars.hook_trouble
    assert "install" in trouble(None, None, NOW_US, moment)
    assert trouble(_limits(_state()), None, NOW_US, moment) == ""
    assert "statusline status" in trouble(_limits(_state()), NOW_US - 90 * minute, NOW_US - minute, moment)
    assert trouble(_limits(_state()), NOW_US - 90 * minute, NOW_US - 80 * minute, moment) == ""
    assert "only Pro and Max" in trouble(_limits(), NOW_US - minute, NOW_US, moment)
    assert trouble(_limits(_state()), NOW_US - minute, None, moment) == ""


async def test_budgets_stand_among_the_bars(monitor: MakesMonitor, unhooked: Path) -> None:
    """From local logs, so that no hook is needed."""
    app = monitor(store=unhooked, budgets=BUDGETS)
    assert isinstance(app, Monitor)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert app.page is not None
        assert app.page.query_one("#rail", Rail).display
        (line,) = (each for each in text(pilot) if each.strip().startswith("day"))
        assert "of $30.00" in line
        assert "local logs 0s" in line
        assert "+?" in line


async def test_budgets_are_unknown_where_nothing_is_stored(monitor: MakesMonitor, tmp_path: Path) -> None:
    """What no log tells of may have been spent all the same: 0 % would be a guess."""
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    async with monitor(store=tmp_path / "store", budgets=BUDGETS).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        (line,) = (each for each in text(pilot) if each.strip().startswith("day"))
        assert "%" not in line
        assert "of $30.00" in line
        assert "unknown, no usage stored" in line


async def test_budgets_are_unknown_where_the_store_was_never_read(
    monitor: MakesMonitor, tmp_path: Path
) -> None:
    """And the line at the top says why."""

    def refusing(_: bool) -> Any:  # noqa: FBT001 - what Lend takes
        raise StoreError("The store is locked.")

    async with monitor(lend=refusing, budgets=BUDGETS).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        (line,) = (each for each in text(pilot) if each.strip().startswith("day"))
        assert "unknown, store not read" in line
        assert "The store is locked." in "\n".join(text(pilot))


async def test_limits_are_asked_once_for_the_page_and_the_line_above_it(
    monitor: MakesMonitor, busy_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They cost as much as the rest of the page."""
    asked = []

    def ask(connection: Any, moment: Moment) -> Any:
        asked.append(moment)
        return known(connection, moment)

    known = chips.ask
    monkeypatch.setattr(chips, "ask", ask)
    app = monitor(store=busy_store, reads_logs=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "official" in text(pilot)[0]
    assert len(asked) == 1
