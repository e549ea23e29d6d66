"""What the monitor does by itself: reads when logs change, hears of troubles and goes on."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.errors import StoreError, StoreFullError
from ccmeter.domain.filters import Filters
from ccmeter.tui import app as apps
from ccmeter.tui import feed as feeds
from ccmeter.tui import once
from ccmeter.tui.feed import Voice
from ccmeter.tui.messages import Answered
from ccmeter.tui.setup import Setup
from ccmeter.tui.widgets.bullet import Rail
from ccmeter.tui.widgets.header import TopLine, TroubleLine
from support import busy, stores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)


async def settled(pilot: Pilot[Any]) -> None:
    app: Any = pilot.app
    for _ in range(2_000):
        await pilot.pause(0.005)
        if app.is_settled:
            await pilot.pause()
            return
    raise AssertionError("the screen never came to rest")


async def until(pilot: Pilot[Any], holds: Any) -> None:
    for _ in range(2_000):
        await pilot.pause(0.005)
        if holds():
            return
    raise AssertionError("it never happened")


class Shop:
    """Lends a store, counts how, and can fail."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.lent: list[bool] = []
        self.error: Exception | None = None
        self.is_gone = False
        self.problems: Counter[str] = Counter()

    @contextlib.contextmanager
    def __call__(self, reads_logs: bool) -> Iterator[Any]:  # noqa: FBT001
        self.lent.append(reads_logs)
        if self.error is not None and (reads_logs or self.is_gone):
            raise self.error
        with stores.asking(self.store) as connection:
            yield SimpleNamespace(connection=connection, problems=self.problems)


def trouble(app: Any) -> str:
    said: str = app.page.query_one(TroubleLine).said
    return said


async def test_what_is_stored_is_shown_before_logs_are_read(monitor: Any, fortnight_store: Path) -> None:
    shop = Shop(fortnight_store)
    app = monitor(screen="reports", lend=shop)
    async with app.run_test() as pilot:
        await settled(pilot)
        await until(pilot, lambda: shop.lent == [False, True])


async def test_without_ingest_logs_are_never_read(monitor: Any, fortnight_store: Path) -> None:
    shop = Shop(fortnight_store)
    app = monitor(screen="reports", lend=shop, reads_logs=False, watched=(fortnight_store.parent,))
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("r")
        await settled(pilot)
        assert not app._beside
    assert not any(shop.lent)


async def test_a_changed_log_is_read(
    monitor: Any, fortnight_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "READ_EVERY_S", 0.01)
    shop = Shop(fortnight_store)
    (tmp_path / "projects").mkdir()
    logs, spool = tmp_path / "projects", tmp_path / "spool"
    spool.mkdir()
    app = monitor(screen="reports", lend=shop, watched=(logs, spool), log_folders=(logs,))
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app._beside))
        await settled(pilot)
        await pilot.pause(0.4)
        read = sum(shop.lent)
        (tmp_path / "projects" / "1.jsonl").write_text("{}\n", "utf-8")
        await until(pilot, lambda: sum(shop.lent) > read)
        (tmp_path / "projects").rename(tmp_path / "away")
        await until(pilot, lambda: "No log folder" in trouble(app))


async def test_a_full_disk_is_told_and_the_screen_goes_on(monitor: Any, fortnight_store: Path) -> None:
    shop = Shop(fortnight_store)
    shop.error = StoreFullError("The disk is full.")
    app = monitor(screen="reports", lend=shop)
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        await until(pilot, lambda: "The disk is full. Free some space" in trouble(app))
        assert app.page._answer is not None
        shop.error, shop.problems["unreadable folder"] = None, 3
        await pilot.press("r")
        await until(pilot, lambda: trouble(app).startswith("3 could not be read (unreadable folder)"))


