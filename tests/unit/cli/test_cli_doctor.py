import csv
import datetime as dt
import io
import json
import os
from pathlib import Path

import pytest

from ccmeter import __version__
from ccmeter.cli.diagnosing import cleanup_days
from support.command import Command
from support.inside import Inside
from support.transcripts import Folder, Line, dumped, joined

DAY = dt.timedelta(days=1)


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def call(number: int, *, days_ago: int = 0, is_final: bool = True, **fields: str | int) -> bytes:
    at = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=1) - days_ago * DAY
    line = Line(
        message_id=f"msg_{number}",
        at_us=int(at.timestamp() * 1e6),
        output_tokens=100 if is_final else 2,
        stop_reason="end_turn" if is_final else None,
        **fields,  # type: ignore[arg-type]
    )
    return line.assistant()


def findings(cli: Inside, *arguments: str) -> dict[tuple[str, str], str]:
    """Give what the table says: topic and subject, then the finding."""
    lines = csv.reader(io.StringIO(cli.run("doctor", "--csv", *arguments).stdout, newline=""))
    return {(topic, subject): finding for topic, subject, finding in list(lines)[1:]}


def test_a_new_person_is_told_where_was_looked(cli: Inside) -> None:
    """Folders that do not exist are named, and what to do."""
    done = cli.run("doctor")
    assert done.status == 0
    assert done.stdout.count("does not exist") == 2
    assert "No Claude Code folder was found. Name one with --claude-dir or CLAUDE_CONFIG_DIR." in " ".join(
        done.stdout.split()
    )
    assert "last ingest" in done.stdout
    told = cli.run("doctor", "--json").document
    assert [folder["exists"] for folder in told["folders"]] == [False, False]
    assert [folder["path"] for folder in told["folders"]] == [
        str(cli.person.claude),
        str(cli.person.home / ".config" / "claude"),
    ]
    assert told["history"] == {"firstDay": None, "daysWithUsage": 0, "daysLostWithoutCcmeter": 0}
    assert told["store"]["lastIngest"] is None


def test_every_line_read_is_accounted_for(cli: Inside) -> None:
    """Kinds, rejected lines, copies: nothing is passed over in silence."""
    lines = [
        call(1),
        call(1),
        call(2),
        dumped({"type": "user", "message": {"content": "x"}}),
        b'{"type":"assistant","message":{"usage":{"output_tokens":',
        b'{"type":"assistant","message":{"id":"msg_3","model":"claude-opus-5","usage":{"output_tokens":-1}}}',
    ]
    Folder(cli.person.claude).write("-p/s.jsonl", joined(lines))
    told = cli.run("doctor", "--json").document
    assert told["files"] == {"read": 1, "bytes": sum(map(len, lines)) + len(lines), "deletedSince": 0}
    assert told["lines"] == {"assistant": 4, "user": 1}
    assert told["rejected"] == {"malformed line": 1, "impossible output_tokens": 1, "no timestamp": 1}
    assert (told["usageLines"], told["messages"], told["duplicatesMerged"]) == (4, 3, 1)
    assert told["undatedMessages"] == 1
    shown = findings(cli)
    assert shown["Messages", "undated"] == "1"
    assert shown["Missing or unusable", "malformed line"] == "1"
    assert shown["Read so far", "files since deleted"] == "none"


def test_unfinished_output_is_shown_by_version_with_an_estimate(cli: Inside) -> None:
    """The estimate is what finished messages of the model put out; without any there is none."""
    lines = [
        call(1, version="2.1.7"),
        call(2, version="2.1.7", is_final=False),
        call(3, version="2.1.12", is_final=False),
        call(4, version="1.0.53", is_final=False, model="claude-opus-4-1"),
        call(5, version="2.0.74", is_final=False),
        call(6, version="2.0.74", is_final=False, model="claude-opus-4-1"),
        call(7, version="2.1.200"),
        call(8, version="", is_final=False, model="no-price"),
        call(9, version="2.1.200", model="no-price"),
    ]
    Folder(cli.person.claude).write("-p/s.jsonl", joined(lines))
    told = [
        (subject, finding)
        for (topic, subject), finding in findings(cli).items()
        if topic.startswith("Output never")
    ]
    assert told == [
        ("Claude Code (version unknown)", "1 of 1 message, 2 tokens logged, about 98 tokens missing"),
        ("Claude Code 1.0.53", "1 of 1 message, 2 tokens logged, no finished message to estimate from"),
        (
            "Claude Code 2.0.74",
            (
                "2 of 2 messages, 4 tokens logged, about 98 tokens missing (<$0.01), "
                "1 with no finished message to estimate from"
            ),
        ),
        ("Claude Code 2.1.7", "1 of 2 messages, 2 tokens logged, about 98 tokens missing (<$0.01)"),
        ("Claude Code 2.1.12", "1 of 1 message, 2 tokens logged, about 98 tokens missing (<$0.01)"),
    ]
    document = cli.run("doctor", "--json").document
    assert [each["version"] for each in document["nonFinal"]] == [
        *["", "1.0.53", "2.0.74", "2.1.7", "2.1.12", "2.1.200"]
    ]
    assert document["nonFinal"][3]["estimatedMissingCostUSD"] == "0.00245"
    assert document["unpriced"] == [{"model": "no-price", "messages": 2, "tokens": 108}]


