"""The figures of a run: the snapshot's, and what the transcript has got since."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.statusline import figures, said, snapshot, transcript
from support.transcripts import Line, stamp

if TYPE_CHECKING:
    from pathlib import Path

HOUR_US = 3_600_000_000
NOW_US = 1_795_260_000_000_000 + HOUR_US // 2
NOW_S = NOW_US // 10**6
MADE_US = NOW_US - 60_000_000
RATE = ["standard", "", "standard", -(2**62), 2**62, 0, 2**62, 10, 100, 20, 30, 1]
MODEL = "claude-opus-5"


def call_document(**more: Any) -> dict[str, Any]:
    return {
        "counts": [1, 1, 0, 0, 0, 0, 0],
        "us": MADE_US - 1_000_000,
        "model": MODEL,
        "speed": "",
        "tier": "standard",
        "geo": "",
        "stop": "",
        "parts": [],
        "pico": 110,
        "unpriced_tokens": 0,
    } | more


def known(
    path: str = "", offset: int = 0, calls: dict[str, Any] | None = None, **more: Any
) -> snapshot.Snapshot:
    document = {
        "v": 1,
        "made_at_us": MADE_US,
        "zone": "UTC",
        "day": "2026-11-21",
        "day_began_us": NOW_US - 10 * HOUR_US,
        "day_ends_us": NOW_US + 10 * HOUR_US,
        "today": {"pico": 5_000, "unpriced_tokens": 0},
        "sessions": {"s1": [1_000, 0, MADE_US]},
        "block": {
            "start_us": NOW_US - 2 * HOUR_US,
            "end_us": NOW_US + 3 * HOUR_US,
            "first_us": NOW_US - 2 * HOUR_US,
            "last_us": MADE_US,
            "pico": 3_000,
            "unpriced_tokens": 0,
        },
        "limits": {},
        "files": {path: {"offset": offset, "calls": calls or {}}} if path else {},
        "names": {MODEL: [MODEL, False, False, ""]},
        "rates": {MODEL: [RATE]},
        "web_search_pico": 7,
    }
    return snapshot.Snapshot(json.loads(json.dumps(document | more)))


def usage_line(message: str = "msg_2", *, at_us: int = NOW_US - 5_000_000, **more: Any) -> bytes:
    values: dict[str, Any] = {"model": MODEL, "session": "s1", "input_tokens": 2, "output_tokens": 3} | more
    made = Line(message_id=message, at_us=at_us, **values)
    return made.assistant() + b"\n"


def worked_out(
    kept: snapshot.Snapshot, path: str = "", *, now_us: int = NOW_US, **document: Any
) -> figures.Figures:
    told = said.read(
        json.dumps({"session_id": "s1", "transcript_path": path} | document).encode(), now_us // 10**6
    )
    offset, _ = figures.offset_of(kept, path)
    return figures.figures(kept, told, transcript.news(path, offset, kept.made_at_us), now_us)


def amounts(made: figures.Figures) -> tuple[Any, Any, Any]:
    return tuple(each and (each.pico, each.is_least) for each in (made.session, made.today, made.block))  # type: ignore[return-value]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give a transcript whose first 10 bytes were read."""
    file = tmp_path / "s1.jsonl"
    file.write_bytes(b"x" * 9 + b"\n")
    return file


def written(log: Path, *lines: bytes) -> str:
    with log.open("ab") as file:
        file.write(b"".join(lines))
    os.utime(log, (NOW_S, NOW_S))
    return str(log)


def test_snapshot_alone() -> None:
    made = worked_out(known())
    assert amounts(made) == ((1_000, False), (5_000, False), (3_000, False))
    assert (made.is_behind, made.old_s) == (False, None)


def test_a_session_that_nothing_is_known_of_costs_what_claude_code_says() -> None:
    """Without a transcript to read there is nothing of ours to set against it."""
    made = worked_out(known(sessions={}), cost={"total_cost_usd": 1.25})
    assert made.session is not None
    assert (made.session.pico, made.session.is_estimate) == (1_250_000_000_000, True)


def test_new_call_adds_to_all(log: Path) -> None:
    made = worked_out(known(str(log), 10), written(log, usage_line(), usage_line("msg_3")))
    assert amounts(made) == ((1_640, False), (5_640, False), (3_640, False))
    assert made.is_behind


def test_lines_of_a_call_count_once(log: Path) -> None:
    first, last = usage_line(output_tokens=1), usage_line(output_tokens=9)
    made = worked_out(known(str(log), 10), written(log, first, last, first))
    assert amounts(made)[0] == (1_000 + 920, False)


