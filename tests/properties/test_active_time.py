"""Active time against a second counting of it: second by second, in Python, for any sessions, zones and ranges."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.domain.filters import Filters
from ccmeter.queries.activity import active_time
from support import stores
from support.claude_records import prompt, turn
from support.transcripts import EPOCH, Folder, Line, joined

START_S = 1_774_735_200  # 2026-03-28 22:00 UTC: the night in which clocks change in London and Berlin
IDLE_S = 300
S = 1_000_000


class Session(NamedTuple):
    """Made-up work, in seconds after the start."""

    calls: list[int]
    prompts: list[int]
    turns: list[tuple[int, int]]
    """When it ended, and how long it took."""


SECONDS = st.integers(0, 30 * 3_600)
SESSIONS = st.lists(
    st.builds(
        Session,
        st.lists(SECONDS | st.integers(0, 2_000), min_size=1, max_size=6),
        st.lists(SECONDS | st.integers(0, 2_000), max_size=4),
        st.just([]) | st.lists(st.tuples(SECONDS, st.integers(1, 40_000)), max_size=4),
    ),
    min_size=1,
    max_size=3,
)


def _content(session: Session, number: int) -> bytes:
    own = Line(session=f"session-{number}", request_id=None)
    lines = []
    for place, (kind, second, lasted) in enumerate(
        [("call", each, 0) for each in session.calls]
        + [("prompt", each, 0) for each in session.prompts]
        + [("turn", *each) for each in session.turns]
    ):
        unique = number * 100 + place
        line = Line(
            message_id=f"msg_{unique}", request_id=None, session=own.session, at_us=(START_S + second) * S
        )
        if kind == "call":
            lines.append(line.assistant())
        elif kind == "prompt":
            lines.append(prompt(line, unique))
        else:
            lines.append(turn(line, lasted * 1_000, unique))
    return joined(lines)


def _seconds(session: Session) -> set[int]:
    """Give every second in which a session was active."""
    if session.turns:
        return {second for end, lasted in session.turns for second in range(end - lasted, end)}
    events = sorted((*session.calls, *session.prompts))
    return {second for a, b in pairwise(events) if b - a < IDLE_S for second in range(a, b)}


@settings(max_examples=25, deadline=None)
@given(
    SESSIONS,
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]
    ),
    st.none() | st.integers(-1, 2),
    st.none() | st.integers(0, 2),
)
def test_every_active_second_counts_once(
    sessions: list[Session], zone: str, first: int | None, days: int | None
) -> None:
    """By session, by day and by folder, with and without a range of days."""
    today = (EPOCH + dt.timedelta(seconds=START_S)).astimezone(ZoneInfo(zone)).date()
    since_on = None if first is None else today + dt.timedelta(days=first)
    until_on = None if days is None else (since_on or today) + dt.timedelta(days=days)
    filters = Filters(time_zone=zone, since_on=since_on, until_on=until_on)

    def local(second: int) -> dt.date:
        return (EPOCH + dt.timedelta(seconds=START_S + second)).astimezone(ZoneInfo(zone)).date()

    by_session: dict[str, int] = {}
    by_day: dict[dt.date, set[int]] = defaultdict(set)
    for number, session in enumerate(sessions):
        inside = {
            second
            for second in _seconds(session)
            if not (since_on and local(second) < since_on) and not (until_on and local(second) > until_on)
        }
        by_session[f"session-{number}"] = len(inside)
        for second in inside:
            by_day[local(second)].add(second)
    with tempfile.TemporaryDirectory() as folder:
        logs, store = Folder(Path(folder) / "logs"), Path(folder) / "store"
        for number, session in enumerate(sessions):
            logs.write(f"p/{number}.jsonl", _content(session, number))
        stores.ingest(store, logs.path)
        with stores.asking(store) as connection:
            found = {by: active_time(connection, filters, by=by) for by in ("session", "day", "cwd")}
    assert {key: each.seconds for key, each in found["session"].by_key.items() if each.seconds} == {
        key: seconds for key, seconds in by_session.items() if seconds
    }
    assert {key: each.seconds for key, each in found["day"].by_key.items() if each.seconds} == {
        day: len(seconds) for day, seconds in by_day.items()
    }
    union = len(set().union(*by_day.values()))
    assert sum(each.seconds for each in found["cwd"].by_key.values()) == union
    assert found["session"].total.seconds == sum(by_session.values())
    assert found["day"].total.seconds == found["cwd"].total.seconds == union
    for number, session in enumerate(sessions):
        active = found["session"].by_key.get(f"session-{number}")
        assert active is None or active.source == ("turns" if session.turns else "gaps")
