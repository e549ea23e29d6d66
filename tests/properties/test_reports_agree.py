"""All reports, in all formats, add up to the same: what an independent reader of the logs finds.

Reports and formats are found in their folders: a new one is tested by being there. Whatever is asked, a report has in
its totals all the usage that the filters choose, and its rows add up to them, to the last digit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ccmeter.cli import app
from ccmeter.domain.money import PICO_PER_USD, usd
from ccmeter.reports import formats
from ccmeter.reports.cells import UNPRICED, for_people
from ccmeter.reports.table import Kind
from support import measured, oracle, stores
from support.command import Command
from support.inside import Inside
from support.scale import scaled
from support.transcripts import Folder, Line, joined, replace, us

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.measured import Measured
    from support.oracle import Counted

ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC")
CHANGES = (
    "2026-03-08T07:00:00+00:00",
    "2026-11-01T06:00:00+00:00",
    "2026-03-29T01:00:00+00:00",
    "2026-10-25T01:00:00+00:00",
    "2026-04-04T15:00:00+00:00",
    "2026-10-03T15:30:00+00:00",
)
"""When clocks change in three of the zones."""
FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""To ask all reports takes a second; a smaller example would take minutes and tell nothing more."""
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
SHOP, FIX, WEB, WINDOWS = "/srv/shop", "/srv/shop/.claude/worktrees/fix", "/home/x/web", "C:\\dev\\api"
OPUS, HAIKU, SONNET = "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929"

EXEMPT = {
    "compare": "has two ranges in place of one: test_compare_has_the_totals_of_its_sides",
    "show": "is about one session or day: test_one_session_and_one_day_have_the_totals_of_the_reports",
}
"""Reports that are not about all the usage that the filters choose."""
DRAWN = {"trend", "stats"}
"""Reports that pages show as charts and single figures; their files are read like all others."""
ROWS = {"stats": "models", "session": "sessions", "project": "projects"}
"""Where in its document a report has the rows that add up, where that is not under its own name."""
REPORTS = tuple(
    name for name in app.names() if app.module_of(name).SECTION == "Reports" and name not in EXEMPT
)
VARIANTS = {
    "by_project": ("--by-project",),
    "breakdown": ("--breakdown",),
    "start_of_week": ("--start-of-week", "friday"),
    "session_length": ("--session-length", "1"),
    "group_by": ("--group-by", "project"),
    "compact": ("--compact",),
}
"""By the option that a report must have."""
MORE_OR_LESS = {"breakdown", "compact"}
"""Pages show parts below their rows, or leave columns out: files alone have each number once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of every report alike."""

    zone: str
    since_on: dt.date | None = None
    until_on: dt.date | None = None
    projects: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    mode: str = "auto"
    merges_worktrees: bool = True

    @property
    def options(self) -> list[str]:
        """Give it as a person would type it."""
        found = ["--timezone", self.zone, "--mode", self.mode]
        found += ["--since", f"{self.since_on}"] if self.since_on else []
        found += ["--until", f"{self.until_on}"] if self.until_on else []
        for option, values in (
            ("--project", self.projects),
            ("--model", self.models),
            ("--session", self.sessions),
        ):
            found += [word for value in values for word in (option, value)]
        return found if self.merges_worktrees else [*found, "--no-merge-worktrees"]

    def chooses(self, call: Counted) -> bool:
        """Tell whether a call is asked about."""
        first = call.first
        if self.since_on or self.until_on:
            if first.at_us == oracle.FAR_US:
                return False
            day = call.at.astimezone(ZoneInfo(self.zone)).date()
            if not (self.since_on or day) <= day <= (self.until_on or day):
                return False
        folder = SHOP if first.cwd == FIX and self.merges_worktrees else first.cwd
        names = {folder, folder.replace("\\", "/").rpartition("/")[2] or "unknown"}
        return (
            (not self.projects or not names.isdisjoint(self.projects))
            and (not self.models or any(part in first.model for part in self.models))
            and (not self.sessions or first.session.startswith(self.sessions))
        )


