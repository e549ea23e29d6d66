"""The status line's snapshot: the same numbers as a report, only of what is recent, and small."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.pricing.rule import PriceBook
from ccmeter.pricing.table import rate_table
from ccmeter.queries import blocks, hook
from ccmeter.queries.summary import summarize
from ccmeter.statusline import snapshot
from ccmeter.store import lease, readings
from ccmeter.store.readings import LimitReading
from support import stores
from support.transcripts import Folder, Line, joined

NOW = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)
NOW_US = int(NOW.timestamp() * 1_000_000)
HOUR_US = 3_600_000_000
ZONE = "Europe/Berlin"
PRICES = PriceBook(rate_table())
BASE = Line(
    at_us=NOW_US - HOUR_US, model="claude-opus-4-5-20251101", cache_creation_tokens=300, split=(100, 150)
)


class House:
    """Logs and a store of them."""

    def __init__(self, folder: Path) -> None:
        self.claude = folder / "claude"
        self.logs = Folder(self.claude)
        self.store = folder / "data" / "ccmeter.duckdb"

    def write(self, name: str, *lines: Line, at: dt.datetime = NOW) -> str:
        """Write a transcript that changed last at an instant; give its path."""
        self.logs.write(name, joined([line.assistant() for line in lines]))
        path = self.logs.file(name)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return str(path)

    def document(self, now: dt.datetime = NOW, settings: Path | None = None) -> dict[str, Any]:
        """Bring the store up to date and ask."""
        stores.ingest(self.store, self.claude)
        with stores.asking(self.store) as connection:
            return hook.document(
                connection, Filters(time_zone=ZONE), prices=PRICES, settings=settings, now=now
            )


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty house."""
    return House(tmp_path)


def test_of_nothing_nothing_is_known(house: House) -> None:
    told = house.document()
    assert set(told.pop("names")) == set(PRICES.known())
    assert set(told.pop("rates")) >= set(PRICES.known()[:20]), "the oldest go where there is no room"
    assert told == {
        "made_at_us": NOW_US,
        "zone": ZONE,
        "day": "2026-01-10",
        "day_began_us": NOW_US - 13 * HOUR_US,
        "day_ends_us": NOW_US + 11 * HOUR_US,
        "today": {"pico": 0, "unpriced_tokens": 0},
        "sessions": {},
        "block": None,
        "limits": {},
        "files": {},
        "web_search_pico": 10**10,
        "settings": None,
    }


def test_sums_are_those_of_reports(house: House) -> None:
    """Today by the calendar of the zone, the latest block, and all of a session that goes on, however long."""
    times = {
        "msg_old": NOW_US - 80 * HOUR_US,
        "msg_night": NOW_US - 13 * HOUR_US - 1_000,
        "msg_dawn": NOW_US - 13 * HOUR_US,
        "msg_now": NOW_US - HOUR_US,
    }
    lines = [
        replace(BASE, message_id=key, at_us=at_us, output_tokens=number)
        for number, (key, at_us) in enumerate(times.items(), 1)
    ]
    house.write("-a/one.jsonl", *lines)
    house.write("-a/two.jsonl", replace(BASE, message_id="msg_x", session="two", model="strange"))
    house.write(
        "-a/three.jsonl", replace(BASE, message_id="msg_y", session="gone", at_us=NOW_US - 90 * HOUR_US)
    )
    told = house.document()
    today = NOW.date()
    with stores.asking(house.store) as connection:

        def of(**chosen: Any) -> tuple[int, int]:
            total = summarize(connection, Filters(time_zone=ZONE, **chosen)).total
            return total.cost_pico, total.unpriced_tokens

        assert (told["today"]["pico"], told["today"]["unpriced_tokens"]) == of(since_on=today, until_on=today)
        assert {name: tuple(values[:2]) for name, values in told["sessions"].items()} == {
            name: of(sessions=(name,)) for name in ("session-1", "two")
        }
        latest = blocks.ask_blocks(connection, Filters(time_zone=ZONE), now=NOW).blocks[-1]
    assert next(iter(told["sessions"].values()))[2] == times["msg_now"]
    assert told["block"] == {
        "start_us": latest.block.start_us,
        "end_us": latest.block.end_us,
        "first_us": latest.block.first_us,
        "last_us": latest.block.last_us,
        "pico": latest.measures.cost_pico,
        "unpriced_tokens": latest.measures.unpriced_tokens,
    }
    assert told["today"]["unpriced_tokens"] > 0


