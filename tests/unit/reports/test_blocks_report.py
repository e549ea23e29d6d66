"""The blocks report: ccusage's shape to the key, marks, gaps, and an active block that says where it leads."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries.blocks import ask_blocks
from ccmeter.reports import blocks as report
from ccmeter.reports.cells import for_people
from ccmeter.reports.table import Kind, Role
from ccmeter.reports.usage_table import UsageOptions
from support import fortnight, golden, stores
from support.transcripts import Folder, Line, dumped, joined, us

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.reports.table import Report

NOW = dt.datetime(2026, 11, 21, 0, 54, 18, tzinfo=dt.UTC)
CCUSAGE = {
    "actualEndTime": "2026-11-21T00:34:18.000Z",
    "burnRate": {
        "costPerHour": 0.007200000000000001,
        "tokensPerMinute": 65.0,
        "tokensPerMinuteForIndicator": 15.0,
    },
    "costUSD": 0.0024000000000000002,
    "endTime": "2026-11-21T05:00:00.000Z",
    "entries": 2,
    "id": "2026-11-21T00:00:00.000Z",
    "isActive": True,
    "isGap": False,
    "models": ["claude-sonnet-4-20250514"],
    "projection": {"remainingMinutes": 246, "totalCost": 0.03, "totalTokens": 17290},
    "startTime": "2026-11-21T00:00:00.000Z",
    "tokenCounts": {
        "cacheCreationInputTokens": 0,
        "cacheReadInputTokens": 1000,
        "inputTokens": 200,
        "outputTokens": 100,
    },
    "tokenLimitStatus": {
        "limit": 8000,
        "percentUsed": 216.125,
        "projectedUsage": 17290,
        "status": "exceeds",
    },
    "totalTokens": 1300,
}
"""What ccusage 20.0.24 printed for these two calls with `-t max` (facts/ccusage.md, section 2)."""


def ours(*times: str, **changes: Any) -> list[Line]:
    line = Line(
        model="claude-sonnet-4-20250514",
        input_tokens=100,
        output_tokens=50,
        cache_read_tokens=500,
        stop_reason="end_turn",
    )
    return [
        replace(line, message_id=f"msg_{number}", at_us=us(time) if time else None, **changes)
        for number, time in enumerate(times)
    ]


def laid_out(
    folder: Path, lines: list[Line], *, now: dt.datetime = NOW, limit: int | None = None, **options: Any
) -> Report:
    Folder(folder / "logs").write("p/1.jsonl", joined([line.assistant() for line in lines]))
    stores.ingest(folder / "store", folder / "logs")
    usage = UsageOptions(no_cost=options.pop("no_cost", False), compact=options.pop("compact", False))
    with stores.asking(folder / "store") as connection:
        answer = ask_blocks(connection, Filters(time_zone=options.pop("zone", "UTC")), now=now, **options)
    return report.lay_out(
        answer,
        report.BlockOptions(usage=usage, limit_tokens=limit, only_active=options.get("only_active", False)),
    )


def document(laid: Report) -> dict[str, Any]:
    assert isinstance(laid.document, dict)
    return laid.document


def meaning(expected: object, found: object) -> bool:
    """Tell whether all keys of a shape are there with their types and values; of doubles to nine digits."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            key in found and meaning(value, found[key]) for key, value in expected.items()
        )
    if isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-9)
    if isinstance(expected, list):
        return isinstance(found, list | tuple) and list(found) == expected
    return type(found) is type(expected) and found == expected


def test_the_active_block_is_ccusages(tmp_path: Path) -> None:
    """Every key, type and value of its own example; ours stand beside them."""
    laid = laid_out(tmp_path, ours("2026-11-21T00:14:18+00:00", "2026-11-21T00:34:18+00:00"), limit=8_000)
    (block,) = document(laid)["blocks"]
    assert meaning(CCUSAGE, block), block
    assert block["costExact"] == "0.0024"
    rates = {key: block["burnRate"][key] for key in block["burnRate"] if key.startswith("last")}
    assert rates == {
        "last60Minutes": {
            "tokensPerMinute": 1300 / 60,
            "tokensPerMinuteWithoutCacheReads": 5.0,
            "costPerHour": 0.0024,
            "unpricedTokens": 0,
        },
        "last15Minutes": {
            "tokensPerMinute": 0.0,
            "tokensPerMinuteWithoutCacheReads": 0.0,
            "costPerHour": 0.0,
            "unpricedTokens": 0,
        },
        "last5Minutes": {
            "tokensPerMinute": 0.0,
            "tokensPerMinuteWithoutCacheReads": 0.0,
            "costPerHour": 0.0,
            "unpricedTokens": 0,
        },
    }


