import csv
import io

import pytest

from support.command import Command
from support.inside import Inside
from support.transcripts import Folder, Line, joined


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def models(cli: Inside, *arguments: str) -> list[str]:
    return [price["model"] for price in cli.run("prices", "--json", *arguments).document["prices"]]


def test_every_model_has_one_card_on_a_day(cli: Inside) -> None:
    """Not its history: that is what `--at` is for. No store is made for it."""
    found = models(cli)
    assert len(found) == len(set(found)) > 20
    assert list(cli.person.home.iterdir()) == []


def test_a_day_has_the_prices_of_that_day(cli: Inside) -> None:
    """A card holds from its first day up to the next one's; a month or a word is a day too."""

    def read_price(at: str) -> list[str]:
        prices = cli.run("prices", "--json", "--model", "sonnet-5-5", "--at", at).document["prices"]
        return [price["cacheRead"] for price in prices]

    assert read_price("2026-10-06") == ["0.20"]
    assert read_price("20261007") == ["0.10"]
    assert read_price("2026-10") == ["0.20"]
    assert read_price("2026-09-27") == []
    assert "claude-opus-5" not in models(cli, "--at", "2026-03-01")


def test_models_are_found_by_any_part_in_any_case(cli: Inside) -> None:
    """A person's own models too, whatever their case."""
    cli.configure("[pricing.models.MyModel]\ninput = 0.3\noutput = 1\n")
    assert models(cli, "--model", "OPUS-4-") == [
        *("claude-opus-4-1", "claude-opus-4-5", "claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8")
    ]
    own = cli.run("prices", "--json", "--model", "mymodel").document["prices"]
    assert own == [
        {
            "model": "MyModel",
            "since": None,
            "until": None,
            "input": "0.30",
            "output": "1.00",
            "cacheCreation5m": "0.375",
            "cacheCreation1h": "0.375",
            "cacheRead": "0.03",
            "remarks": [],
            "note": "",
            "sure": True,
            "source": "config",
        }
    ]


@pytest.mark.parametrize("name", ["table", "csv", "json", "markdown"])
def test_a_model_without_a_card_is_said_to_have_none(cli: Inside, name: str) -> None:
    """In every format an empty answer is an answer."""
    done = cli.run("prices", "--model", "nothing-like-it", "--at", "2026-06-01", "--format", name)
    assert (done.status, done.stderr) == (0, "")
    if name in ("table", "markdown"):
        assert "No model with this name had a price on 2026-06-01." in done.stdout


def test_prices_in_csv_are_numbers(cli: Inside) -> None:
    """One line for each card, in USD per million tokens; empty where no price is stated."""
    text = cli.run("prices", "--csv", "--model", "gpt-5.4-mini").stdout
    (line,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (line["input_usd"], line["output_usd"], line["cache_read_usd"]) == ("0.75", "4.50", "")


def test_unpriced_models_are_listed_with_their_tokens(cli: Inside) -> None:
    """The dearest gap first, in all formats."""
    lines = [
        Line(message_id="1", model="claude-opus-5", input_tokens=9),
        Line(message_id="2", model="big", input_tokens=1_000_000, output_tokens=1),
        Line(message_id="3", model="small", input_tokens=0, output_tokens=1),
        Line(message_id="4", model="big", input_tokens=1, output_tokens=0),
    ]
    Folder(cli.person.claude).write("-p/s.jsonl", joined([line.assistant() for line in lines]))
    assert cli.run("prices", "--unpriced", "--json").document == {
        "schemaVersion": 1,
        "unpriced": [
            {"model": "big", "messages": 2, "tokens": 1_000_002},
            {"model": "small", "messages": 1, "tokens": 1},
        ],
    }
    assert cli.run("prices", "--unpriced", "--csv").stdout.splitlines() == [
        *("model,messages,tokens", "big,2,1000002", "small,1,1")
    ]
    shown = cli.run("prices", "--unpriced").stdout
    assert "big           2  1,000,002" in shown
    assert '[pricing.models."NAME"]' in shown
    assert "| big | 2 | 1,000,002 |" in cli.run("prices", "--unpriced", "-f", "markdown").stdout
    cli.configure("[pricing.models.big]\ninput = 1\noutput = 1\n")
    assert "big" not in cli.run("prices", "--unpriced", "--no-ingest").stdout


def test_when_every_model_has_a_price_it_says_so(cli: Inside) -> None:
    """An empty table would leave doubt."""
    assert cli.run("prices", "--unpriced").stdout == "Every model met has a price.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--at", "tomorrow"], "'tomorrow' is not a day."),
        (["--unpriced", "--at", "today"], "--unpriced goes without --model and --at."),
        (["--unpriced", "--model", "x"], "--unpriced goes without --model and --at."),
        (["--csv", "-j"], "One format at a time: csv and json were asked for."),
    ],
)
def test_wrong_usage_ends_with_2(cli: Inside, arguments: list[str], told: str) -> None:
    """What is not possible is said; nothing is passed over."""
    done = cli.run("prices", *arguments)
    assert (done.status, done.stdout, done.stderr.splitlines()[0]) == (2, "", f"ccmeter: {told}")