def test_days_that_claude_code_would_have_deleted_are_counted(cli: Inside) -> None:
    """After `cleanupPeriodDays` of its settings, else after 30 days; the strictest folder counts."""
    folder = Folder(cli.person.claude)
    ages = (0, 5, 29, 30, 31, 400)
    folder.write("-p/s.jsonl", joined([call(age, days_ago=age) for age in ages]))
    shown = findings(cli, "-z", "UTC")
    assert shown["History", str(folder.path)] == "logs deleted after 30 days (Claude Code's default)"
    oldest = (dt.datetime.now(dt.UTC) - 400 * DAY).date()
    assert shown["History", "would be lost without ccmeter"] == f"2 of 6 days since {oldest}"
    (folder.path / "settings.json").write_text('{"cleanupPeriodDays": 7, "model": "opus"}')
    shown = findings(cli, "-z", "UTC")
    assert shown["History", str(folder.path)] == "logs deleted after 7 days (cleanupPeriodDays)"
    assert shown["History", "would be lost without ccmeter"] == f"4 of 6 days since {oldest}"
    told = cli.run("doctor", "--json", "-z", "UTC").document
    assert told["history"] == {"firstDay": str(oldest), "daysWithUsage": 6, "daysLostWithoutCcmeter": 4}
    assert told["folders"][0]["cleanupPeriodDays"] == 7
    assert not told["folders"][0]["cleanupPeriodIsDefault"]


def test_logs_that_are_gone_are_counted_and_their_usage_is_kept(cli: Inside) -> None:
    """That is what the store is for."""
    folder = Folder(cli.person.claude)
    folder.write("-p/a.jsonl", joined([call(1)]))
    folder.write("-p/b.jsonl", joined([call(2)]))
    cli.run("ingest")
    folder.file("-p/a.jsonl").unlink()
    told = cli.run("doctor", "--json").document
    assert (told["files"]["read"], told["files"]["deletedSince"], told["messages"]) == (2, 1, 2)
    assert told["folders"][0]["files"] == 1
    shown = findings(cli)
    assert shown["Read so far", "files since deleted"] == "1, their usage is kept"
    assert shown["Folders", str(folder.path)] == "1 transcript"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_named(cli: Inside) -> None:
    """A file without rights stops nothing, and is not forgotten."""
    Folder(cli.person.claude).write("-p/s.jsonl", joined([call(1)])).chmod(0)
    assert any(topic == "Not read" for topic, _ in findings(cli))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_cut_at_any_width(cli: Inside, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word of the CSV stands in the table too, in order; there are no empty headings."""
    lines = [call(1), call(2, is_final=False), call(3, is_final=False, model="some-gateway/some-model")]
    Folder(cli.person.claude).write("-p/s.jsonl", joined(lines))
    cli.run("ingest")
    monkeypatch.setenv("COLUMNS", str(width))
    shown = cli.run("doctor").stdout
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    assert shown.splitlines()[:3] == [f"ccmeter doctor  ccmeter {__version__}", "", "Folders"]
    squeezed = sorted("".join(shown.split()))
    for finding in findings(cli).values():
        for letter in set("".join(finding.split())):
            assert squeezed.count(letter) >= finding.count(letter)


@pytest.mark.parametrize(
    ("content", "days"),
    [
        ('{"cleanupPeriodDays": 3650}', 3650),
        ('{"cleanupPeriodDays": 1}', 1),
        ('{"cleanupPeriodDays": 0}', None),
        ('{"cleanupPeriodDays": true}', None),
        ('{"cleanupPeriodDays": "7"}', None),
        ('{"cleanupPeriodDays": 7.5}', None),
        ('{"cleanupPeriodDays": null}', None),
        ("{}", None),
        ("[]", None),
        ("not json", None),
        ("\ufeff{}", None),
    ],
)
def test_only_a_whole_number_of_days_is_a_setting(tmp_path: Path, content: str, days: int | None) -> None:
    """Claude Code refuses everything else and keeps to its default."""
    settings = tmp_path / "settings.json"
    settings.write_text(content, encoding="utf-8")
    assert cleanup_days(settings) == days
    assert cleanup_days(tmp_path / "none.json") is None
    assert cleanup_days(tmp_path) is None


def test_json_is_one_document(cli: Inside) -> None:
    """A script can rely on its keys."""
    assert set(json.loads(cli.run("doctor", "--json").stdout)) == {
        *("schemaVersion", "version", "folders", "problems", "files", "lines", "rejected", "usageLines"),
        *("messages", "duplicatesMerged", "undatedMessages", "nonFinal", "unpriced", "pricesAsOf"),
        *("history", "store"),
    }
