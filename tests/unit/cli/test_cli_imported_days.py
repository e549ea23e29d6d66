"""Days of another tool's report beside the usage that was read: shown apart, and never in a total."""

import json

import pytest

from support import bulk
from support.command import Command
from support.inside import Inside

DAY = {
    "date": "2020-01-02",
    "inputTokens": 1,
    "outputTokens": 2,
    "cacheCreationTokens": 3,
    "cacheReadTokens": 4,
    "totalTokens": 10,
    "totalCost": 0.5,
    "modelsUsed": ["claude-opus-4-5"],
    "modelBreakdowns": [
        {
            "modelName": "claude-opus-4-5",
            "inputTokens": 1,
            "outputTokens": 2,
            "cacheCreationTokens": 3,
            "cacheReadTokens": 4,
            "cost": 0.5,
        },
    ],
}


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("report", "key", "value"),
    [("daily", "date", "2020-01-02"), ("weekly", "week", "2019-12-29"), ("monthly", "month", "2020-01")],
)
def test_imported_days_stand_beside_the_total(cli: Inside, report: str, key: str, value: str) -> None:
    """The total is that of the usage that was read; the other tool's days have rows and a total of their own."""
    bulk.write(cli.person.claude, files=1, calls=3)
    before = json.loads(cli.run(report, "--json").stdout)
    file = cli.person.home / "ccusage.json"
    file.write_text(json.dumps({"daily": [DAY], "totals": {}}), encoding="utf-8")
    assert cli.run("import", str(file)).status == 0
    document = json.loads(cli.run(report, "--json").stdout)
    imported = document.pop("imported")
    assert document == before
    assert (imported["days"], imported["totals"]["totalTokens"], imported["totals"]["costExact"]) == (
        1,
        10,
        "0.5",
    )
    assert [row[key] for row in imported[report]] == [value]
    shown = cli.run(report).stdout
    assert "Reported by another tool" in shown
    assert value in shown
    assert "$0.50" in shown
    assert "imported" not in json.loads(cli.run(report, "--json", "--project", "nobody").stdout)