def test_the_gap_is_ccusages(tmp_path: Path) -> None:
    """From five hours after the last call to the next one, although the next block begins before that."""
    laid = laid_out(tmp_path, ours("2026-11-19T01:24:18+00:00", "2026-11-20T23:50:00+00:00"))
    gap = document(laid)["blocks"][1]
    shape = {
        "id": "gap-2026-11-19T06:24:18.000Z",
        "startTime": "2026-11-19T06:24:18.000Z",
        "endTime": "2026-11-20T23:50:00.000Z",
        "isGap": True,
        "isActive": False,
        "entries": 0,
        "actualEndTime": None,
        "burnRate": None,
        "projection": None,
        "models": [],
        "costUSD": 0,
        "totalTokens": 0,
    }
    assert meaning(shape, gap)
    assert set(gap["tokenCounts"].values()) == {0}
    states = [row.cells[1] for row in laid.table.rows]
    assert states == ["", "gap", "active", None]
    cells = dict(zip((column.key for column in laid.table.columns), laid.table.rows[1].cells, strict=True))
    numbers = {column.key: cells[column.key] for column in laid.table.columns if column.kind.is_number}
    assert numbers.pop("span_s")
    assert {for_people(Kind.MONEY, numbers.pop("cost_usd")), *numbers.values()} == {"", None}
    assert len({block["id"] for block in document(laid)["blocks"]}) == 3


@pytest.mark.parametrize(
    ("limit", "status"), [(17_289, "exceeds"), (17_290, "warning"), (21_612, "warning"), (21_613, "ok")]
)
def test_the_limit_is_held_against_the_projection(limit: int, status: str, tmp_path: Path) -> None:
    """More than all of it exceeds, more than four fifths warns."""
    laid = laid_out(tmp_path, ours("2026-11-21T00:14:18+00:00", "2026-11-21T00:34:18+00:00"), limit=limit)
    assert document(laid)["blocks"][0]["tokenLimitStatus"]["status"] == status
    (outlook,) = laid.further[0].notes
    shown = " ".join(golden.shown("table-80.txt", laid).split())
    assert "it ends with 17,290 tokens and $0.03" in shown
    assert outlook.text.endswith("of the limit.")
    assert shown.endswith("% of the limit.")


def test_one_call_has_no_average(tmp_path: Path) -> None:
    """There is no time to divide by; the last minutes are known nevertheless."""
    laid = laid_out(tmp_path, ours("2026-11-21T00:40:00+00:00"), limit=8_000)
    (block,) = document(laid)["blocks"]
    assert (block["burnRate"], block["projection"]) == (None, None)
    assert "tokenLimitStatus" not in block
    assert [row.cells[0] for row in laid.further[0].rows] == [
        "last 60 minutes",
        "last 15 minutes",
        "last 5 minutes",
    ]
    assert laid.further[0].notes == ()


def test_unpriced_usage_is_never_free(tmp_path: Path) -> None:
    """Its cost is unknown, in the table, in the document and in the outlook."""
    laid = laid_out(
        tmp_path, ours("2026-11-21T00:14:18+00:00", "2026-11-21T00:34:18+00:00", model="nobody-knows-it")
    )
    (block,) = document(laid)["blocks"]
    assert (block["costExact"], block["unpricedTokens"]) == (None, 1_300)
    place = [column.key for column in laid.table.columns].index("cost_usd")
    assert [row.cells[place] for row in laid.table.rows] == [None, None]
    (outlook,) = laid.further[0].notes
    assert "$" not in outlook.text
    average, last_hour, *_ = laid.further[0].rows
    assert (average.cells[3], last_hour.cells[3]) == (None, None)
    assert block["burnRate"]["last60Minutes"]["costPerHour"] is None
    assert "cost_per_hour" in average.marks & last_hour.marks


def test_undated_usage_stands_apart(tmp_path: Path) -> None:
    """It is a row, a note and a key of its own, and part of the totals."""
    laid = laid_out(tmp_path, ours("2026-11-19T01:24:18+00:00", ""))
    found = document(laid)
    assert len(found["blocks"]) == 1
    assert (found["undated"]["totalTokens"], found["totals"]["totalTokens"]) == (650, 1_300)
    assert [row.role for row in laid.table.rows] == [Role.BODY, Role.BODY, Role.TOTAL]
    assert any("650 tokens in 1 message have no readable time" in note.text for note in laid.table.notes)


