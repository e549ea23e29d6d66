"""`--device` and `ccmeter device`: all machines of a vault together, and each alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from ccmeter.domain.vaults import Taken
from ccmeter.reports import schemas
from ccmeter.store.facts import Ledger
from support import bulk
from support.inside import Inside
from support.vaults import NOW, STATE, chunk, project_of

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Command

DESKTOP = "bb" * 16
REPORTS = (
    "daily",
    "weekly",
    "monthly",
    "hourly",
    "session",
    "project",
    "model",
    "branch",
    "blocks",
    "stats",
    "device",
)


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Somebody with ten messages."""
    bulk.write(person.claude, files=2, calls=5)
    inside = Inside.of(person, monkeypatch, capsys)
    inside.run("ingest")
    return inside


@pytest.fixture
def store(cli: Inside) -> Path:
    (found,) = cli.person.home.rglob("ccmeter.duckdb")
    return found


@pytest.fixture
def vault(store: Path) -> Ledger:
    """A desktop knows four of them, and ten more of another project."""
    ledger = Ledger(store, now=lambda: NOW)
    ledger.begin(STATE)
    ledger.place({cwd: project_of(cwd) for cwd in ledger.unplaced()})
    own = ledger.unpublished(100)
    told = [
        fact._replace(
            fingerprint=fact.fingerprint ^ 1, by=fact.by._replace(project="cd" * 16, session="ab" * 8)
        )
        for fact in own
    ]
    ledger.take(
        Taken(
            state=STATE,
            chunks=(chunk(STATE.device, 0, own), chunk(DESKTOP, 0, [*told, *own[:4]])),
            names={"cd" * 16: "webshop"},
            devices={STATE.device: "laptop", DESKTOP: "desktop"},
        )
    )
    return ledger


@pytest.mark.parametrize("report", REPORTS)
def test_without_a_vault_this_machine_is_all(cli: Inside, report: str) -> None:
    """To the byte."""
    assert cli.run(report, "--json", "--device", "this").stdout == cli.run(report, "--json").stdout


@pytest.mark.parametrize("report", REPORTS)
def test_leaving_a_vault_leaves_no_trace(cli: Inside, store: Path, report: str) -> None:
    before = [cli.run(report, *form).stdout for form in ((), ("--json",))]
    ledger = Ledger(store, now=lambda: NOW)
    ledger.begin(STATE)
    (first, *_) = ledger.unpublished(1)
    ledger.take(Taken(state=STATE, chunks=(chunk(DESKTOP, 0, [first._replace(fingerprint=5)]),)))
    assert cli.run(report).stdout != before[0]
    ledger.end()
    assert [cli.run(report, *form).stdout for form in ((), ("--json",))] == before


def _messages(cli: Inside, *arguments: str) -> int:
    rows = cli.run("daily", "--json", *arguments).document["daily"]
    return sum(row["messages"] for row in rows)


def test_every_report_is_of_all_machines_or_of_one(cli: Inside, vault: Ledger) -> None:
    assert vault.unpublished(10) == ()
    assert _messages(cli) == 20
    assert _messages(cli, "--device", "desktop") == 14
    assert _messages(cli, "--device", "this") == _messages(cli, "--device", "laptop") == 10
    assert _messages(cli, "--project", "webshop") == 10
    assert "20\r\n" in cli.run("sql", "--csv", "select count(*) from usage").stdout
    assert "14\r\n" in cli.run("sql", "--csv", "--device", "desktop", "select count(*) from usage").stdout
    exported = cli.run("export", "events", "--device", "desktop", "--format", "jsonl").stdout.splitlines()
    assert sum(json.loads(line)["message_id"] is None for line in exported) == 10


def test_a_machine_that_is_not_there_is_wrong_usage(cli: Inside, vault: Ledger) -> None:
    done = cli.run("daily", "--device", "desk")
    assert vault.state() == STATE
    assert done.status == 2
    assert "There is no machine 'desk' in the vault." in done.stderr


def test_the_report_by_machine(cli: Inside, vault: Ledger) -> None:
    """What both know counts once."""
    document = cli.run("device", "--json").document
    jsonschema.validate(document, json.loads(schemas.text_of("device")))
    found = {row["device"]: (row["messages"], row["knownMessages"]) for row in document["device"]}
    assert found == {"laptop": (10, 10), "desktop": (10, 14)}
    assert document["totals"]["messages"] == 20
    shown = " ".join(cli.run("device").stdout.split())
    assert "counted once, for the one of them that joined first" in shown
    assert vault.unpublished(10) == ()


def test_doctor_says_who_knows_what(cli: Inside, vault: Ledger) -> None:
    assert vault.state() == STATE
    shown = cli.run("doctor").stdout
    assert "laptop (this machine)" in shown
    assert "14 messages told" in shown
    document = cli.run("doctor", "--json").document
    jsonschema.validate(document, json.loads(schemas.text_of("doctor")))
    assert document["vault"]["lastSync"] is None


def test_forgetting_says_that_others_keep_it(cli: Inside, vault: Ledger) -> None:
    done = cli.run("forget", "--before", "2100-01-01", "--yes")
    assert done.status == 0
    assert "Forgotten: 10 messages." in done.stderr
    assert "stays with its server and its other machines" in " ".join(done.stderr.split())
    assert vault.unpublished(10) == ()
    assert cli.run("daily", "--json").document["daily"] == []
