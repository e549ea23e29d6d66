"""What every parser owes: each case under `fixtures/<agent>/` gives what its `expected.json` says, however it is read.

A case is a configuration folder with an `expected.json` beside the logs. The whole path is walked: discover, tail,
parse, store, and what the store then holds is compared. A new case is tested by being there.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import pkgutil
import re
import shutil
from collections import Counter
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import ccmeter.parsers
from ccmeter.domain.filters import Filters
from ccmeter.domain.tokens import TokenCounts
from ccmeter.domain.usage import Findings
from ccmeter.ingest.discover import find
from ccmeter.ingest.update import Updater
from ccmeter.pricing.rule import PriceBook
from ccmeter.pricing.table import rate_table
from ccmeter.queries.summary import Summary, summarize
from ccmeter.store import lease, views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


FIXTURES: Final = Path(__file__).parents[2] / "fixtures"
AGENTS: Final = sorted(module.name for module in pkgutil.iter_modules(ccmeter.parsers.__path__))
CASES: Final = [
    path.parent for agent in AGENTS for path in sorted((FIXTURES / agent).glob("*/expected.json"))
]
MOST_FILES: Final = max(len(list((case / "projects").rglob("*.jsonl"))) for case in CASES)
MARKER: Final = "SECRETMARKER"
"""Stands in every prompt, answer, tool input and tool output of the fixtures, but not in the name of a file that was read."""

Row = dict[str, Any]

DEFAULTS: Final[Row] = {
    "agent": "",
    "sidechain": False,
    "nested": False,
    "forked": False,
    "cache_5m": 0,
    "cache_1h": 0,
    "cache_read": 0,
    "thinking": 0,
    "searches": 0,
    "fetches": 0,
    "stop_reason": "",
    "tier": "standard",
    "geo": "",
    "speed": "",
    "recorded_pico": None,
}
"""What an expected call does not say."""

QUESTIONS: Final = {
    "calls": """
        select call_key as key, session_id as session, agent_id as agent, cwd, git_branch as branch, version,
            is_sidechain as sidechain, is_nested as nested, is_forked as forked, model, speed, service_tier as tier,
            inference_geo as geo, make_timestamp(logged_us) as at, lines, input_tokens as input,
            output_tokens as output, cache_creation_5m_tokens as cache_5m, cache_creation_1h_tokens as cache_1h,
            cache_read_tokens as cache_read, thinking_tokens as thinking, web_searches as searches,
            web_fetches as fetches, stop_reason, is_final as final, recorded_pico,
            (select list(path) from line l join file using (file_id) where l.call_key = c.call_key) as paths
        from call c join origin using (origin_id)
    """,
    "parts": """
        select call_key as key, ordinal, kind, model, input_tokens as input, output_tokens as output,
            cache_creation_tokens as written, cache_creation_5m_tokens as cache_5m,
            cache_creation_1h_tokens as cache_1h, cache_read_tokens as cache_read, [path] as paths
        from part join file using (file_id)
    """,
    "tools": """
        select call_key as key, tool_id as tool, name, file, path_digest <> 0 as has_file, part_digest <> 0 as is_part,
            [path] as paths
        from tool_call join file using (file_id)
    """,
    "titles": """
        select kind, session_id as session, leaf_uuid::varchar as leaf, title, [path] as paths
        from title join file using (file_id)
    """,
    "turns": """
        select session_id as session, uuid::varchar as uuid, logged_at as at, duration_ms as ms,
            message_count as messages, [path] as paths
        from turn join file using (file_id)
    """,
    "prompts": """
        select session_id as session, uuid::varchar as uuid, logged_at as at, [path] as paths
        from prompt join file using (file_id)
    """,
    "notices": """
        select kind, session_id as session, uuid::varchar as uuid, logged_at as at, reason, resets, [path] as paths
        from notice join file using (file_id)
    """,
    "pull_requests": """
        select session_id as session, logged_at as at, number, url, repository, [path] as paths
        from pull_request join file using (file_id)
    """,
    "cost_states": """
        select session_id as session, started_at as started, model, input_tokens as input, output_tokens as output,
            thinking_tokens as thinking, cache_creation_tokens as written, cache_read_tokens as read,
            web_searches as searches, cost_pico as pico, session_cost_pico as session_pico,
            api_duration_ms as api_ms, duration_ms as ms, [path] as paths
        from cost_state join file using (file_id)
    """,
}

KEPT: Final = frozenset(
    (
        "type",
        "sessionId",
        "agentId",
        "cwd",
        "gitBranch",
        "version",
        "uuid",
        "leafUuid",
        "requestId",
        "forkedFrom.sessionId",
        "error",
        "error.type",
        "error.cause.code",
        "aiTitle",
        "customTitle",
        "summary",
        "prUrl",
        "prRepository",
        "data.agentId",
        "data.message.requestId",
        "data.message.uuid",
        "data.normalizedMessages[].requestId",
        "data.normalizedMessages[].uuid",
        "subtype",
        "timestamp",
        "data.message.timestamp",
        "data.normalizedMessages[].timestamp",
    )
)
"""The only fields whose text may reach the store, besides those of a message."""

KEPT_OF_MESSAGE: Final = frozenset(
    (
        "id",
        "model",
        "stop_reason",
        "content[].id",
        "content[].name",
        "content[].input.file_path",
        "content[].input.notebook_path",
        "usage.speed",
        "usage.service_tier",
        "usage.inference_geo",
        "usage.iterations[].model",
        "usage.iterations[].type",
    )
)
MESSAGES: Final = ("message.", "data.message.message.", "data.normalizedMessages[].message.")


def logs(case: Path) -> list[Path]:
    """Give the transcripts of a case."""
    return sorted((case / "projects").rglob("*.jsonl"))


def name(case: Path) -> str:
    """Give a case's name for the listing of tests."""
    return f"{case.parent.name}-{case.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a store holds of one case."""

    tables: dict[str, list[Row]]
    kinds: Counter[str]
    rejected: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All cases, read into one store in one way. Message ids are unique, so that no case disturbs another."""

    store: Path
    of: Mapping[str, Held]
    """By case."""
    problems: Mapping[str, int]
    summary: Summary
    texts: frozenset[str]
    """Every text in every column."""


class Folder:
    """Copies of the cases, each a configuration folder, and a store that they are read into."""

    def __init__(self, folder: Path, empty_store: Path) -> None:
        self._folder = folder
        self.store = Path(shutil.copyfile(empty_store, folder / "store"))
        self.paths = {
            self._folder / "cases" / name(case) / path.relative_to(case): path
            for case in CASES
            for path in logs(case)
        }
        """Where each transcript is copied to, and where from."""

    def write(self, path: Path, share: float = 1) -> None:
        """Let a transcript be as long as this share of it."""
        content = self.paths[path].read_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content[: int(len(content) * share)])

    def nth(self, number: int) -> list[Path]:
        """Give the nth transcript of every case that has so many; negative numbers count from the end."""
        return [
            chosen[number] for case in CASES if -len(chosen := self._paths_of(case)) <= number < len(chosen)
        ]

    def _paths_of(self, case: Path) -> list[Path]:
        return sorted(path for path in self.paths if path.is_relative_to(self._folder / "cases" / name(case)))

    def ingest(self) -> Reading:
        """Bring the store up to date with what stands there now, and ask for everything."""
        updater = Updater(
            path=self.store, walk=lambda: find(tuple(sorted((self._folder / "cases").iterdir())))
        )
        with updater.up_to_date() as connection:
            held = {name(case): Held(tables={}, kinds=Counter(), rejected=Counter()) for case in CASES}
            self._ask_tables(connection, held)
            self._ask_tallies(connection, held)
            texts = stored_texts(connection)
            table = rate_table()
            views.hand_over(connection, table, PriceBook(table).name)
            summary = summarize(connection, Filters(time_zone="UTC"))
        return Reading(store=self.store, of=held, problems=updater.problems, summary=summary, texts=texts)

    def _case(self, path: str) -> str:
        return Path(path).relative_to(self._folder / "cases").parts[0]

    def _ask_tables(self, connection: lease.Connection, held: Mapping[str, Held]) -> None:
        for table, question in QUESTIONS.items():
            cursor = connection.execute(question)
            columns = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                said = dict(zip(columns, row, strict=True))
                for case in {self._case(path) for path in said.pop("paths")}:
                    held[case].tables.setdefault(table, []).append(plain(said))

    def _ask_tallies(self, connection: lease.Connection, held: Mapping[str, Held]) -> None:
        for path, *tallies in connection.execute("select path, tally, rest from file").fetchall():
            for tally in map(json.loads, tallies):
                held[self._case(path)].kinds.update(tally["kinds"])
                held[self._case(path)].rejected.update(tally["rejected"])


def stored_texts(connection: lease.Connection) -> frozenset[str]:
    """Give every text in every column of the store."""
    tables = connection.execute(
        "select table_name, list(column_name) from duckdb_columns() "
        "where not internal and database_name <> 'temp' group by all"
    ).fetchall()
    found: set[str] = set()
    for table, columns in tables:
        every = ", ".join(f'"{column}"::varchar' for column in columns)
        found.update(*connection.execute(f'select {every} from "{table}"').fetchall())
    return frozenset(text for text in found if text)


def plain(row: Row) -> Row:
    """Give a row as it would stand in expected.json: without defaults, times as text, digests left out."""
    said = {
        name: value.replace(tzinfo=dt.UTC).isoformat() if isinstance(value, dt.datetime) else value
        for name, value in row.items()
    }
    if "key" in said:
        said["key"] = re.sub(r"^line:[0-9a-f]{32}:", "line:?:", said["key"])
    if "lines" not in said:
        return said
    return {name: value for name, value in said.items() if name == "key" or DEFAULTS.get(name, ...) != value}


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Give rows in an order of their own."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, ensure_ascii=False))


@cache
def expected(case: Path) -> Row:
    """Give what a case must come to."""
    found = json.loads((case / "expected.json").read_text("utf-8"))
    assert set(found) <= {"about", "kinds", "rejected", *QUESTIONS}
    assert found["about"]
    return dict(found)


def at_once(folder: Folder) -> Reading:
    """Read everything in one go."""
    for path in folder.paths:
        folder.write(path)
    return folder.ingest()


def once_more(folder: Folder) -> Reading:
    """Read everything, and look again at files that were only touched."""
    at_once(folder)
    for path in folder.paths:
        path.touch()
    return folder.ingest()


def forth(folder: Folder) -> Reading:
    """Let a case's files turn up one after another."""
    for number in range(MOST_FILES):
        for path in folder.nth(number):
            folder.write(path)
        reading = folder.ingest()
    return reading


