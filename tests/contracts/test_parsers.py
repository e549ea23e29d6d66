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
MARKER: Final = "SECRETMARKER"
"""Stands in every prompt, answer, tool input and tool output of the fixtures."""

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
            web_fetches as fetches, stop_reason, is_final as final, recorded_pico
        from call join origin using (origin_id)
    """,
    "parts": """
        select call_key as key, ordinal, kind, model, input_tokens as input, output_tokens as output,
            cache_creation_tokens as written, cache_creation_5m_tokens as cache_5m,
            cache_creation_1h_tokens as cache_1h, cache_read_tokens as cache_read
        from part
    """,
    "titles": "select kind, session_id as session, leaf_uuid::varchar as leaf, title from title",
    "turns": """
        select session_id as session, uuid::varchar as uuid, logged_at as at, duration_ms as ms,
            message_count as messages
        from turn
    """,
    "notices": """
        select kind, session_id as session, uuid::varchar as uuid, logged_at as at, reason, resets from notice
    """,
    "pull_requests": "select session_id as session, logged_at as at, number, url, repository from pull_request",
    "cost_states": """
        select session_id as session, started_at as started, model, input_tokens as input, output_tokens as output,
            thinking_tokens as thinking, cache_creation_tokens as written, cache_read_tokens as read,
            web_searches as searches, cost_pico as pico, session_cost_pico as session_pico,
            api_duration_ms as api_ms, duration_ms as ms
        from cost_state
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
    """What the store holds of a case."""

    tables: Mapping[str, list[Row]]
    kinds: Mapping[str, int]
    rejected: Mapping[str, int]
    problems: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """A case that has been read into a store of its own."""

    case: Path
    copy: Path
    store: Path
    held: Held
    summary: Summary
    texts: frozenset[str]
    """Every text in every column."""


def ingest(store: Path, config_dir: Path) -> Held:
    """Bring the store up to date with what stands in a folder now."""
    updater = Updater(path=store, found=find((config_dir,)))
    with updater.up_to_date() as connection:
        return held(connection, updater.problems)


def held(connection: lease.Connection, problems: Mapping[str, int]) -> Held:
    """Ask for everything that a case can come to."""
    tables = {}
    for name, question in QUESTIONS.items():
        cursor = connection.execute(question)
        columns = [column[0] for column in cursor.description or ()]
        tables[name] = [plain(dict(zip(columns, row, strict=True))) for row in cursor.fetchall()]
    kinds: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for row in connection.execute("select tally, rest from file").fetchall():
        for tally in map(json.loads, row):
            kinds.update(tally["kinds"])
            rejected.update(tally["rejected"])
    return Held(tables=tables, kinds=kinds, rejected=rejected, problems=problems)


def texts(connection: lease.Connection) -> frozenset[str]:
    """Give every text in every column of the store."""
    tables = connection.execute(
        "select table_name, list(column_name) from duckdb_columns() "
        "where not internal and database_name <> 'temp' group by all"
    ).fetchall()
    found: set[str] = set()
    for table, columns in tables:
        every = ", ".join(f'"{column}"::varchar' for column in columns)
        found.update(*connection.execute(f'select {every} from "{table}"').fetchall())
    return frozenset(found - {None})


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


def check(case: Path, got: Held) -> None:
    """Compare what the store holds with what a case must come to."""
    wanted = expected(case)
    for name in QUESTIONS:
        assert ordered(got.tables[name]) == ordered(wanted.get(name, [])), name
    assert dict(got.kinds) == wanted.get("kinds", {})
    assert dict(got.rejected) == wanted.get("rejected", {})
    assert not got.problems


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty store once: making one takes longer than filling it with a case."""
    store = tmp_path_factory.mktemp("empty") / "store"
    with lease.writing(store):
        pass
    return store


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Path:
    """Give a store of the test's own."""
    return Path(shutil.copyfile(empty_store, tmp_path / "store"))


