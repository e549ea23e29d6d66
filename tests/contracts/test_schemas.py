"""What every report owes to the schema of its JSON. Schemas are found in their folder; one without a case here fails.

Reports are run as a person runs them, on sample logs, on every fixture and on nothing at all; and each schema must be
able to say no: a key that is taken away, or of another type, is refused.
"""

from __future__ import annotations

import copy
import json
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from ccmeter.domain.guarding import BELOW, ENOUGH, UNKNOWN
from ccmeter.reports import schemas
from ccmeter.store import lease
from support import bulk, spooled
from support.inside import Inside
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.command import Command, Done

FIXTURES = Path(__file__).parents[2] / "fixtures" / "claude"
FIRST, LAST = "2000-01-01", "2100-01-01"
NO_COST = ("--no-cost",)
UNIFIED = ("--json-shape", "unified")
PERIODS = {
    name: [(name,), (name, *NO_COST), (name, "--by-project"), (name, "--breakdown")]
    for name in ("daily", "weekly", "monthly", "hourly", "branch")
}
CASES: dict[str, list[tuple[str, ...]]] = {
    **PERIODS,
    "model": [("model",), ("model", *NO_COST), ("model", "--by-project")],
    "device": [("device",), ("device", *NO_COST), ("device", "--breakdown")],
    "session": [("session",), ("session", *NO_COST)],
    "project": [("project",), ("project", "--group-by", "tag"), ("project", *NO_COST)],
    "blocks": [("blocks",), ("blocks", *NO_COST), ("blocks", "--token-limit", "max"), ("blocks", "--active")],
    "stats": [("stats",), ("stats", *NO_COST)],
    "trend": [("trend",), ("trend", "--by", "month", "--metric", "tokens")],
    "compare": [("compare", "2026-06", "2026-07")],
    "show-session": [("show", "{session}"), ("show", "{session}", *NO_COST)],
    "show-day": [("show", "{day}")],
    "events": [("export", "events")],
    "prices": [("prices",), ("prices", "--model", "no such model")],
    "prices-unpriced": [("prices", "--unpriced")],
    "doctor": [("doctor",)],
    "alerts-list": [("alerts", "list")],
    "budget-list": [("budget", "list")],
    "guard": [("guard",), ("guard", "--window", "week")],
    "limits": [("limits",)],
    "limits-history": [("limits", "--history")],
    "verify": [("verify",)],
    "forget": [("forget", "--before", "2020-01-01", "--dry-run")],
    "import": [("import", "{logs}")],
    "unified-daily": [("daily", *UNIFIED), ("daily", *UNIFIED, *NO_COST)],
    "unified-weekly": [("weekly", *UNIFIED)],
    "unified-monthly": [("monthly", *UNIFIED)],
    "unified-session": [("session", *UNIFIED)],
}
STATUS = {"guard": UNKNOWN}
"""Of commands that tell something by it."""
SMALL = ("compare", "show-session", "show-day")
"""Need usage to be about."""