def back(folder: Folder) -> Reading:
    """Let a case's files turn up one after another, the last first."""
    for number in range(-1, -MOST_FILES - 1, -1):
        for path in folder.nth(number):
            folder.write(path)
        reading = folder.ingest()
    return reading


def growing(folder: Folder) -> Reading:
    """Read files while they end somewhere, in the midst of a line mostly, and again when they are whole."""
    for share in (0.3, 0.8, 1):
        for path in folder.paths:
            folder.write(path, share)
        reading = folder.ingest()
    return reading


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty store once: making one takes longer than filling it with the cases."""
    store = tmp_path_factory.mktemp("empty") / "store"
    with lease.writing(store):
        pass
    return store


@pytest.fixture(
    scope="module", params=[at_once, once_more, forth, back, growing], ids=lambda way: way.__name__
)
def reading(
    request: pytest.FixtureRequest, empty_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Reading:
    """Read all cases in each of the ways that must make no difference."""
    way: Callable[[Folder], Reading] = request.param
    return way(Folder(tmp_path_factory.mktemp(way.__name__), empty_store))


def test_there_are_cases() -> None:
    """Cases are found by folder, so a moved folder must not let them go untested."""
    assert {case.parent.name for case in CASES} == set(AGENTS)
    assert len(CASES) >= 40
    assert all(logs(case) for case in CASES)
    assert MOST_FILES > 4


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_case_comes_to_what_it_says(case: Path, reading: Reading) -> None:
    """Logs in, calls and facts out, in whichever order and in however many pieces they were read."""
    wanted = expected(case)
    held = reading.of[name(case)]
    for table in QUESTIONS:
        assert ordered(held.tables.get(table, [])) == ordered(wanted.get(table, [])), table
    assert dict(held.kinds) == wanted.get("kinds", {})
    assert dict(held.rejected) == wanted.get("rejected", {})


def test_the_summary_adds_up_what_the_calls_say(reading: Reading) -> None:
    """Totals, calls that are not final and usage without a date are those of all cases together."""
    calls = [call for case in CASES for call in expected(case).get("calls", [])]
    names = ("input", "output", "cache_5m", "cache_1h", "cache_read")
    total = reading.summary.total
    assert total.counts == TokenCounts(*(sum(call.get(name, 0) for call in calls) for name in names))
    assert total.calls == len(calls)
    assert total.nonfinal_calls == sum(not call["final"] for call in calls)
    undated = [period.measures.calls for period in reading.summary.periods if period.key is None]
    assert undated == [sum(call["at"] is None for call in calls)]
    assert not reading.problems


def parser(agent: str) -> Callable[..., Any]:
    """Give an agent's parser."""
    made: Callable[..., Any] = importlib.import_module(f"ccmeter.parsers.{agent}").Transcript
    return made


