import datetime as dt
import json
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ccmeter.alerts import channels, check
from ccmeter.config.settings import CommandSettings, NotifySettings, Settings
from ccmeter.domain.alerts import Rule
from ccmeter.domain.budgets import BudgetState
from ccmeter.domain.limits import FIVE_HOUR, Limits
from ccmeter.store import episodes, lease
from support.alerting import NOW, limits, means, spent, window

RULE = Rule(name="80", when="level", window=FIVE_HOUR, used_bp=8_000)
LINE = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "s.duckdb"
    with lease.writing(path):
        pass
    return path


def settings_for(tmp_path: Path, *rules: Rule, to: tuple[str, ...] = ("command",)) -> Settings:
    argv = (sys.executable, "-c", LINE, str(tmp_path / "told"))
    return Settings(alerts=rules, notify=NotifySettings(channels=to, command=CommandSettings(argv=argv)))


def told(tmp_path: Path) -> list[str]:
    file = tmp_path / "told"
    return [json.loads(line)["text"] for line in file.read_text().splitlines()] if file.exists() else []


def look(
    store: Path,
    chosen: Settings,
    known: Limits | None = None,
    states: tuple[BudgetState, ...] = (),
    now: dt.datetime = NOW,
) -> check.Seen:
    with lease.reading(store) as connection:
        return check.seen(connection, chosen, known, states, now)


def test_an_episode_is_told_once_and_ends(store: Path, tmp_path: Path) -> None:
    """However often is looked; after it ended, a new one is told."""
    chosen = settings_for(tmp_path, RULE)
    given = means(tmp_path, chosen.notify)
    for minute, used_bp in enumerate((7_000, 8_100, 8_100, 7_900, 8_200, 7_000, 8_500)):
        now = NOW + dt.timedelta(minutes=minute)
        check.tell(store, look(store, chosen, limits(window(used_bp)), now=now), chosen, given, now)
    assert told(tmp_path) == ["5-hour limit: 81% used", "5-hour limit: 85% used"]
    with lease.reading(store) as connection:
        newest, oldest = episodes.latest(connection, 10)
    assert (newest.ended_us, oldest.ended_us is not None) == (None, True)


def test_who_comes_late_tells_nothing(store: Path, tmp_path: Path) -> None:
    """Ten looked before any told: one tells."""
    chosen = settings_for(tmp_path, RULE)
    given = means(tmp_path, chosen.notify)
    looks = [look(store, chosen, limits(window(9_000))) for _ in range(10)]
    assert all(each.has_news for each in looks)
    outcomes: list[check.Outcome] = []

    def tell(each: check.Seen) -> None:
        outcomes.append(check.tell(store, each, chosen, given, NOW))

    for each in looks:
        tell(each)
    assert sum(len(each.told) for each in outcomes) == 1
    assert told(tmp_path) == ["5-hour limit: 90% used"]


def test_nothing_new_needs_no_lease_for_writing(store: Path, tmp_path: Path) -> None:
    """Nor a channel: another process may hold the store for long."""
    chosen = settings_for(tmp_path, RULE)
    seen = look(store, chosen, limits(window(100)))
    with lease.reading(store):
        assert check.tell(store, seen, chosen, means(tmp_path), NOW) == check.Outcome()


def test_a_channel_that_fails_stops_no_other_and_is_tried_a_few_times(store: Path, tmp_path: Path) -> None:
    """At later checks, a while after; then it is left alone. Why it failed is kept."""
    chosen = settings_for(tmp_path, RULE, to=("webhook", "command"))
    given = means(tmp_path, chosen.notify)
    known = limits(window(9_000))
    outcomes = []
    for minutes in (0, 0.5, 2, 4, 6, 8):
        now = NOW + dt.timedelta(minutes=minutes)
        outcomes.append(check.tell(store, look(store, chosen, known, now=now), chosen, given, now))
    assert [bool(each.failed) for each in outcomes] == [True, False, True, True, False, False]
    assert outcomes[0].failed == (("webhook", "[notify.webhook] is not set"),)
    assert len(told(tmp_path)) == 1
    with lease.reading(store) as connection:
        sent = {each.channel: each for each in episodes.deliveries(connection, 0)}
    assert (sent["command"].tries, sent["command"].failed) == (1, "")
    assert (sent["webhook"].tries, sent["webhook"].done_us) == (episodes.MOST_TRIES, None)


