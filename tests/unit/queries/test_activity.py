"""Active time: from records of turns where a session has them, else from what is less than five minutes apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.activity import Active
from ccmeter.domain.filters import Filters
from ccmeter.queries.activity import active_seconds, active_time
from support import stores
from support.claude_records import prompt, turn
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccmeter.queries.activity import By

S = 1_000_000
AT = us("2026-06-01T10:00:00+00:00")
EVERYTHING = Filters(time_zone="UTC")


def line(second: float, session: str = "one", **more: Any) -> Line:
    """Make a call so many seconds after ten o'clock."""
    at_us = AT + int(second * S)
    return Line(message_id=f"msg_{session}_{at_us}", request_id=None, session=session, at_us=at_us, **more)


def asked(
    tmp_path: Path, *files: list[bytes], by: By = "session", filters: Filters = EVERYTHING, **more: Any
) -> Mapping[Any, Active]:
    """Read files and ask for active time."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    for number, content in enumerate(files):
        logs.write(f"p/{number}.jsonl", joined(content))
    stores.ingest(store, logs.path)
    with stores.asking(store) as connection:
        return active_seconds(connection, filters, by=by, **more)


def gaps(seconds: int) -> Active:
    return Active(seconds=seconds, source="gaps")


def turns(seconds: int) -> Active:
    return Active(seconds=seconds, source="turns")


def test_gaps_below_five_minutes_count(tmp_path: Path) -> None:
    """Calls and prompts alike keep a session awake; a pause of five minutes is one."""
    own = [line(each).assistant() for each in (10, 309.999, 700, 1_000)]
    found = asked(tmp_path, [prompt(line(0)), *own, prompt(line(1_100), 2), prompt(line(1_400), 3)])
    assert found == {"one": gaps(10 + 299 + 100)}


def test_a_session_with_records_of_turns_is_active_in_them_alone(tmp_path: Path) -> None:
    """What lies between turns is not work, and a turn that lies within another adds nothing."""
    own = [line(each).assistant() for each in (0, 100, 200)]
    records = [turn(line(100), 90_000), turn(line(200), 30_000, 2), turn(line(190), 5_000, 3)]
    assert asked(tmp_path, [*own, *records]) == {"one": turns(120)}


def test_what_has_no_time_or_no_length_says_nothing(tmp_path: Path) -> None:
    """A turn of zero length, or without a time, does not make its session one with records of turns."""
    nowhere = replace(line(0), at_us=None)
    records = [turn(nowhere, 5_000), turn(line(50), 0, 2), prompt(nowhere, 3), nowhere.assistant()]
    found = asked(tmp_path, [line(0).assistant(), line(60).assistant(), *records])
    assert found == {"one": gaps(60)}


def test_a_single_call_takes_no_time(tmp_path: Path) -> None:
    """It is known to have been, and nothing is known of how long."""
    assert asked(tmp_path, [line(5).assistant()]) == {"one": gaps(0)}


def test_usage_without_a_session_has_no_active_time(tmp_path: Path) -> None:
    """Nobody knows which of its calls belong together."""
    assert asked(tmp_path, [line(5, "").assistant(), line(6, "").assistant()]) == {}


def test_days_are_cut_at_local_midnight(tmp_path: Path) -> None:
    """A turn over midnight counts on both days, in the zone asked for."""
    midnight = us("2026-06-01T22:00:00+00:00")
    over = replace(line(0), at_us=midnight + 40 * S)
    records = [over.assistant(), turn(over, 100_000)]
    berlin = Filters(time_zone="Europe/Berlin")
    assert asked(tmp_path, records, by="day", filters=berlin) == {
        dt.date(2026, 6, 1): turns(60),
        dt.date(2026, 6, 2): turns(40),
    }


def test_a_turn_over_days_counts_on_each(tmp_path: Path) -> None:
    """Also on those that lie wholly within it, on which clocks may change."""
    end = us("2026-03-29T22:30:00+00:00")  # a day of 23 hours in Berlin
    over = replace(line(0), at_us=end)
    found = asked(
        tmp_path,
        [over.assistant(), turn(over, 25 * 3_600_000)],
        by="day",
        filters=Filters(time_zone="Europe/Berlin"),
    )
    assert found == {
        dt.date(2026, 3, 28): turns(90 * 60),
        dt.date(2026, 3, 29): turns(23 * 3_600),
        dt.date(2026, 3, 30): turns(30 * 60),
    }


def test_sessions_side_by_side_count_once_on_a_day(tmp_path: Path) -> None:
    """Two sessions at once are one hour of work, and two where sessions are told apart."""
    files = [
        [line(0, name).assistant(), line(shift, name).assistant()]
        for name, shift in (("one", 200), ("two", 250))
    ]
    assert asked(tmp_path, *files) == {"one": gaps(200), "two": gaps(250)}
    assert asked(tmp_path, *files, by="day") == {dt.date(2026, 6, 1): gaps(250)}


def test_a_range_cuts_active_time(tmp_path: Path) -> None:
    """What lies outside of the days asked for is left out; how a session is measured does not change with them."""
    first, second = us("2026-06-01T23:58:00+00:00"), us("2026-06-02T00:01:00+00:00")
    own = [replace(line(0), at_us=at, message_id=str(at)) for at in (first, second)]
    turned = replace(line(0, "two"), at_us=us("2026-06-02T00:00:30+00:00"))
    files = [[each.assistant() for each in own], [turned.assistant(), turn(turned, 60_000)]]
    one = dt.date(2026, 6, 1)
    before = Filters(time_zone="UTC", until_on=one)
    after = Filters(time_zone="UTC", since_on=one + dt.timedelta(days=1))
    assert asked(tmp_path, *files, filters=before) == {"one": gaps(120), "two": turns(30)}
    assert asked(tmp_path, *files, filters=after) == {"one": gaps(60), "two": turns(30)}


def test_folders_have_the_time_of_their_last_calls(tmp_path: Path) -> None:
    """A gap belongs to the folder that the session was in at its end; a name makes several folders one."""
    own = [
        prompt(line(0)),
        line(10, cwd="/a").assistant(),
        prompt(line(30), 2),
        prompt(line(35), 3),
        line(60, cwd="/b").assistant(),
    ]
    other = [
        line(0, "two", cwd="/b").assistant(),
        line(100, "two", cwd="/a").assistant(),
        turn(line(50, "two"), 50_000),
    ]
    assert asked(tmp_path, own, other, by="cwd") == {
        "/a": gaps(30),
        "/b": Active(seconds=60, source="both"),
    }
    found = asked(tmp_path, own, other, by="cwd", names={"/a": "repo", "/b": "repo"})
    assert found == {"repo": Active(seconds=60, source="both")}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(time_zone="UTC", sessions=("tw",)), {"two": gaps(100)}),
        (Filters(time_zone="UTC", models=("haiku",)), {"two": gaps(100)}),
        (Filters(time_zone="UTC", projects=("/a",)), {"one": gaps(50)}),
    ],
)
def test_filters_choose_sessions_and_folders(
    filters: Filters, expected: dict[str, Active], tmp_path: Path
) -> None:
    """Time is cut by folder, not by model: who used one worked in that time."""
    one = [line(0, cwd="/a").assistant(), line(50, cwd="/a").assistant(), line(70, cwd="/b").assistant()]
    two = [
        line(0, "two", cwd="/b", model="claude-haiku-4-5").assistant(),
        line(100, "two", cwd="/b").assistant(),
    ]
    assert asked(tmp_path, one, two, filters=filters) == expected


def test_copies_of_a_session_add_nothing(tmp_path: Path) -> None:
    """A fork repeats prompts and turns with their uuids; they belong where the calls belong."""
    own = [prompt(line(0)), line(10).assistant(), prompt(line(100), 2)]
    copied = [each.replace(b'"one"', b'"zwo"') for each in own]
    later = [line(5_000, "zwo").assistant(), line(5_030, "zwo").assistant()]
    assert asked(tmp_path, own, [*copied, *later]) == {"one": gaps(100), "zwo": gaps(30)}


def test_copies_that_name_their_origin_belong_to_it(tmp_path: Path) -> None:
    """`forkedFrom` settles it, also against the order of session ids."""
    fork: dict[str, Any] = {"forkedFrom": {"sessionId": "one", "messageUuid": "x"}}
    own = [line(100).assistant(), turn(line(100), 40_000)]
    copied = [
        replace(line(100), session="first", forked_from="one").assistant(),
        turn(line(100, "first"), 40_000, **fork),
        line(900, "first").assistant(),
    ]
    assert asked(tmp_path, own, copied) == {"one": turns(40), "first": gaps(0)}


def test_the_total_is_what_the_rows_come_to(tmp_path: Path) -> None:
    """Also where there is nothing at all."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    stores.ingest(store, logs.path)
    with stores.asking(store) as connection:
        assert active_time(connection, EVERYTHING, by="session").total == gaps(0)
    logs.write("p/1.jsonl", joined([line(0).assistant(), line(9.5).assistant()]))
    logs.write("p/2.jsonl", joined([line(0, "two").assistant(), turn(line(9.5, "two"), 9_500)]))
    stores.ingest(store, logs.path)
    with stores.asking(store) as connection:
        found = active_time(connection, EVERYTHING, by="session")
    assert found.total == Active(seconds=18, source="both")


def test_parts_of_seconds_are_rounded_in_one_place(tmp_path: Path) -> None:
    """So that sessions, folders and days that hold the same work come to the same, and parts to their total."""
    files = [
        [line(at + offset, f"s{number}", cwd=f"/w/{number % 2}").assistant() for offset in (0, 60.6)]
        for number, at in enumerate((0.2, 1_000.5, 2_000.9, 3_000.0))
    ]
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    for number, content in enumerate(files):
        logs.write(f"p/{number}.jsonl", joined(content))
    stores.ingest(store, logs.path)
    ways: tuple[By, ...] = ("session", "day", "cwd")
    with stores.asking(store) as connection:
        found = [active_time(connection, EVERYTHING, by=by) for by in ways]
    totals = {each.total.seconds for each in found}
    assert totals == {sum(each.seconds for each in one.by_key.values()) for one in found}
    assert len(totals) == 1