def test_without_cost_there_is_none_anywhere(tmp_path: Path) -> None:
    """Neither in a cell nor under a key."""
    laid = laid_out(
        tmp_path,
        ours("2026-11-19T01:00:00+00:00", "2026-11-21T00:14:18+00:00", "2026-11-21T00:34:18+00:00"),
        no_cost=True,
        compact=True,
    )
    assert "ost" not in repr(laid.document)
    assert "$" not in repr(laid)
    shown = [column.key for column in laid.table.columns if not column.only_in_files]
    assert shown == ["block_start", "state", "models", "input_tokens", "output_tokens"]


def test_times_are_those_of_the_zone(tmp_path: Path) -> None:
    """In the table as clocks there show them; in the document as UTC, as ccusage writes them."""
    laid = laid_out(tmp_path, ours("2026-11-19T01:24:18+00:00"), zone="America/New_York")
    start = laid.table.rows[0].cells[0]
    assert isinstance(start, dt.datetime)
    assert start.isoformat() == "2026-11-18T20:00:00-05:00"
    assert document(laid)["blocks"][0]["id"] == "2026-11-19T01:00:00.000Z"
    assert document(laid)["timeZone"] == "America/New_York"


def test_a_limit_that_was_met_says_when_it_ends(tmp_path: Path) -> None:
    """Where a log states the instant, in the block in which it was met, under ccusage's key; not as `3am` or another word."""
    call = ours("2026-06-01T08:00:00+00:00", "2026-06-02T08:00:00+00:00", session="s")
    notices = [
        replace(call[0], message_id=f"said_{number}", model="<synthetic>", at_us=us(at), input_tokens=0)
        for number, at in enumerate(("2026-06-01T09:00:00+00:00", "2026-06-02T08:30:00+00:00"))
    ]
    texts = ("Claude AI usage limit reached|1780311600", "5-hour limit reached \u2219 resets 3am")
    said = []
    for line, text in zip(notices, texts, strict=True):
        record = json.loads(line.assistant())
        record["message"]["content"][0]["text"] = text
        record["isApiErrorMessage"] = True
        said.append(dumped(record))
    folder = Folder(tmp_path / "logs")
    folder.write("p/1.jsonl", joined([*(line.assistant() for line in call), *said]))
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        answer = ask_blocks(connection, Filters(time_zone="UTC"), now=NOW)
    laid = report.lay_out(answer, report.BlockOptions(usage=UsageOptions()))
    blocks = [block for block in document(laid)["blocks"] if not block["isGap"]]
    assert blocks[0]["usageLimitResetTime"] == "2026-06-01T11:00:00.000Z"
    assert "usageLimitResetTime" not in blocks[1]


def test_without_an_active_block_it_says_when_the_last_one_was(tmp_path: Path) -> None:
    """An empty answer says what is the case; filters that leave nothing of an active block are told apart."""
    lines = ours("2026-11-19T01:24:18+00:00")
    laid = laid_out(tmp_path / "a", lines, only_active=True)
    assert [note.text for note in laid.table.notes] == [
        "No block is active: the last usage was 2026-11-19 01:24 (UTC)."
    ]
    assert document(laid)["blocks"] == []
    Folder(tmp_path / "b" / "logs").write("p/1.jsonl", joined([line.assistant() for line in lines]))
    stores.ingest(tmp_path / "b" / "store", tmp_path / "b" / "logs")
    limits = Filters(time_zone="UTC", models=("opus",))
    with stores.asking(tmp_path / "b" / "store") as connection:
        now = dt.datetime(2026, 11, 19, 2, tzinfo=dt.UTC)
        answer = ask_blocks(connection, limits, now=now, only_active=True)
    options = report.BlockOptions(usage=UsageOptions(), only_active=True)
    (note,) = report.lay_out(answer, options).table.notes
    assert note.text == "The active block has no usage that fits these filters."


@pytest.fixture(scope="module")
def fortnights(tmp_path_factory: pytest.TempPathFactory) -> Report:
    store = fortnight.make(tmp_path_factory.mktemp("golden"))
    with stores.asking(store) as connection:
        answer = ask_blocks(
            connection, Filters(time_zone="Europe/Berlin"), now=fortnight.NOW, with_largest=True
        )
    options = report.BlockOptions(usage=UsageOptions())
    return report.lay_out(answer, options)


@pytest.mark.parametrize("look", golden.LOOKS)
def test_the_blocks_report_is_the_golden_one(look: str, fortnights: Report) -> None:
    """What people and scripts see changes only on purpose."""
    assert golden.agrees("blocks", look, fortnights)
