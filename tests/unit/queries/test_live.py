"""What goes on now, asked of a real store: rates, the block, sessions, minutes, the stream; and as it was then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.domain.limits import Band, Limits, Reading, WindowState
from ccmeter.queries.live import CHART_MINUTES, live
from ccmeter.queries.summary import summarize
from ccmeter.store import lease
from support import busy, stores
from support.busy import ALPHA_AT, MINUTE_US, NEW, NOW_US, ODD, PARSER, SHOP
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.queries.live import Live, LiveSession
    from ccmeter.store.lease import Connection

UTC = Filters(time_zone="UTC")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Lend a store of five busy hours."""
    store = busy.make(tmp_path_factory.mktemp("busy"))
    with stores.asking(store) as connection:
        yield connection


def by_id(found: Live) -> dict[str, LiveSession]:
    """Give the live sessions by their ids."""
    return {each.session_id: each for each in found.sessions}


def test_rates_are_of_the_true_last_minutes(asked: Connection) -> None:
    """They agree with what every report says of that time."""
    found = live(asked, UTC, now_us=NOW_US)
    for each in found.rates:
        after = replace(UTC, before_us=NOW_US + 1)
        before = replace(UTC, before_us=NOW_US - each.minutes * MINUTE_US + 1)
        whole, older = summarize(asked, after).total, summarize(asked, before).total
        assert each.cost_pico == whole.cost_pico - older.cost_pico
        assert each.plain_tokens + each.cache_tokens == whole.counts.total_tokens - older.counts.total_tokens
        assert each.unpriced_tokens == whole.unpriced_tokens - older.unpriced_tokens
    assert [each.minutes for each in found.rates] == [5, 15, 60]


def test_minutes_add_up_to_the_calls(asked: Connection) -> None:
    """Each in its minute, each model by itself, the running minute last."""
    found = live(asked, UTC, now_us=NOW_US)
    minutes = found.minutes
    assert {len(each) for each in minutes.plain_tokens} == {CHART_MINUTES}
    begin_us = NOW_US // MINUTE_US * MINUTE_US - (CHART_MINUTES - 1) * MINUTE_US
    whole = summarize(asked, replace(UTC, before_us=NOW_US + 1)).total
    older = summarize(asked, replace(UTC, before_us=begin_us)).total
    shown = sum(map(sum, minutes.plain_tokens)) + sum(map(sum, minutes.cache_tokens))
    assert shown == whole.counts.total_tokens - older.counts.total_tokens
    assert sum(map(sum, minutes.cost_pico)) == whole.cost_pico - older.cost_pico
    assert list(minutes.models) == sorted(
        minutes.models, key=lambda model: -sum(minutes.plain_tokens[minutes.models.index(model)])
    )


def test_sessions_heard_of_within_half_an_hour_are_live(asked: Connection) -> None:
    """The one used last first; one that only the hook told of is among them, one quiet for hours is not."""
    found = live(asked, UTC, now_us=NOW_US)
    assert [each.session_id for each in found.sessions] == [SHOP, NEW, PARSER, ODD]
    shop, new, parser = (by_id(found)[each] for each in (SHOP, NEW, PARSER))
    assert (shop.project, shop.branch, shop.agents, shop.has_calls) == ("shop", "feature/invoice", 1, True)
    assert (new.project, new.model, new.has_calls, new.context) == ("", busy.SONNET, False, None)
    assert shop.hits_bp is not None
    assert 9_000 < shop.hits_bp < 10_000
    assert not shop.is_hourly
    assert parser.is_hourly
    assert shop.cache_ends_us == NOW_US - 20_000_000 + 5 * MINUTE_US
    assert parser.cache_ends_us == parser.last_us + 60 * MINUTE_US


def test_the_context_is_what_claude_code_said_else_an_estimate(asked: Connection) -> None:
    """And an estimate again once a call came after what was said."""
    found = by_id(live(asked, UTC, now_us=NOW_US))
    said, guessed = found[SHOP].context, found[PARSER].context
    assert said is not None
    assert guessed is not None
    assert (said.used_bp, said.is_estimate, said.tokens) == (7_300, False, 146_000)
    assert (guessed.is_estimate, guessed.tokens, guessed.size) == (True, 166_512, 200_000)
    earlier = by_id(live(asked, replace(UTC, before_us=NOW_US - MINUTE_US), now_us=NOW_US - MINUTE_US))
    before = earlier[SHOP].context
    assert before is not None
    assert before.is_estimate


def test_a_prompt_longer_than_the_usual_context_shows_the_long_one(tmp_path: Path) -> None:
    """A share over 100 % would be nonsense."""
    line = Line(
        at_us=NOW_US - MINUTE_US, cache_read_tokens=450_000, input_tokens=50_000, stop_reason="end_turn"
    )
    Folder(tmp_path / "logs").write("p/1.jsonl", joined([line.assistant()]))
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        (session,) = live(connection, UTC, now_us=NOW_US).sessions
    assert session.context is not None
    assert (session.context.used_bp, session.context.size) == (5_000, 1_000_000)


def test_the_stream_has_the_newest_first_with_its_marks(asked: Connection) -> None:
    """One call of each kind is odd, and no other."""
    found = live(asked, UTC, now_us=NOW_US)
    times = [each.call.at_us for each in found.stream]
    assert times == sorted(times, reverse=True)
    odd = {odd.kind: each.call.at_us for each in found.stream for odd in each.oddities}
    assert odd == {
        "jump": ALPHA_AT,
        "broken": ALPHA_AT + 2 * MINUTE_US,
        "expired": ALPHA_AT + 20 * MINUTE_US,
        "unpriced": ALPHA_AT + 21 * MINUTE_US,
    }