class History:
    """A year of logs that were read, and what stands in them. No dataclass: hypothesis would print all of it."""

    def __init__(self, person: Command, calls: Sequence[Counted], recorded_pico: dict[str, int]) -> None:
        self.person = person
        self.calls = calls
        self.recorded_pico = recorded_pico

    def right(self, asked: Asked) -> Measured:
        """Give what a right report adds up to."""
        calls = [call for call in self.calls if asked.chooses(call)]
        costs = [self._cost(call, asked.mode) for call in calls]
        counts = [call.counts for call in calls]
        found: dict[str, Decimal | int] = {
            "input_tokens": sum(each.input_tokens for each in counts),
            "output_tokens": sum(each.output_tokens for each in counts),
            "cache_creation_tokens": sum(
                each.cache_creation_5m_tokens + each.cache_creation_1h_tokens for each in counts
            ),
            "cache_read_tokens": sum(each.cache_read_tokens for each in counts),
            "total_tokens": sum(each.total_tokens for each in counts),
            "cost_usd": usd(sum(cost or 0 for cost in costs)),
            "unpriced_tokens": sum(
                each.total_tokens for each, cost in zip(counts, costs, strict=True) if cost is None
            ),
            "messages": len(calls),
            "non_final_messages": sum(not call.is_final for call in calls),
        }
        return {key: Decimal(value) for key, value in found.items()}

    def _cost(self, call: Counted, mode: str) -> int | None:
        recorded = self.recorded_pico.get(call.key)
        if mode == "display":
            return recorded or 0
        return recorded if mode == "auto" and recorded is not None else call.cost_pico


