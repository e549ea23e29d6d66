"""What the store knows of limits: spool and logs taken in as they are, asked as of an instant."""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain import readings
from ccmeter.domain.blocks import instant
from ccmeter.domain.filters import Filters
from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, SEVEN_DAY, Limits, Reading
from ccmeter.queries.limits import _read, history, limits, windows
from ccmeter.store import lease
from support import limit_store, stores
from support.limit_truth import DAY_US, HOUR_US, START_US, Plan, simulate
from support.transcripts import stamp

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 10
NOON_US = START_US + 9 * DAY_US + 13 * HOUR_US
UTC = Filters(time_zone="UTC")
PLAN = Plan(window=FIVE_HOUR, days=DAYS, cap=0.5)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("limits")
    limit_store.write(simulate(PLAN), place / ".claude", place)
    stores.ingest(place / "ccmeter.duckdb", place / ".claude")
    with lease.writing(place / "ccmeter.duckdb") as connection:
        rows = [
            (each.window, each.used_bp, each.resets_us, each.read_us, each.source, each.session_id)
            for each in simulate(PLAN).readings
        ]
        connection.execute("delete from limit_reading")
        connection.executemany("insert into limit_reading values (?, ?, ?, ?, ?, ?)", rows)
    return place / "ccmeter.duckdb"


def asked(store: Path, now_us: int = NOON_US, filters: Filters = UTC) -> Limits:
    with stores.asking(store) as connection:
        return limits(connection, filters, now=instant(now_us))


def told(store: Path, rows: list[tuple[str, int, int | None, int, str]]) -> None:
    with lease.writing(store) as connection:
        connection.executemany("insert into limit_reading values (?, ?, ?, ?, 'hook', ?)", rows)


def test_a_window_is_told_from_store_and_logs(store: Path) -> None:
    """With the cost between readings at list prices."""
    found = asked(store)
    (state,) = found.windows
    assert state.window == FIVE_HOUR
    assert state.reading.read_us <= NOON_US
    truth = simulate(PLAN)
    spent = [
        cost // 25_000_000 * 25_000_000
        for at_us, cost in zip(truth.call_us, truth.cost_pico, strict=True)
        if state.reading.read_us < at_us <= NOON_US
    ]
    assert state.since_pico == sum(spent)
    assert state.worth is not None
    assert state.ends_bp is not None
    band = state.worth.pico_per_bp
    assert band.low < 20_000_000_000 < band.high


def test_the_past_is_asked_as_it_was(store: Path) -> None:
    """By `now`, and by the instant that filters end with."""
    early_us = START_US + 5 * DAY_US + 15 * HOUR_US
    state = asked(store, early_us).windows[0]
    assert state.reading.read_us <= early_us
    replayed = asked(store, early_us, replace(UTC, before_us=early_us + 1))
    assert replayed == asked(store, early_us)
    hidden = asked(store, early_us, replace(UTC, before_us=early_us - DAY_US)).windows[0]
    assert hidden.reading.read_us < early_us - DAY_US
    assert asked(store, START_US - 1) == Limits(windows=(), binding=None, now_us=START_US - 1)


def test_a_limit_is_of_the_account(store: Path) -> None:
    """No filter moves it."""
    narrow = replace(
        UTC, projects=("none",), models=("haiku",), sessions=("x",), since_on=dt.date(2099, 1, 1)
    )
    assert asked(store, filters=narrow) == asked(store)


def test_history_is_what_counts(store: Path) -> None:
    """In half-open time, in order, the figure falling only with a window's end."""
    with stores.asking(store) as connection:
        found = history(connection, UTC, FIVE_HOUR, NOON_US - DAY_US, NOON_US)
        assert windows(connection, UTC) == (FIVE_HOUR, SEVEN_DAY)
        whole = history(connection, UTC, FIVE_HOUR, 0, NOON_US)
        assert history(connection, UTC, SEVEN_DAY, 0, NOON_US) == ()
    assert found == tuple(each for each in whole if each.read_us >= NOON_US - DAY_US)
    assert found
    for before, after in pairwise(found):
        assert before.read_us <= after.read_us
        assert after.resets_us != before.resets_us or after.used_bp >= before.used_bp