def added(*shares: Findings) -> Findings:
    """Give the findings of several reads as those of one."""
    total = Findings()
    for share in shares:
        for field in fields(Findings):
            collected = getattr(total, field.name)
            found = getattr(share, field.name)
            collected.update(found) if isinstance(collected, Counter) else collected.extend(found)
    return total


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_cut_between_lines_does_not_matter(case: Path) -> None:
    """A file fed in two chunks, to one reader or to two one after the other, gives what it gives in one."""
    transcript = parser(case.parent.name)
    for path in logs(case):
        content = path.read_bytes()
        whole = transcript(path.name)
        whole.feed(content, 0, len(content), offset=0)
        for cut in [match.end() for match in re.finditer(b"\n", content)]:
            one = transcript(path.name)
            one.feed(content, 0, cut, offset=0)
            one.feed(b"###" + content[cut:], 3, 3 + len(content) - cut, offset=cut)
            assert one.findings == whole.findings
            first = transcript(path.name)
            first.feed(content, 0, cut, offset=0)
            earlier = content[:cut].splitlines(keepends=False)
            second = transcript(path.name, lambda earlier=earlier: earlier)
            second.feed(content, cut, len(content), offset=cut)
            assert added(first.findings, second.findings) == whole.findings


def documents(path: Path) -> Iterator[Row]:
    """Give the records of a file that are JSON objects on lines of their own."""
    for line in path.read_bytes().split(b"\n"):
        try:
            document = json.loads(line.decode("utf-8-sig", "replace"), parse_int=float)
        except ValueError:
            continue
        if isinstance(document, dict):
            yield document


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every text in a document with the path to it; keys whose names are data give their names too."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for entry in value:
            yield from leaves(entry, path + "[]")
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from leaves(entry, f"{path}.{name}" if path else name)