def test_call_counted_before_adds_what_it_has_grown(log: Path) -> None:
    kept = known(str(log), 10, {"msg_1": call_document()})
    made = worked_out(kept, written(log, usage_line("msg_1", input_tokens=1, output_tokens=5)))
    assert amounts(made) == ((1_400, False), (5_400, False), (3_400, False))


def test_call_counted_before_and_repeated_adds_nothing(log: Path) -> None:
    kept = known(str(log), 10, {"msg_1": call_document()})
    made = worked_out(kept, written(log, usage_line("msg_1", input_tokens=1, output_tokens=1)))
    assert amounts(made) == ((1_000, False), (5_000, False), (3_000, False))


def test_broken_memory_of_a_call_is_a_new_call(log: Path) -> None:
    kept = known(str(log), 10, {"msg_1": call_document(counts=[1])})
    made = worked_out(kept, written(log, usage_line("msg_1")))
    assert amounts(made)[0] == (1_320, False)


def test_parts_of_a_call_counted_before(log: Path) -> None:
    part = [0, "compaction", MODEL, 1, 1, 0, 0, 0, 0]
    kept = known(str(log), 10, {"msg_1": call_document(parts=[part, [], ["x"] * 9], pico=220)})
    iterations = [{"type": "compaction", "model": MODEL, "input_tokens": 1, "output_tokens": 2}]
    made = worked_out(
        kept, written(log, usage_line("msg_1", input_tokens=1, output_tokens=1, iterations=iterations))
    )
    assert amounts(made)[0] == (1_100, False)


def test_call_without_a_price_says_at_least(log: Path) -> None:
    made = worked_out(known(str(log), 10), written(log, usage_line(model="claude-opus-99")))
    assert amounts(made) == ((1_000, True), (5_000, True), (3_000, True))


def test_search_without_a_price_is_no_free_search(log: Path) -> None:
    path = written(log, usage_line(server_tools=(2, 0)))
    assert amounts(worked_out(known(path, 10), path))[0] == (1_334, False)
    assert amounts(worked_out(known(path, 10, web_search_pico=None), path))[0] == (1_000, True)


@pytest.mark.parametrize("rates", [[], 5, [5], [RATE[:5]], [[*RATE[:5], 10**9, *RATE[6:]]]])
def test_rates_that_are_none_leave_a_call_unpriced(log: Path, rates: Any) -> None:
    path = written(log, usage_line())
    assert amounts(worked_out(known(path, 10, rates={MODEL: rates}), path))[0] == (1_000, True)


def test_line_that_is_not_ended_waits(log: Path) -> None:
    made = worked_out(known(str(log), 10), written(log, usage_line()[:-1]))
    assert amounts(made)[0] == (1_000, False)


def test_what_is_no_usage_adds_nothing(log: Path) -> None:
    lines = (
        b'{"type":"user","message":{"usage":{"output_tokens":5},"id":"u"}}\n',
        b'{"type":"assistant","message":{"usage":{},"id":"e"}}\n',
        b'{"type":"assistant","message":{"usage":5,"id":"e"}}\n',
        b'{"type":"assistant","message":"usage"}\n',
        b'"usage"\n{"usage"\n[{"usage":1}]\n',
        b'{"type":"assistant","message":{"usage":{"output_tokens":5}}}\n',
        usage_line("syn", model="<synthetic>"),
    )
    assert amounts(worked_out(known(str(log), 10), written(log, *lines)))[0] == (1_000, False)


def test_pipe_in_place_of_a_transcript_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s1.jsonl")
    assert amounts(worked_out(known(), str(tmp_path / "s1.jsonl")))[0] == (1_000, False)


def test_two_documents_on_a_line_both_count(log: Path) -> None:
    both = usage_line().rstrip() + b" " + usage_line("msg_3")
    assert amounts(worked_out(known(str(log), 10), written(log, both)))[0] == (1_640, False)


def test_calls_without_message_id_go_by_their_request_or_record(log: Path) -> None:
    lines = [usage_line(message=None, request_id=name) for name in ("r1", "r1", "r2")]  # type: ignore[arg-type]
    lines.append(usage_line(message=None, request_id=None, uuid="u1"))  # type: ignore[arg-type]
    assert amounts(worked_out(known(str(log), 10), written(log, *lines)))[0] == (1_000 + 3 * 320, False)