async def test_ages_go_on_and_agree_while_the_store_is_gone(monitor: Any, tmp_path: Path) -> None:
    """On the page and in the line above it; what is wrong is said, and how old the figures are; all ends once it is back."""
    shop, now = Shop(busy.make(tmp_path)), [NOW]
    app = monitor(lend=shop, clock=lambda: now[0], reads_logs=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert _ages(app) == {"12s"}
        shop.error, shop.is_gone = StoreError("The store is gone.", hint="Put it back."), True
        now[0] += dt.timedelta(minutes=5)
        app._tick()
        await pilot.press("r")
        await settled(pilot)
        assert trouble(app) == "The store is gone. Put it back.  Figures are of 15:30, 5m ago."
        assert _ages(app) == {"5m"}
        now[0] += dt.timedelta(hours=2, minutes=10)
        app._tick()
        assert "Figures are of 15:30, 2h ago" in trouble(app)
        assert app.page.query_one(TopLine).top.chips[0].used == "?", "it has reset"
        assert app.page.query_one(Rail)._bullets[0].used == "?"
        assert _ages(app) == {"2h"}
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("1")
        await settled(pilot)
        now[0] -= dt.timedelta(hours=2, minutes=15)
        shop.error = None
        await pilot.press("r")
        await settled(pilot)
        assert "The store is gone" not in trouble(app)
        assert "Figures are of" not in trouble(app)
        assert _ages(app) == {"12s"}


def _ages(app: Any) -> set[str]:
    """Give how old the limits are, wherever the screen says so."""
    chips = app.page.query_one(TopLine).top.chips
    bars = app.page.query_one(Rail)._bullets
    assert len(chips) == len(bars) == 2
    said = [*(chip.source for chip in chips), *(bar.source for bar in bars)]
    return {source.removesuffix(" ago").split()[-1] for source in said}


async def test_a_store_that_goes_and_comes_back_is_noticed_without_a_key(
    monitor: Any, tmp_path: Path
) -> None:
    """By the next tick, though nothing is asked for a minute while all is well."""
    store = busy.make(tmp_path)
    shop = Shop(store)
    app = monitor(lend=shop, reads_logs=False, is_there=store.exists)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app._tick()
        await settled(pilot)
        assert shop.lent == [False]
        store.rename(tmp_path / "aside")
        shop.error, shop.is_gone = StoreError("The store is gone."), True
        app._tick()
        await until(pilot, lambda: "The store is gone." in trouble(app))
        (tmp_path / "aside").rename(store)
        shop.error = None
        app._tick()
        await until(pilot, lambda: trouble(app) == "")


async def test_a_page_that_comes_back_has_the_ages_of_now(monitor: Any, tmp_path: Path) -> None:
    """Also where there is no newer answer for it."""
    shop, now = Shop(busy.make(tmp_path)), [NOW]
    app = monitor(lend=shop, clock=lambda: now[0], reads_logs=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4")
        await settled(pilot)
        shop.error, shop.is_gone = StoreError("The store is gone."), True
        now[0] += dt.timedelta(minutes=5)
        await pilot.press("1")
        await settled(pilot)
        assert _ages(app) == {"5m"}


async def test_without_any_log_folder_it_says_so_whoever_looks_once(monitor: Any, tmp_path: Path) -> None:
    app = monitor(screen="reports", log_folders=(tmp_path / "projects",))
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        assert "No log folder" in trouble(app)
        assert "--claude-dir" in trouble(app)


async def test_a_wrong_program_ends_it(monitor: Any, fortnight_store: Path) -> None:
    shop = Shop(fortnight_store)
    shop.error = ZeroDivisionError()
    app = monitor(screen="reports", lend=shop)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with app.run_test() as pilot:
            await settled(pilot)
            await pilot.pause(0.5)


async def test_time_alone_moves_the_clock_and_asks_now_and_then(
    monitor: Any, fortnight_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, now = Shop(fortnight_store), [NOW]
    app = monitor(screen="reports", lend=shop, clock=lambda: now[0])
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        app._tick()
        asked = len(shop.lent)
        now[0] += dt.timedelta(seconds=20)
        app._tick()
        assert len(shop.lent) == asked
        monkeypatch.setattr(apps, "AGAIN_S", 0.0)
        now[0] += dt.timedelta(seconds=20)
        app._tick()
        await until(pilot, lambda: len(shop.lent) == asked + 1)
        assert app.page.query_one(TopLine).top.instant == "15:30"
        app._past = NOW - dt.timedelta(days=1)
        app._tick()
        await settled(pilot)
        assert len(shop.lent) == asked + 1, "the past does not change"


async def test_an_odd_clock_is_told_for_a_while_and_logs_are_read(
    monitor: Any, fortnight_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, now = Shop(fortnight_store), [NOW]
    monkeypatch.setattr(feeds, "READ_EVERY_S", 0.01)
    app = monitor(screen="reports", lend=shop, clock=lambda: now[0])
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        app._tick()
        read = sum(shop.lent)
        now[0] -= dt.timedelta(hours=1)
        app._tick()
        assert "set back by" in trouble(app)
        await until(pilot, lambda: sum(shop.lent) == read + 1)
        app._state = replace(app._state, clock_until_s=time.monotonic() - 1)
        app._tick()
        assert trouble(app) == ""


async def test_what_the_store_waits_for_is_told(monitor: Any) -> None:
    voice = Voice()
    app = monitor(screen="reports", voice=voice)
    async with app.run_test(size=(120, 24)) as pilot:
        await settled(pilot)
        voice.say("waiting for the store: process 7 is using it")
        await until(pilot, lambda: "process 7" in str(app.page.query_one(TopLine).content))
        voice.write("\x07")
        await pilot.pause()
    voice.say("nobody listens any more")


async def test_alerts_are_told_and_what_was_put_off_is_done_later(
    monitor: Any, fortnight_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "READ_EVERY_S", 0.01)
    monkeypatch.setattr(apps, "TICK_S", 0.05)
    shop, done = Shop(fortnight_store), []

    def after(_: dt.datetime) -> list[str]:
        done.append(1)
        monkeypatch.setattr(feeds, "AFTER_EVERY_S", 0.2)
        return ["Alert: 5-hour window at 80 %"]

    monkeypatch.setattr(feeds, "AFTER_EVERY_S", 0.2)
    app = monitor(screen="reports", lend=shop, after=after)
    async with app.run_test(size=(120, 24)) as pilot:
        await settled(pilot)
        assert [note.message for note in app._notifications][:1] == ["Alert: 5-hour window at 80 %"]
        await pilot.press("r")
        await until(pilot, lambda: len(done) >= 2)


async def test_an_answer_for_another_instant_is_not_shown(monitor: Any) -> None:
    app = monitor(screen="reports")
    async with app.run_test(size=(120, 24)) as pilot:
        await settled(pilot)
        shown = app.page._answer
        app._feed.stop()
        app.want(reads_logs=False)
        told = feeds.Told(want=app._feed._asked, answer=None, has_answer=True)
        app._past = NOW - dt.timedelta(days=1)
        app.on_answered(Answered(told))
        assert app.page._answer is shown


def test_printed_once(fortnight_store: Path) -> None:
    def made(**more: Any) -> str:
        setup = Setup(
            lend=Shop(fortnight_store),
            clock=lambda: NOW,
            filters=Filters(time_zone="UTC"),
            week_starts=1,
            first="reports",
            **more,
        )
        text, error = once.printed(setup, (80, 20), colour=bool(more.get("theme")))
        assert error is None
        return text

    plain = made()
    assert plain.splitlines()[0].split()[:2] == ["Reports", "limits:"]
    assert "\x1b" not in plain
    assert len(plain.splitlines()) <= 20
    assert "\x1b[" in made(theme="ansi-dark")
    assert made(is_ascii=True).isascii()


def test_printed_once_says_what_kept_it_from_being_whole(fortnight_store: Path) -> None:
    """A script learns it from the status; whoever reads, from the line at the top. No frame of it is kept."""

    def refusing(_: bool) -> Any:  # noqa: FBT001 - what Lend takes
        raise StoreError("The disk is full.")

    setup = Setup(
        lend=refusing, clock=lambda: NOW, filters=Filters(time_zone="UTC"), week_starts=1, first="reports"
    )
    text, error = once.printed(setup, (80, 20), colour=False)
    assert "The disk is full." in text
    assert str(error) == "The disk is full."
    assert error is not None
    assert error.__traceback__ is None