def test_the_block_follows_from_calls_where_no_limit_is_known(asked: Connection) -> None:
    """By the rule of reports, said to be an estimate."""
    block = live(asked, UTC, now_us=NOW_US).block
    assert block is not None
    assert not block.is_official
    assert block.start_us % (60 * MINUTE_US) == 0
    assert block.end_us - block.start_us == 300 * MINUTE_US


def _limits(resets_us: int | None, *, is_over: bool = False) -> Limits:
    reading = Reading(
        window="five_hour", used_bp=100, resets_us=resets_us, read_us=NOW_US, source="hook", session_id=SHOP
    )
    state = WindowState(
        window="five_hour",
        length_s=18_000,
        reading=reading,
        resets_us=resets_us,
        is_over=is_over,
        used_bp=Band(low=100, middle=100, high=100),
        elapsed_bp=None,
        pace_stage=0,
        worth=None,
        ends_bp=None,
        full_us=None,
        runs_out_bp=None,
        elsewhere_bp=0,
        cap_changed_us=None,
    )
    return Limits(windows=(state,), binding=None, now_us=NOW_US)


def test_the_block_is_the_servers_window_where_that_is_known(asked: Connection) -> None:
    """Its cost is that of the calls since it began."""
    ends_us = NOW_US + 240 * MINUTE_US
    block = live(asked, UTC, now_us=NOW_US, limits=_limits(ends_us)).block
    whole = summarize(asked, replace(UTC, before_us=NOW_US + 1)).total
    older = summarize(asked, replace(UTC, before_us=NOW_US - 60 * MINUTE_US)).total
    assert block is not None
    assert (block.is_official, block.end_us, block.start_us) == (True, ends_us, NOW_US - 60 * MINUTE_US)
    assert (block.used.cost_pico, block.used.minutes) == (whole.cost_pico - older.cost_pico, 60)
    for unknown in (_limits(None), _limits(NOW_US - 1, is_over=True)):
        other = live(asked, UTC, now_us=NOW_US, limits=unknown).block
        assert other is not None
        assert not other.is_official


def test_the_past_is_as_it_was_then(asked: Connection) -> None:
    """Nothing after the instant shows: no call, no reading."""
    then_us = ALPHA_AT + 3 * MINUTE_US
    found = live(asked, replace(UTC, before_us=then_us + 1), now_us=then_us)
    assert found.hook_us == NOW_US - 40 * MINUTE_US - 12_000_000, "its last word on the limits before"
    assert found.last_us is not None
    assert found.last_us <= then_us
    assert max(each.call.at_us for each in found.stream) <= then_us
    assert {odd.kind for each in found.stream for odd in each.oddities} == {"jump", "broken"}
    assert NEW not in by_id(found)


def test_filters_hold_for_everything_but_the_last_call(asked: Connection) -> None:
    """A session without calls may belong anywhere, so it is left out."""
    found = live(asked, replace(UTC, projects=("alpha",)), now_us=NOW_US)
    assert [each.session_id for each in found.sessions] == [ODD]
    assert {each.call.session_id for each in found.stream} == {ODD}
    assert found.last_us == live(asked, UTC, now_us=NOW_US).last_us


def test_a_session_that_was_resumed_is_known_by_its_old_logs(tmp_path: Path) -> None:
    """The hook told of it, its last call is a day old."""
    line = Line(session=SHOP, at_us=NOW_US - 1_440 * MINUTE_US, cwd="/home/dev/shop", branch="main")
    Folder(tmp_path / "logs").write("p/1.jsonl", joined([line.assistant()]))
    store = tmp_path / "store"
    stores.ingest(store, tmp_path / "logs")
    with lease.writing(store) as connection:
        connection.execute(
            "insert into session_reading values ($s, $at, 'claude-opus-4-6', 0, 10, 200000, 5)",
            {"s": SHOP, "at": NOW_US - MINUTE_US},
        )
    with stores.asking(store) as connection:
        found = live(connection, UTC, now_us=NOW_US)
    (session,) = found.sessions
    assert (session.project, session.branch, session.model) == ("shop", "main", "claude-opus-4-6")
    assert (session.has_calls, session.last_us) == (False, NOW_US - MINUTE_US)
    assert session.context is not None
    assert (session.context.used_bp, session.context.is_estimate) == (5, False)
    assert found.block is None
    assert (found.stream, found.minutes.models) == ((), ())


def test_an_empty_store_has_nothing(tmp_path: Path) -> None:
    """And says so."""
    (tmp_path / "logs").mkdir()
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        found = live(connection, UTC, now_us=NOW_US)
    assert (found.has_calls, found.last_us, found.hook_us, found.block) == (False, None, None, None)
    assert (found.sessions, found.stream) == ((), ())
    assert [each.cost_pico for each in found.rates] == [0, 0, 0]


def test_a_prompt_beyond_the_long_threshold_is_marked(tmp_path: Path) -> None:
    """Where the model has a dearer price for long prompts."""
    lines = [
        Line(
            message_id=f"msg_{number}",
            session=SHOP,
            model="claude-sonnet-4-5-20250929",
            at_us=NOW_US - (5 - number) * MINUTE_US,
            cache_read_tokens=150_000 + 40_000 * number,
            stop_reason="end_turn",
        )
        for number in range(4)
    ]
    Folder(tmp_path / "logs").write("p/1.jsonl", joined([line.assistant() for line in lines]))
    stores.ingest(tmp_path / "store", tmp_path / "logs")
    with stores.asking(tmp_path / "store") as connection:
        found = live(connection, UTC, now_us=NOW_US)
    kinds = [[odd.kind for odd in each.oddities] for each in reversed(found.stream)]
    assert kinds == [[], [], ["long"], []]