def test_call_of_another_session_is_not_this_one(log: Path) -> None:
    made = worked_out(known(str(log), 10), written(log, usage_line(session="s2")))
    assert amounts(made) == ((1_000, False), (5_320, False), (3_320, False))


def test_call_without_time_is_of_no_day(log: Path) -> None:
    made = worked_out(known(str(log), 10), written(log, usage_line(at_us=None)))  # type: ignore[arg-type]
    assert amounts(made) == ((1_320, False), (5_000, False), (3_000, False))


def test_unknown_transcript_counts_from_the_snapshot_on(log: Path) -> None:
    """What is older in it is a copy of another session, or was counted with that."""
    old, new = usage_line("a", at_us=MADE_US - 5_000), usage_line("b", at_us=MADE_US + 5_000)
    made = worked_out(known(), written(log, old, new))
    assert amounts(made) == ((1_320, True), (5_320, False), (3_320, False))
    assert made.is_behind


def test_new_session_begins_at_nothing(log: Path) -> None:
    made = worked_out(known(sessions={}), written(log, usage_line()))
    assert amounts(made)[0] == (320, False)


def test_session_of_last_week_is_told_by_claude_code(log: Path) -> None:
    """Neither its transcript nor its cost are in the snapshot, and it has not changed."""
    os.utime(log, (NOW_S - 700_000,) * 2)
    made = worked_out(known(sessions={}), str(log), cost={"total_cost_usd": 2})
    assert made.session is not None
    assert (made.session.pico, made.session.is_estimate, made.is_behind) == (2 * 10**12, True, False)
    assert amounts(worked_out(known(sessions={}), str(log)))[0] == (0, True)