@pytest.fixture(scope="module", params=CASES, ids=name)
def ingested(
    request: pytest.FixtureRequest, empty_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Ingested:
    """Read a case once, for several tests."""
    case: Path = request.param
    folder = tmp_path_factory.mktemp("case")
    copy = shutil.copytree(case, folder / "config")
    store = Path(shutil.copyfile(empty_store, folder / "store"))
    updater = Updater(path=store, found=find((copy,)))
    with updater.up_to_date() as connection:
        got = held(connection, updater.problems)
        table = rate_table()
        views.hand_over(connection, table, PriceBook(table).name)
        summary = summarize(connection, Filters(time_zone="UTC"))
        stored = texts(connection)
    return Ingested(case=case, copy=copy, store=store, held=got, summary=summary, texts=stored)


def test_there_are_cases() -> None:
    """Cases are found by folder, so a moved folder must not let them go untested."""
    assert {case.parent.name for case in CASES} == set(AGENTS)
    assert len(CASES) >= 40
    assert all(logs(case) for case in CASES)


def test_a_case_comes_to_what_it_says(ingested: Ingested) -> None:
    """Logs in, calls and facts out; the summary adds up what the calls say."""
    check(ingested.case, ingested.held)
    calls = expected(ingested.case).get("calls", [])
    names = ("input", "output", "cache_5m", "cache_1h", "cache_read")
    total = ingested.summary.total
    assert total.counts == TokenCounts(*(sum(call.get(name, 0) for call in calls) for name in names))
    assert total.calls == len(calls)
    assert total.nonfinal_calls == sum(not call["final"] for call in calls)
    undated = [period.measures.calls for period in ingested.summary.periods if period.starts_on is None]
    assert sum(undated) == sum(call["at"] is None for call in calls)


def test_reading_once_more_changes_nothing(ingested: Ingested) -> None:
    """Files that were touched, and do not hold anything new, add nothing."""
    for path in logs(ingested.copy):
        path.touch()
    assert ingest(ingested.store, ingested.copy) == ingested.held


def test_nothing_private_is_kept(ingested: Ingested) -> None:
    """No text but that of the listed fields reaches the store, and no word of a prompt or an answer its bytes."""
    said = b"".join(path.read_bytes() for path in logs(ingested.case))
    assert MARKER.encode() in said or not re.search(rb'"(content|prompt)":', said)
    files = [path for path in ingested.store.parent.iterdir() if path.is_file()]
    assert files
    assert all(MARKER.encode() not in path.read_bytes() for path in files)
    stored = "\n".join(ingested.texts)
    assert MARKER not in stored
    every = [
        leaf for path in logs(ingested.case) for document in documents(path) for leaf in leaves(document)
    ]
    kept = {text for path, text in every if may_be_kept(path)}
    for path, text in every:
        if len(text) >= 8 and not may_be_kept(path) and not any(text in allowed for allowed in kept):
            assert text not in stored, path


def test_what_may_be_kept_is_found_by_the_same_search(ingested: Ingested) -> None:
    """The search for private text can find something: folders and sessions of calls stand in the store."""
    for call in expected(ingested.case).get("calls", []):
        assert {call["session"], call["cwd"], call["model"], call["version"]} <= ingested.texts


@pytest.mark.parametrize("is_reversed", [False, True], ids=["forth", "back"])
@pytest.mark.parametrize("case", [case for case in CASES if len(logs(case)) > 1], ids=name)
def test_the_order_of_files_does_not_matter(
    case: Path, store: Path, tmp_path: Path, *, is_reversed: bool
) -> None:
    """Files that turn up one after another, in whichever order, come to the same."""
    for path in sorted(logs(case), reverse=is_reversed):
        copy = tmp_path / "config" / path.relative_to(case)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        got = ingest(store, tmp_path / "config")
    check(case, got)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_file_may_grow_between_reads(case: Path, store: Path, tmp_path: Path) -> None:
    """Files that were read when they ended somewhere, in the midst of a line mostly, come to the same."""
    copy = shutil.copytree(case, tmp_path / "config")
    whole = {path: path.read_bytes() for path in logs(copy)}
    for path, content in whole.items():
        path.write_bytes(content[: len(content) * 2 // 3])
    ingest(store, copy)
    for path, content in whole.items():
        path.write_bytes(content)
    check(case, ingest(store, copy))


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