@pytest.fixture(params=["fixtures", "plain", "nothing"])
def cli(
    request: pytest.FixtureRequest,
    person: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inside:
    """Lend the command to a person with hard logs, plain ones, or none."""
    inside = Inside.of(person, monkeypatch, capsys)
    if request.param == "fixtures":
        for place in FIXTURES.glob("*/**/projects/*"):
            shutil.copytree(place, person.claude / "projects" / f"{place.parents[1].name}-{place.name}")
    elif request.param == "plain":
        bulk.write(person.claude, files=2, calls=5)
    else:
        (person.claude / "projects").mkdir(parents=True)
    return inside


def documents(cli: Inside, name: str) -> Iterator[Any]:
    """Give what a report says, in each of its cases that this person's usage allows."""
    sessions = json.loads(cli.run("session", "--json").stdout)["sessions"]
    days = json.loads(cli.run("daily", "--json").stdout)["daily"]
    if name in SMALL and not sessions:
        return
    places = {
        "session": sessions[0]["sessionId"] if sessions else "",
        "day": days[0]["date"] if days else "",
        "logs": str(FIXTURES / "titles"),
    }
    for case in CASES[name]:
        arguments = [argument.format(**places) for argument in case]
        done = cli.run(*arguments, *(("--format", "json") if arguments[0] == "export" else ("--json",)))
        assert done.status == STATUS.get(name, 0), done.stderr
        yield json.loads(done.stdout)


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads(schemas.text_of(name)), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def test_every_schema_has_a_case() -> None:
    """A schema that nothing is compared with would prove nothing."""
    assert set(schemas.names()) == set(CASES)


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_is_a_schema(name: str) -> None:
    """Of the dialect that it names, with a name and a title of its own, and it says of every key what it is."""
    schema = json.loads(schemas.text_of(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:ccmeter:{name}:1"
    assert schema["title"]


def test_every_document_is_as_its_schema_says(cli: Inside) -> None:
    """Whatever the logs and the options."""
    for name in schemas.names():
        check = validator(name)
        for document in documents(cli, name):
            errors = [f"{error.json_path}: {error.message[:200]}" for error in check.iter_errors(document)]
            assert (name, errors) == (name, [])


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_can_say_no(name: str) -> None:
    """A document without its keys, or with other types, is refused."""
    schema = json.loads(schemas.text_of(name))
    check = validator(name)
    assert list(check.iter_errors("text"))
    assert list(check.iter_errors({"schemaVersion": "1"})) or schema["type"] == "array"
    row = schema["items"] if schema["type"] == "array" else schema
    for key in row["required"]:
        broken = copy.deepcopy(row)
        assert list(jsonschema.Draft202012Validator(broken).iter_errors({key: {"of": ["no", "type"]}}))


@pytest.fixture
def somebody(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Lend the command to a person with usage without a time and usage without a price."""
    lines = [
        Line(message_id="m1"),
        Line(message_id="m2", at_us=None, cwd=""),
        Line(message_id="m3", at_us=None, cwd="/home/dev/x"),
        Line(message_id="m4", model="of-nobody", cwd="/home/dev/y"),
    ]
    Folder(person.claude).write("-x/a.jsonl", joined([line.assistant() for line in lines]))
    return Inside.of(person, monkeypatch, capsys)


def refused(name: str, done: Done) -> list[str]:
    """Give what a schema has against a document; a command may end with 1 and an answer."""
    errors = validator(name).iter_errors(json.loads(done.stdout))
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def test_days_of_other_tools_are_in_the_schemas(somebody: Inside, tmp_path: Path) -> None:
    """In every shape, and a part without its keys is refused."""
    report = tmp_path / "report.json"
    used = {"inputTokens": 5, "modelsUsed": ["claude-opus-4-5"], "totalCost": 0.5}
    report.write_text(json.dumps({"daily": [{"date": "2025-05-01", **used}]}))
    assert somebody.run("import", str(report)).status == 0
    for report_name in ("daily", "weekly", "monthly"):
        for name, shape in ((report_name, ()), (f"unified-{report_name}", UNIFIED), (report_name, NO_COST)):
            done = somebody.run(report_name, "--json", *shape)
            assert refused(name, done) == []
            document = done.document
            for key in ("days", "totals", report_name):
                broken = copy.deepcopy(document)
                del broken["imported"][key]
                assert list(validator(name).iter_errors(broken)), key


@pytest.mark.parametrize(
    "arguments",
    [
        ("--before", "2050-01-01"),
        ("--project", "alpha"),
        ("--project", "unknown"),
        ("--project", "/home/dev/x"),
        ("--session", "none"),
    ],
)
def test_whatever_is_forgotten_is_as_the_schema_says(somebody: Inside, arguments: tuple[str, ...]) -> None:
    """Usage without a time has no first day, and usage without a price no cost."""
    assert somebody.run("ingest").status == 0
    assert refused("forget", somebody.run("forget", *arguments, "--dry-run", "--json")) == []


def test_whatever_is_verified_is_as_the_schema_says(somebody: Inside) -> None:
    """A whole store, one that lacks something, one that was repaired, and a log that cannot be read."""
    assert refused("verify", somebody.run("verify", "--json")) == []
    with lease.writing(somebody.person.store) as connection:
        connection.execute("delete from line where call_key = 'm1'")
        connection.execute("delete from call where call_key = 'm1'")
        connection.execute("update call set output_tokens = 0 where call_key = 'm4'")
    (somebody.person.claude / "projects" / "gone.jsonl").symlink_to(somebody.person.home / "nothing")
    lacking = somebody.run("verify", "--json")
    assert (lacking.status, refused("verify", lacking)) == (1, [])
    document = json.loads(lacking.stdout)
    assert document["files"]
    assert document["problems"]
    assert (document["missing"]["messages"], document["differing"]["messages"]) == (1, 1)
    repaired = somebody.run("verify", "--repair", "--json")
    assert refused("verify", repaired) == []
    assert repaired.document["repairedFiles"] == 1


def test_whatever_was_told_is_as_the_schema_says(somebody: Inside) -> None:
    """Rules of every kind; an episode that was sent, one that failed, one that another spoke for, one that is over."""
    Folder(somebody.person.claude).write(
        "-x/b.jsonl",
        Line(message_id="m5", at_us=time.time_ns() // 1_000, output_tokens=100_000).assistant() + b"\n",
    )
    sent = f"[notify.command]\nargv = [{json.dumps(sys.executable)}, '-c', '']\n"
    budgets = (
        '[[budgets]]\namount = 0.01\n[[budgets]]\namount = 0.01\nper = "day"\nproject = "/home/dev/alpha"\n'
    )
    rules = (
        '[[alerts]]\nwhen = "level"\nused = 80\n[[alerts]]\nwhen = "forecast"\n[[alerts]]\nwhen = "budget"\n'
    )
    for notify in (f'[notify]\nchannels = ["command", "webhook"]\n{sent}', "[notify]\nchannels = []\n"):
        somebody.configure(f"{budgets}{rules}{notify}")
        assert somebody.run("ingest").status == 0
        assert refused("budget-list", somebody.run("budget", "list", "--json")) == []
        listed = somebody.run("alerts", "list", "--json")
        assert refused("alerts-list", listed) == []
    assert {rule["when"] for rule in listed.document["rules"]} == {"level", "forecast", "budget"}
    episodes = listed.document["episodes"]
    assert {each["told"] is None for each in episodes} == {True, False}
    came = [(channel["sent"], channel["failed"] is None) for each in episodes for channel in each["channels"]]
    assert set(came) == {(True, True), (False, False)}


def test_whatever_is_left_is_as_the_schema_says(somebody: Inside) -> None:
    """Enough, below and unknown, from readings and from estimates."""
    now_us = time.time_ns() // 1_000
    window = {"used_bp": 4_100, "resets_s": now_us // 1_000_000 + 3_600}
    told = spooled.line(at_us=now_us - 120_000_000, windows={"five_hour": window})
    spooled.put(somebody.person.data, told)
    seen = set()
    for options in ((), ("--min-left", "100"), ("--max-age", "1")):
        for name in ("week", "five_hour", "any"):
            done = somebody.run("guard", "--json", "--window", name, *options)
            assert refused("guard", done) == []
            assert json.loads(done.stdout)["exitStatus"] == done.status
            seen.add(done.status)
    assert seen == {ENOUGH, BELOW, UNKNOWN}


def test_a_schema_is_printed(cli: Inside) -> None:
    """By its name; without one, all names; an unknown one is wrong usage."""
    assert json.loads(cli.run("schema", "daily").stdout)["$id"] == "urn:ccmeter:daily:1"
    assert cli.run("schema").stdout.split() == list(schemas.names())
    done = cli.run("schema", "nope")
    assert (done.status, done.stdout) == (2, "")
    assert "There are: alerts-list, blocks, branch" in done.stderr
