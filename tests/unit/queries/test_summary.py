"""What reports ask: sums by day, project and model, limited as asked, at the cost that was asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.domain.tokens import TokenCounts
from ccmeter.queries import health
from ccmeter.queries.summary import is_empty, summarize
from support import stores
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.domain.filters import CostMode

OPUS, HAIKU = "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"
UTC = Filters(time_zone="UTC")
NOON_US = us("2026-06-01T12:00:00+00:00")
DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("summary")
    own = Line(at_us=NOON_US, input_tokens=1_000, output_tokens=0, stop_reason="end_turn")
    lines = [
        replace(own, message_id="msg_1", session="aaa-1", cwd="/home/dev/web", model=HAIKU),
        replace(own, message_id="msg_2", session="aaa-2", cwd="/home/dev/web", model=OPUS, cost_usd=0.5),
        replace(own, message_id="msg_3", session="bbb-1", cwd="/home/dev/my.app", model="who-knows-1"),
        replace(
            own, message_id="msg_4", session="bbb-2", cwd="C:\\dev\\web", model=OPUS, at_us=NOON_US + DAY_US
        ),
        replace(own, message_id="msg_5", session="ccc-1", cwd="/", model="claude-opus-4-6", speed="fast"),
        replace(own, message_id="msg_6", session="ccc-2", cwd="/srv/webshop", model="", stop_reason=None),
        replace(own, message_id="msg_7", session="ddd-1", cwd="", model=OPUS, at_us=None),
        replace(
            own,
            message_id="msg_8",
            session="eee-1",
            cwd="/home/dev/parts",
            model=OPUS,
            at_us=NOON_US + 2 * DAY_US,
            iterations=[
                {"type": "advisor_message", "model": "adviser-x", "input_tokens": 70, "output_tokens": 7}
            ],
        ),
    ]
    Folder(folder / "logs").write("p/1.jsonl", joined([line.assistant() for line in lines]))
    stores.ingest(folder / "store", folder / "logs")
    return folder / "store"


def _calls(store: Path, **limits: Any) -> int:
    with stores.asking(store) as connection:
        return summarize(connection, replace(UTC, **limits)).total.calls


@pytest.mark.parametrize(
    ("limits", "calls"),
    [
        ({}, 8),
        ({"projects": ("/home/dev/web",)}, 2),
        ({"projects": ("web",)}, 3),
        ({"projects": ("dev/web",)}, 2),
        ({"projects": ("dev\\web",)}, 1),
        ({"projects": ("eb",)}, 0),
        ({"projects": ("-home-dev-my-app",)}, 1),
        ({"projects": ("my-app",)}, 0),
        ({"projects": ("/",)}, 1),
        ({"projects": ("",)}, 1),
        ({"projects": ("web", "my.app")}, 4),
        ({"models": ("OPUS",)}, 5),
        ({"models": ("haiku", "who")}, 2),
        ({"models": ("%",)}, 0),
        ({"sessions": ("aaa",)}, 2),
        ({"sessions": ("aaa-2", "b")}, 3),
        ({"sessions": ("aaa",), "models": ("haiku",)}, 1),
        ({"sessions": ("zzz",)}, 0),
        ({"since_on": dt.date(2026, 6, 2)}, 2),
        ({"until_on": dt.date(2026, 6, 1)}, 5),
        ({"since_on": dt.date(2026, 6, 2), "until_on": dt.date(2026, 6, 2)}, 1),
        ({"since_on": dt.date(1, 1, 1), "until_on": dt.date(9999, 12, 31)}, 7),
    ],
)
def test_limits(limits: dict[str, Any], calls: int, store: Path) -> None:
    """Limits of one kind widen, limits of different kinds narrow; a usage without a time has no day to be inside of."""
    assert _calls(store, **limits) == calls


@pytest.mark.parametrize(
    ("mode", "cost_pico", "unpriced"),
    [("auto", 500_000_000_000, 0), ("calculate", 5_000_000_000, 0), ("display", 500_000_000_000, 0)],
)
def test_cost_that_a_line_states(mode: CostMode, cost_pico: int, unpriced: int, store: Path) -> None:
    """`auto` and `display` take the cost that a line states, `calculate` never does."""
    with stores.asking(store) as connection:
        total = summarize(connection, replace(UTC, sessions=("aaa-2",), cost_mode=mode)).total
    assert (total.cost_pico, total.unpriced_tokens) == (cost_pico, unpriced)


def test_display_shows_stated_cost_alone(store: Path) -> None:
    """`display` adds nothing of its own, and so knows nothing unpriced."""
    with stores.asking(store) as connection:
        total = summarize(connection, replace(UTC, cost_mode="display")).total
    assert (total.cost_pico, total.unpriced_tokens, total.unpriced_models) == (500_000_000_000, 0, ())


def test_unpriced_usage_is_named(store: Path) -> None:
    """Tokens without a price are counted, and their models named, those of a part of a call too."""
    with stores.asking(store) as connection:
        summary = summarize(connection, UTC)
        unpriced = health.unpriced_models(connection)
    assert summary.total.unpriced_tokens == 1_000 + 1_000 + 77
    assert summary.total.unpriced_models == ("", "adviser-x", "who-knows-1")
    assert {(each.model, each.calls, each.tokens) for each in unpriced} == {
        ("who-knows-1", 1, 1_000),
        ("unknown", 1, 1_000),
        ("adviser-x", 1, 77),
    }


def test_order(store: Path) -> None:
    """Days run either way; usage without a date stands last whichever way; projects stand together."""
    days = [dt.date(2026, 6, 1), dt.date(2026, 6, 2), dt.date(2026, 6, 3)]
    with stores.asking(store) as connection:
        oldest = summarize(connection, UTC)
        newest = summarize(connection, UTC, newest_first=True)
        projects = summarize(connection, UTC, by_project=True)
    assert [period.key for period in oldest.periods] == [*days, None]
    assert [period.key for period in newest.periods] == [*days[::-1], None]
    names = [period.project or "" for period in projects.periods]
    assert names == sorted(names)
    assert sum(period.measures.calls for period in projects.periods) == oldest.total.calls == 8


def test_models_of_a_day(store: Path) -> None:
    """A day's models stand dearest first, fast mode apart, a model without a name as unknown; and in order of use."""
    with stores.asking(store) as connection:
        day = summarize(connection, UTC).periods[0]
    names = [share.model for share in day.models]
    assert names[0] == OPUS
    assert set(names) == {HAIKU, OPUS, "who-knows-1", "claude-opus-4-6-fast", "unknown"}
    assert names[-2:] == ["unknown", "who-knows-1"]
    assert set(day.models_seen) == set(names)
    assert day.measures.nonfinal_calls == 1


def test_empty_store(tmp_path: Path) -> None:
    """Nothing adds up to nothing: no rows, and a total of zeros."""
    (tmp_path / "logs" / "projects").mkdir(parents=True)
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        summary = summarize(connection, UTC)
        examined = health.examine(connection, time_zone="UTC")
        assert is_empty(connection)
    assert summary.periods == ()
    assert summary.total.counts == TokenCounts()
    assert (summary.total.calls, summary.total.cost_pico, summary.total.unpriced_models) == (0, 0, ())
    assert (examined.calls, examined.days, examined.first_on) == (0, (), None)


def test_health(store: Path) -> None:
    """The doctor counts lines, calls and days, and how finished each version's outputs are."""
    with stores.asking(store) as connection:
        examined = health.examine(connection, time_zone="UTC")
    assert (examined.usage_lines, examined.calls, examined.undated_calls) == (8, 8, 1)
    assert examined.days == (dt.date(2026, 6, 1), dt.date(2026, 6, 2), dt.date(2026, 6, 3))
    assert examined.first_on == dt.date(2026, 6, 1)
    assert examined.files.kinds == {"assistant": 8}
    (version,) = examined.versions
    assert (version.calls, version.nonfinal_calls, version.calls_without_estimate) == (8, 1, 1)