def test_what_a_session_only_repeats_is_left_out_unless_it_had_an_answer(tmp_path: Path) -> None:
    """Its own cost tells: an idle session's figure grows old, a working one's is confirmed."""
    place = tmp_path / "ccmeter.duckdb"
    stores.ingest(place)
    resets_us = START_US + HOUR_US
    told(place, [(FIVE_HOUR, 500, resets_us, START_US + each, "s") for each in (1, 2, 3, 4)])
    with lease.writing(place) as connection:
        rows = [
            ("s", START_US + each, "", cost, None, None, None)
            for each, cost in ((1, 5), (2, 5), (3, 9), (4, 0))
        ]
        connection.executemany("insert into session_reading values (?, ?, ?, ?, ?, ?, ?)", rows)
    with stores.asking(place) as connection:
        found = history(connection, UTC, FIVE_HOUR, 0, START_US + HOUR_US)
    assert [each.read_us - START_US for each in found] == [1, 3]


def notice(at_us: int, text: str, number: int) -> bytes:
    record = {
        "type": "assistant",
        "sessionId": "s1",
        "uuid": f"11111111-1111-4111-8111-{number:012}",
        "timestamp": stamp(at_us),
        "cwd": "/x",
        "message": {
            "model": "<synthetic>",
            "role": "assistant",
            "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 0, "output_tokens": 0},
        },
    }
    return json.dumps(record).encode() + b"\n"


def test_notices_are_readings_of_a_hundred_percent(tmp_path: Path) -> None:
    """Each once, however often a log was copied; a model's own limit only until its reset."""
    folder = tmp_path / ".claude" / "projects" / "-x"
    folder.mkdir(parents=True)
    lines = notice(START_US, "You've hit your weekly limit · resets 11pm", 1) + notice(
        START_US, "You've hit your Opus limit · resets 11pm", 2
    )
    for name in ("a", "b"):
        (folder / f"{name}.jsonl").write_bytes(lines)
    place = tmp_path / "ccmeter.duckdb"
    stores.ingest(place, tmp_path / ".claude")
    found = asked(place, START_US + 1_000_000)
    assert [(each.window, each.reading.used_bp, each.is_over) for each in found.windows] == [
        (SEVEN_DAY, FULL_BP, False),
        ("seven_day_opus", FULL_BP, False),
    ]
    assert found.binding == SEVEN_DAY
    later = asked(place, START_US + 2 * DAY_US)
    assert [(each.window, each.is_over) for each in later.windows] == [(SEVEN_DAY, True)]
    with stores.asking(place) as connection:
        assert windows(connection, UTC) == (FIVE_HOUR, SEVEN_DAY, "seven_day_opus")
        (read,) = history(connection, UTC, SEVEN_DAY, START_US, START_US + 1)
    assert read == Reading(
        window=SEVEN_DAY,
        used_bp=FULL_BP,
        resets_us=read.resets_us,
        read_us=START_US,
        source="notice",
        session_id="s1",
    )


@pytest.mark.parametrize("seed", range(12))
def test_what_stands_between_equal_readings_decides_nothing(tmp_path: Path, seed: int) -> None:
    """The state of a limit is asked without them, the history with them: what counts is the same, but for them."""
    dice = random.Random(seed)
    rows, cost, used = [], dict.fromkeys("abc", 0), 3_000
    for number in range(400):
        session = dice.choice("aaaaaab" if dice.random() < 0.9 else "bc")
        used += dice.choice((0, 0, 0, 0, 100, -100 if dice.random() < 0.1 else 0))
        cost[session] += dice.choice((0, 1, 1))
        window = dice.choice((FIVE_HOUR, FIVE_HOUR, SEVEN_DAY))
        resets_us = None if dice.random() < 0.02 else NOON_US + dice.choice((0, 0, 0, 0, 1)) * HOUR_US
        at_us = NOON_US - (400 - number) * 20_000_000
        rows.append((window, used, resets_us, at_us, session, cost[session]))
    store = tmp_path / "ccmeter.duckdb"
    told(store, [row[:5] for row in rows])
    with lease.writing(store) as connection:
        connection.executemany(
            "insert into session_reading (session_id, read_us, model, cost_pico) values (?, ?, '', ?)",
            [(session, at_us, pico) for _, _, _, at_us, session, pico in rows],
        )
    with stores.asking(store) as connection:
        for window in (FIVE_HOUR, SEVEN_DAY):
            whole, thin = (
                readings.settle(_read(connection, UTC, window, 0, NOON_US, is_listed=is_listed))
                for is_listed in (True, False)
            )
            assert len(thin) < len(whole)
            assert _edges(thin) == _edges(whole)


def _edges(settled: tuple[Reading, ...]) -> list[Reading]:
    """Give the first and the last of readings that follow each other with one figure."""
    figures = [(each.session_id, each.used_bp, each.resets_us) for each in settled]
    return [
        each
        for place, each in enumerate(settled)
        if figures[place] != (figures[place - 1] if place else None)
        or figures[place] != (figures[place + 1] if place + 1 < len(figures) else None)
    ]