def _lines(rng: random.Random) -> Iterator[Line]:
    """Make calls up, on all days of a year and around the hours in which clocks change; some without a time."""
    for number in range(140):
        change_us = us(rng.choice(CHANGES))
        at_us = rng.choice(
            [
                us("2026-01-01T00:00:00+00:00") + rng.randrange(365 * DAY_US),
                change_us + rng.randint(-3, 3) * HOUR_US // 2,
            ]
        )
        yield Line(
            message_id=f"msg_{number}",
            request_id=f"req_{number}",
            session=rng.choice(["s1", "s2-a", "s2-b", "t"]),
            agent=rng.choice([None, None, "a1"]),
            is_sidechain=rng.random() < 0.2,
            cwd=rng.choice([SHOP, SHOP, FIX, WEB, WINDOWS, ""]),
            branch=rng.choice(["main", "fix", ""]),
            model=rng.choice([OPUS, OPUS, HAIKU, SONNET, "gateway-model"]),
            at_us=None if number % 47 == 0 else at_us // 1000 * 1000,
            input_tokens=rng.choice([0, 1, 17, 240_000]),
            output_tokens=rng.choice([0, 1, 333]),
            cache_creation_tokens=(written := rng.choice([0, 0, 100])),
            split=rng.choice([None, (written // 3, written - written // 3)]),
            cache_read_tokens=rng.choice([0, 7, 12_345]),
            server_tools=rng.choice([None, None, None, (2, 0)]),
            stop_reason=rng.choice(["end_turn", "tool_use", None]),
            cost_usd=rng.choice([None, None, None, 0.25, 0.0]),
        )


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, ...]:
    """Give some histories, each read once: calls stand in several lines and files, in any order."""
    return tuple(_history(tmp_path_factory.mktemp("year"), random.Random(seed)) for seed in range(2))


def _history(home: Path, rng: random.Random) -> History:
    person = Command(home)
    logs, contents = Folder(person.claude), []
    recorded: dict[str, int] = {}
    lines = list(_lines(rng))
    for line in list(lines):
        if line.cost_usd is not None:
            recorded[str(line.message_id)] = int(line.cost_usd * PICO_PER_USD)
        if rng.random() < 0.4:  # an earlier state of it, or a copy in another file
            lines.append(replace(line, output_tokens=line.output_tokens // 2, stop_reason=None))
    rng.shuffle(lines)
    for number in range(3):
        content = joined([line.assistant() for line in lines[number::3]])
        logs.write(f"p/{number}.jsonl", content)
        contents.append(content)
    stores.ingest(person.store, person.claude)
    return History(person, tuple(oracle.count(contents).values()), recorded)


ASKED = st.builds(
    Asked,
    zone=st.sampled_from(ZONES),
    since_on=st.none()
    | st.dates(FIRST, LAST)
    | st.sampled_from([dt.date(2026, 3, 8), dt.date(2026, 10, 25)]),
    until_on=st.none()
    | st.dates(FIRST, LAST)
    | st.sampled_from([dt.date(2026, 11, 1), dt.date(2026, 10, 4)]),
    projects=st.sampled_from([(), (), ("shop",), (SHOP,), ("web", "api"), ("unknown",), ("nobody",)]),
    models=st.sampled_from([(), (), ("opus",), ("haiku", "gateway")]),
    sessions=st.sampled_from([(), (), ("s2",), ("s1", "t")]),
    mode=st.sampled_from(["auto", "calculate", "display"]),
    merges_worktrees=st.booleans(),
).filter(lambda asked: not (asked.since_on and asked.until_on and asked.until_on < asked.since_on))


def _options(name: str) -> set[str]:
    """Give the names of the options that a report has."""
    command = app.made(name)
    commands: dict[str, Any] = getattr(command, "commands", {})
    return {str(param.name) for param in commands.get("report", command).params}


def _variant(name: str, number: int, *, is_page: bool = False) -> list[str]:
    """Give some ways to show a report, all of which leave its totals as they are."""
    options = _options(name) - (MORE_OR_LESS if is_page else set())
    allowed = [words for option, words in VARIANTS.items() if option in options]
    return [word for place, words in enumerate(allowed) if number >> place & 1 for word in words]


@pytest.fixture
def clis(
    histories: tuple[History, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[Inside]:
    """Give the command for the person of each history; they share an environment but for the store."""
    return [Inside.of(history.person, monkeypatch, capsys) for history in histories]


def _run(cli: Inside, *arguments: str) -> Any:
    done = cli.run(*arguments, "--no-ingest", "--data-dir", str(cli.person.data))
    assert done.status == 0, (arguments, done.stderr)
    return done


def _rows(name: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of a report's document; by project they stand apart."""
    rows = document.get("projects", document.get(ROWS.get(name, name)))
    if isinstance(rows, dict):
        rows = [row for each in rows.values() for row in each]
    assert isinstance(rows, list), f"{name}: say in ROWS where its rows are"
    return [*rows, *filter(None, [document.get("undated")])]


def _assert_same(
    found: Measured, right: Measured, of: object, *, least: Sequence[str] = ("total_tokens",)
) -> None:
    assert set(least) <= set(found), (of, found)
    assert found == {key: right[key] for key in found}, of


@settings(max_examples=scaled(12), phases=UNSHRUNK)
@given(asked=ASKED, which=st.integers(0, 1), number=st.integers(0, 63))
def test_every_report_adds_up_to_what_the_logs_say(
    histories: tuple[History, ...], clis: list[Inside], asked: Asked, which: int, number: int
) -> None:
    """Whatever is asked and however it is shown: the totals, and the sum of the rows."""
    right = histories[which].right(asked)
    for name in REPORTS:
        arguments = [name, "--json", *asked.options, *_variant(name, number)]
        document = _run(clis[which], *arguments).document
        _assert_same(measured.of_object(document["totals"]), right, arguments, least=measured.MEASURES)
        if rows := _rows(name, document):
            _assert_same(measured.of_objects(rows), right, arguments, least=("cost_usd",))
        else:
            assert not any(right.values()), arguments


@pytest.mark.parametrize("format_name", [name for name in formats.names() if name != "json"])
@pytest.mark.parametrize("name", REPORTS)
@settings(max_examples=scaled(2), phases=UNSHRUNK)
@given(asked=ASKED, which=st.integers(0, 1), number=st.integers(0, 63))
def test_every_format_adds_up_to_what_the_logs_say(  # noqa: PLR0913, PLR0917 - fixtures and what is drawn
    histories: tuple[History, ...],
    clis: list[Inside],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    format_name: str,
    asked: Asked,
    which: int,
    number: int,
) -> None:
    """Files to the last digit; pages for people as far as they show it."""
    monkeypatch.setenv("COLUMNS", "400")
    right = histories[which].right(asked)
    target = tmp_path / "out"
    is_page = format_name in measured.PAGES
    variant = _variant(name, number, is_page=is_page)
    arguments = [name, "--format", format_name, *asked.options, *variant]
    if format_name == "table":
        content = _run(clis[which], *arguments).stdout.encode()
    else:
        _run(clis[which], *arguments, "--output", str(target), "--force")
        content = target.read_bytes()
    if not right["messages"] or (name in DRAWN and is_page):
        return
    if is_page:
        rows, totals = measured.of_page(format_name, content.decode("utf-8"))
        _assert_same(rows, right, arguments)
        if totals.get("cost_usd") == UNPRICED and not right["cost_usd"]:
            del totals["cost_usd"]
        assert totals == {key: _read(key, right[key]) for key in totals}, arguments
    else:
        _assert_same(measured.of_file(format_name, content), right, arguments, least=("cost_usd",))


@settings(max_examples=scaled(8), phases=UNSHRUNK)
@given(asked=ASKED, which=st.integers(0, 1), days=st.lists(st.dates(FIRST, LAST), min_size=2, max_size=2))
def test_compare_has_the_totals_of_its_sides(
    histories: tuple[History, ...], clis: list[Inside], asked: Asked, which: int, days: list[dt.date]
) -> None:
    """Each side is what any other report says of that range; what is asked besides holds for both."""
    cut = min(days)
    sides = [_in_days(asked, FIRST, cut), _in_days(asked, cut + dt.timedelta(days=1), LAST)]
    ranges = [f"{side.since_on}..{side.until_on}" for side in sides]
    if cut == LAST:
        return
    document = _run(clis[which], "compare", *ranges, "--json", *_in_days(asked, None, None).options).document
    for side, found in zip(sides, document["sides"], strict=True):
        _assert_same(
            measured.of_object(found["totals"]), histories[which].right(side), side, least=measured.MEASURES
        )


@settings(max_examples=scaled(8), phases=UNSHRUNK)
@given(
    asked=ASKED,
    which=st.integers(0, 1),
    what=st.sampled_from(["s1", "s2-a", "t", "2026-03-08", "2026-11-01"]),
)
def test_one_session_and_one_day_have_the_totals_of_the_reports(
    histories: tuple[History, ...], clis: list[Inside], asked: Asked, which: int, what: str
) -> None:
    """`show` is the same usage from nearer."""
    whole = dataclasses.replace(_in_days(asked, None, None), sessions=())
    on = dt.date.fromisoformat(what) if what[0].isdigit() else None
    asked = _in_days(whole, on, on) if on else dataclasses.replace(whole, sessions=(what,))
    right = histories[which].right(asked)
    if not right["messages"]:
        return
    document = _run(clis[which], "show", what, "--json", *whole.options).document
    _assert_same(measured.of_object(document["totals"]), right, (what, asked), least=measured.MEASURES)
    rows = [*document.get("turns", document.get("sessions")), *document.get("subagents", ())]
    _assert_same(measured.of_objects(_tree(rows)), right, (what, asked), least=measured.MEASURES)


def _tree(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give rows, and those of the sub-agents that worked within each."""
    for row in rows:
        yield row
        if isinstance(within := row.get("subagents"), list):
            yield from _tree(within)


def _in_days(asked: Asked, since_on: dt.date | None, until_on: dt.date | None) -> Asked:
    """Ask the same of other days."""
    return dataclasses.replace(asked, since_on=since_on, until_on=until_on)


def test_reports_that_are_exempt_are_there() -> None:
    """A name that no report has any more excuses nothing."""
    assert set(EXEMPT) <= set(app.names())
    assert DRAWN | set(ROWS) <= set(REPORTS)


def _read(key: str, value: Decimal) -> str:
    """Give an amount as people read it, without separators."""
    kind = Kind.MONEY if key == "cost_usd" else Kind.TOKENS
    pico = int(value * PICO_PER_USD) if key == "cost_usd" else int(value)
    return for_people(kind, pico).replace(",", "")