def test_files_have_their_offset_and_last_calls(house: House) -> None:
    """Counts as logged, so that a line behind the offset can be added to its call."""
    part = {"type": "compaction", "input_tokens": 5, "output_tokens": 6}
    lines = [
        replace(BASE, message_id=f"msg_{number}", at_us=NOW_US - 100_000 + number * 1_000, request_id=None)
        for number in range(8)
    ]
    lines[7] = replace(
        lines[7],
        iterations=[part],
        server_tools=(2, 0),
        stop_reason="end_turn",
        speed="fast",
        inference_geo="us",
    )
    path = house.write("-a/one.jsonl", *lines)
    house.write("-a/one/subagents/agent-1.jsonl", replace(BASE, message_id="msg_agent"))
    house.write("-a/old.jsonl", replace(BASE, message_id="msg_old"), at=NOW - dt.timedelta(days=2, seconds=1))
    told = house.document()
    assert list(told["files"]) == [path]
    file = told["files"][path]
    assert file["offset"] == Path(path).stat().st_size
    assert list(file["calls"]) == [f"msg_{number}" for number in range(7, 1, -1)]
    with stores.asking(house.store) as connection:
        costs = dict(connection.execute("select call_key, list_pico from priced_call").fetchall())
    assert file["calls"]["msg_7"] == {
        "counts": [3, 10, 300, 100, 150, 0, 2],
        "us": NOW_US - 93_000,
        "model": BASE.model,
        "speed": "fast",
        "tier": "standard",
        "geo": "us",
        "stop": "end_turn",
        "parts": [[0, "compaction", BASE.model, 5, 6, 0, 0, 0, 0]],
        "pico": costs["msg_7"],
        "unpriced_tokens": 0,
    }


def test_names_and_rates_are_those_that_price(house: House) -> None:
    house.write("-a/one.jsonl", BASE, replace(BASE, message_id="msg_2", model="strange"))
    told = house.document()
    assert set(told["names"]) == {BASE.model, "strange", *PRICES.known()}
    assert told["names"]["strange"][0] is None
    priced = told["names"][BASE.model][0]
    assert set(told["rates"]) >= {priced, *PRICES.known()[:20]}
    assert all(len(rate) == 12 and rate[4] > NOW_US for rates in told["rates"].values() for rate in rates)
    assert {rate[2] for rate in told["rates"][priced]} == {"standard", "batch"}, "one that was met has all"


def test_limits_are_the_newest_of_each_window(house: House) -> None:
    house.document()
    resets_us = NOW_US + HOUR_US
    with lease.writing(house.store) as connection:
        told = [
            LimitReading("five_hour", 4_200 + after, resets_us, NOW_US - 100 + after, "hook", "s")
            for after in (1, 2)
        ]
        readings.append(connection, told, [], name="x", offset_bytes=1)
    limits = house.document()["limits"]
    assert set(limits) == {"five_hour"}
    assert limits["five_hour"]["used_bp"] == 4_202
    assert limits["five_hour"]["resets_us"] == resets_us
    assert limits["five_hour"]["read_us"] == NOW_US - 98


def test_it_stays_small_and_the_newest_have_room(house: House) -> None:
    """Whatever the history; the hook decodes all of it at every run."""
    long = "x" * 120
    for file in range(230):
        session = f"session-{file:03}"
        lines = [
            replace(
                BASE, message_id=f"msg_{long}_{file}_{number}", session=session, at_us=NOW_US - file * 1_000
            )
            for number in range(7)
        ]
        house.write(f"-{long}/{session}.jsonl", *lines, at=NOW - dt.timedelta(seconds=file))
    told = house.document()
    assert len(json.dumps(told, separators=(",", ":"))) < 200_000
    assert len(told["sessions"]) == 200
    assert len(told["files"]) == 200
    assert next(iter(told["sessions"])) == "session-000"
    numbers = [len(file["calls"]) for file in told["files"].values()]
    assert numbers[0] == 6
    assert numbers[-1] == 0
    assert sorted(numbers, reverse=True) == numbers


def test_it_is_left_whole_and_for_the_owner_alone(house: House, tmp_path: Path) -> None:
    house.write("-a/one.jsonl", BASE)
    settings = tmp_path / "config.toml"
    settings.write_text("[statusline]\ntemplate = '{model}'\n")
    told = house.document(settings=settings)
    with stores.asking(house.store) as connection:
        hook.leave(
            connection, Filters(time_zone=ZONE), prices=PRICES, folder=tmp_path, settings=settings, now=NOW
        )
    file = tmp_path / snapshot.NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_bytes()) == {"v": snapshot.VERSION, **json.loads(json.dumps(told))}
    known = snapshot.load(str(tmp_path))
    assert known.today == told["today"]
    assert known.settings["values"] == {"template": "{model}"}
    assert not list(tmp_path.glob("snapshot.json.*"))


@pytest.mark.parametrize("gap_h", [4, 6])
def test_the_latest_block_is_that_of_all_history(gap_h: int, house: House) -> None:
    """With a pause in the last days or without one."""
    lines = [
        replace(BASE, message_id=f"msg_{number}", at_us=NOW_US - number * gap_h * HOUR_US - 7_000)
        for number in range(300)
    ]
    house.write("-a/one.jsonl", *lines)
    told = house.document()
    with stores.asking(house.store) as connection:
        latest = blocks.find(connection, 5)[-1]
    assert told["block"]["start_us"] == latest.start_us
    assert told["block"]["first_us"] == latest.first_us