def test_more_news_than_is_read_says_at_least(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(log, *[usage_line(f"m{number}") for number in range(10)])
    monkeypatch.setattr(transcript, "MOST_BYTES", len(usage_line("m1")) * 3 + 5)
    assert amounts(worked_out(known(path, 10), path)) == ((1_960, True), (5_960, True), (3_960, True))
    made = worked_out(known(sessions={}), path, cost={"total_cost_usd": 3})
    assert made.session is not None
    assert (made.session.pico, made.session.is_estimate) == (3 * 10**12, True)
    assert made.today is not None
    assert (made.today.pico, made.today.is_least) == (5_960, True)


def test_shrunk_transcript_is_not_read(log: Path) -> None:
    made = worked_out(known(str(log), 50_000), written(log, usage_line()))
    assert amounts(made)[1] == (5_000, True)


def test_same_transcript_by_another_way_is_known(log: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").mkdir()
    link = tmp_path / "linked" / "s1.jsonl"
    link.symlink_to(log)
    written(log, usage_line(at_us=MADE_US - 5))
    assert amounts(worked_out(known(str(log), 10), str(link)))[0] == (1_320, False)


def test_day_that_rolled_over_begins_anew(log: Path) -> None:
    kept = known(str(log), 10, day_ends_us=NOW_US - 10_000_000)
    path = written(log, usage_line("a", at_us=NOW_US - 20_000_000), usage_line("b"))
    made = worked_out(kept, path)
    assert amounts(made) == ((1_640, False), (320, True), (3_640, False))
    assert made.is_next_day
    assert made.is_behind


def test_first_call_after_a_block_begins_the_next(log: Path) -> None:
    block = {"start_us": NOW_US - 9 * HOUR_US, "end_us": NOW_US - 4 * HOUR_US, "pico": 3_000}
    assert worked_out(known(block=block)).block is None
    made = worked_out(known(str(log), 10, block=block), written(log, usage_line()))
    assert amounts(made)[2] == (320, False)
    hour_us = (NOW_US - 5_000_000) // HOUR_US * HOUR_US
    assert (made.block_began_us, made.block_ends_us) == (hour_us, hour_us + 5 * HOUR_US)


def test_no_usage_yet_has_no_block(log: Path) -> None:
    assert worked_out(known(block=None)).block is None
    made = worked_out(known(str(log), 10, block=None), written(log, usage_line()))
    assert amounts(made)[2] == (320, False)


def test_unpriced_tokens_of_the_snapshot_say_at_least() -> None:
    kept = known(today={"pico": 1, "unpriced_tokens": 5}, sessions={"s1": [1, 5, 0]})
    assert amounts(worked_out(kept))[:2] == ((1, True), (1, True))


def test_no_snapshot_leaves_what_claude_code_tells(log: Path) -> None:
    kept = snapshot.Snapshot({})
    limits = {"five_hour": {"used_percentage": 50, "resets_at": NOW_S + 9_000}}
    made = worked_out(kept, written(log, usage_line()), cost={"total_cost_usd": 1.25}, rate_limits=limits)
    assert amounts(made)[1:] == (None, None)
    assert made.session is not None
    assert (made.session.pico, made.session.is_estimate) == (1_250_000_000_000, True)
    assert made.windows["five_hour"].pace == 0
    assert made.is_behind
    assert worked_out(snapshot.Snapshot({"v": 2, "made_at_us": 5})).session is None


def test_snapshot_that_cannot_be_renewed_tells_its_age(log: Path) -> None:
    kept = known(str(log), 10, made_at_us=NOW_US - 720_000_000)
    assert worked_out(kept, written(log, usage_line())).old_s == 720


def test_snapshot_of_the_future_is_behind() -> None:
    assert worked_out(known(made_at_us=NOW_US + HOUR_US)).is_behind


def limit(used_bp: int, resets_in_s: int | None, *, read_ago_s: int = 900, **more: Any) -> dict[str, Any]:
    resets_us = None if resets_in_s is None else NOW_US + resets_in_s * 10**6
    return {
        "five_hour": {"used_bp": used_bp, "resets_us": resets_us, "read_us": NOW_US - read_ago_s * 10**6}
        | more
    }


@pytest.mark.parametrize(
    ("kept", "told", "meant"),
    [
        (limit(4_000, 9_000), None, (4_000, 900)),
        (limit(4_000, 0), None, None),
        (limit(4_000, None), None, None),
        (limit(10_001, 9_000), None, None),
        (limit(4_000, 9_000), (50, 9_000), (5_000, 0)),
        (limit(6_000, 9_000), (50, 9_000), (6_000, 900)),
        (limit(6_000, 9_030), (50, 9_000), (6_000, 900)),
        (limit(6_000, 600), (50, 9_000), (5_000, 0)),
        (limit(1_000, 18_000), (50, 9_000), (1_000, 900)),
        (limit(6_000, 9_000), (50, None), (5_000, 0)),
        ({"five_hour": 5}, (50, 9_000), (5_000, 0)),
        ({}, None, None),
    ],
)
def test_newest_reading_of_a_window_counts(kept: Any, told: Any, meant: Any) -> None:
    """An idle session tells old numbers again: within a window the higher is newer, of two windows the later."""
    document: dict[str, Any] = {}
    if told is not None:
        used, resets = told
        resets_at = None if resets is None else NOW_S + resets
        document = {"rate_limits": {"five_hour": {"used_percentage": used, "resets_at": resets_at}}}
    window = worked_out(known(limits=kept), **document).windows.get("five_hour")
    assert (None if window is None else (window.used_bp, window.age_s)) == meant


def test_window_that_tells_no_reset_borrows_the_last_known() -> None:
    document: dict[str, Any] = {"rate_limits": {"five_hour": {"used_percentage": 50}}}
    window = worked_out(known(limits=limit(4_000, 9_000)), **document).windows["five_hour"]
    assert (window.resets_s, window.pace) == (NOW_S + 9_000, 0)


def test_forecast_is_never_below_what_is_used() -> None:
    kept = limit(4_000, 9_000, ends_bp=[3_000, 5_000, 9_000])
    assert worked_out(known(limits=kept)).windows["five_hour"].ends_bp == (4_000, 9_000)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", None),
        ("2026-02-28T23:59:59.5Z", True),
        ("2026-02-29T00:00:00Z", None),
        ("2024-02-29T00:00:00.123456Z", True),
        ("2026-13-01T00:00:00Z", None),
        ("2026-12-31T24:00:00Z", None),
        ("2026-11-21 10:00:00.000Z", None),
        ("2026-11-21T10:00:00.000", None),
        ("2026-11-21T10-00:00.000Z", None),
        ("2026-11-21T10:00:00.00²Z", None),
        ("2026-11-21T10:00:0Z", None),
        (5, None),
    ],
)
def test_instants(*, text: Any, us: bool | None) -> None:
    import datetime as dt

    found = transcript.micros(text)
    if us is None:
        assert found is None
    else:
        epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        assert found == (dt.datetime.fromisoformat(text) - epoch) // dt.timedelta(microseconds=1)


def test_every_day_is_counted_right() -> None:
    for day in range(0, 80_000, 7):
        assert transcript.micros(stamp((day + 10_957) * 86_400_000_000)) in (
            (day + 10_957) * 86_400_000_000,
            None,
        )
    assert transcript.micros(stamp(20_000 * 86_400_000_000)) == 20_000 * 86_400_000_000