def test_what_needs_a_terminal_waits_for_one(store: Path, tmp_path: Path) -> None:
    """A check from a timer costs it no try; an episode that is over is not told any more."""
    chosen = settings_for(tmp_path, RULE, to=("bell",))
    known = limits(window(9_000))
    check.tell(store, look(store, chosen, known), chosen, means(tmp_path), NOW)
    said: list[str] = []
    given = means(tmp_path, terminal=said.append)
    check.tell(store, look(store, chosen, known), chosen, given, NOW)
    check.tell(store, look(store, chosen, known), chosen, given, NOW)
    assert said == ["\a"]


def test_a_channel_that_breaks_or_lasts_is_told(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command goes on without it."""
    is_over = threading.Event()

    def broken(*_: object) -> None:
        raise RuntimeError("secret words")

    def slow(*_: object) -> None:
        is_over.wait(30)

    made = {
        "bell": SimpleNamespace(NEEDS_TERMINAL=False, send=broken),
        "osc": SimpleNamespace(NEEDS_TERMINAL=False, send=slow),
    }
    monkeypatch.setattr(channels, "channel", made.__getitem__)
    monkeypatch.setattr(check, "DEADLINE_S", 0.2)
    chosen = settings_for(tmp_path, RULE, to=("bell", "osc"))
    seen = look(store, chosen, limits(window(9_000)))
    outcome = check.tell(store, seen, chosen, means(tmp_path), NOW)
    is_over.set()
    assert outcome.failed == (("bell", "it broke (RuntimeError)"), ("osc", "it took too long"))


def test_a_rule_may_have_channels_of_its_own_or_none(store: Path, tmp_path: Path) -> None:
    """None: it is kept, and shown by the command alone."""
    chosen = settings_for(tmp_path, replace(RULE, channels=()), to=("command",))
    outcome = check.tell(store, look(store, chosen, limits(window(9_000))), chosen, means(tmp_path), NOW)
    assert outcome.told == ("5-hour limit: 90% used",)
    assert told(tmp_path) == []


def test_budgets_are_told_without_a_rule(store: Path, tmp_path: Path) -> None:
    """What a higher level makes needless is kept and not told; without budgets, they end."""
    chosen = settings_for(tmp_path)
    given = means(tmp_path, chosen.notify)
    outcome = check.tell(store, look(store, chosen, states=(spent(85),)), chosen, given, NOW)
    assert outcome.told == ("Budget of $100.00 per month: $85.00 spent, 85%",)
    assert len(told(tmp_path)) == 1
    gone = check.tell(store, look(store, chosen), chosen, given, NOW)
    assert (gone.told, gone.ended) == ((), 2)


def test_a_channel_of_another_version_is_left_alone(store: Path, tmp_path: Path) -> None:
    """A newer ccmeter may have had more of them."""
    chosen = settings_for(tmp_path, RULE, to=("pigeon",))
    outcome = check.tell(store, look(store, chosen, limits(window(9_000))), chosen, means(tmp_path), NOW)
    assert outcome.failed == ()


def test_a_channel_can_be_tried(tmp_path: Path) -> None:
    """Nothing is kept of it."""
    chosen = settings_for(tmp_path)
    given = means(tmp_path, chosen.notify)
    assert check.tried("command", given, NOW) == ""
    assert told(tmp_path) == ["This is a test of the channel command."]
    assert check.tried("bell", given, NOW) == "there is no terminal"