def may_be_kept(path: str) -> bool:
    """Tell whether the text at this path may reach the store."""
    return path in KEPT or any(
        path.startswith(prefix) and path.removeprefix(prefix) in KEPT_OF_MESSAGE for prefix in MESSAGES
    )


def test_nothing_private_is_kept(reading: Reading) -> None:
    """No text but that of the listed fields reaches the store, and no word of a prompt or an answer its bytes."""
    files = [path for path in reading.store.parent.iterdir() if path.is_file()]
    assert reading.store in files
    assert all(MARKER.encode() not in path.read_bytes() for path in files)
    assert not any(MARKER in text for text in reading.texts)
    own = ("{", str(reading.store.parent))  # counts by reason and by type, which the cases list, and paths
    stored = "\n".join(text for text in reading.texts if not text.startswith(own))
    every = {
        leaf
        for case in CASES
        for path in logs(case)
        for document in documents(path)
        for leaf in leaves(document)
    }
    kept = "\n".join(text for path, text in every if may_be_kept(path))
    for path, text in every:
        if len(text) >= 8 and not may_be_kept(path) and text not in kept:
            assert text not in stored, path


def test_every_case_says_something_private() -> None:
    """The marker stands wherever somebody speaks, or the search for it would prove nothing."""
    for case in CASES:
        said = b"".join(path.read_bytes() for path in logs(case))
        assert MARKER.encode() in said or not re.search(rb'"(content|prompt)":', said), case


def test_what_may_be_kept_is_found_by_the_same_search(reading: Reading) -> None:
    """The search for private text can find something: folders, sessions and titles stand in the store."""
    for case in CASES:
        for call in expected(case).get("calls", []):
            assert {call["session"], call["cwd"], call["model"]} - {""} <= reading.texts
        for title in expected(case).get("titles", []):
            assert title["title"] in reading.texts
