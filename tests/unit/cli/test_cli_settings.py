"""Where the value of an option is from, over every way to say it."""

import json
from itertools import product
from typing import Any

import pytest

from support.command import Command
from support.inside import Inside


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def shown(cli: Inside, *words: str) -> dict[str, dict[str, Any]]:
    """Give the settings by key, as a command line has them."""
    done = cli.run("config", "show", "--json", *words)
    assert (done.status, done.stderr) == (0, "")
    return {each["key"]: each for each in json.loads(done.stdout)["settings"]}


@pytest.mark.parametrize("said", list(product([False, True], repeat=5)))
def test_what_is_said_closest_to_the_command_holds(
    cli: Inside, monkeypatch: pytest.MonkeyPatch, said: tuple[bool, ...]
) -> None:
    """Flag, variable of the command, variable for all, its table, the top of the file, default: all 32 mixtures."""
    flag, own_variable, variable, table, top = said
    if own_variable:
        monkeypatch.setenv("CCMETER_DAILY_TIMEZONE", "Asia/Tokyo")
    if variable:
        monkeypatch.setenv("CCMETER_TIMEZONE", "Asia/Seoul")
    cli.configure(
        ("timezone = 'Europe/Rome'\n" if top else "")
        + ("[daily]\ntimezone = 'Europe/Oslo'\n" if table else "")
    )
    ways = [
        (flag, "UTC", "flag", "--timezone", None),
        (own_variable, "Asia/Tokyo", "environment", "CCMETER_DAILY_TIMEZONE", None),
        (variable, "Asia/Seoul", "environment", "CCMETER_TIMEZONE", None),
        (table, "Europe/Oslo", "file", str(cli.settings), 3 if top else 2),
        (top, "Europe/Rome", "file", str(cli.settings), 1),
        (True, None, "default", None, None),
    ]
    _, value, source, name, line = next(way for way in ways if way[0])
    found = shown(cli, "daily", *(["--timezone", "UTC"] if flag else []))["timezone"]
    assert found == {"key": "timezone", "value": value, "source": source, "name": name, "line": line}


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("[daily]\nbreakdown = true\n", [], True),
        ("[daily]\nbreakdown = true\n", ["--no-breakdown"], False),
        ("[daily]\nbreakdown = false\n", ["-b"], True),
    ],
)
def test_a_flag_that_the_file_switches_on_can_be_switched_off(
    cli: Inside, text: str, arguments: list[str], *, expected: bool
) -> None:
    """`--no-x`, and the other way round."""
    cli.configure(text)
    assert shown(cli, "daily", *arguments)["breakdown"]["value"] is expected


def test_a_flag_that_says_no_is_switched_off_by_saying_yes(cli: Inside) -> None:
    """`--cost` is the opposite of `--no-cost`."""
    cli.configure("no_cost = true\n")
    assert "Cost" not in cli.run("daily", "--demo").stdout
    assert "Cost" in cli.run("daily", "--demo", "--cost").stdout


@pytest.mark.parametrize(
    ("text", "variables", "arguments", "expected"),
    [
        ('format = "json"\n', {}, ["--csv"], {"csv": True, "format": None}),
        ('format = "json"\n[daily]\ncsv = true\n', {}, [], {"csv": True, "format": None}),
        ('format = "json"\n[daily]\ncsv = false\n', {}, [], {"csv": False, "format": "json"}),
        ('format = "json"\n', {}, ["--no-csv"], {"csv": False, "format": "json"}),
        ('format = "json"\n', {"CCMETER_CSV": "1"}, [], {"csv": True, "format": None}),
        ("json = true\n", {}, ["--format", "table"], {"json": False, "format": "table"}),
        ("last = 7\n", {}, ["--since", "monday"], {"last": None, "since": "monday"}),
        (
            'since = "monday"\nuntil = "today"\n',
            {},
            ["--last", "7"],
            {"last": 7, "since": None, "until": None},
        ),
        ('since = "monday"\n', {}, ["--until", "today"], {"since": "monday", "until": "today"}),
    ],
)
def test_what_excludes_each_other_does_so_by_place(
    cli: Inside,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    variables: dict[str, str],
    arguments: list[str],
    expected: dict[str, object],
) -> None:
    """The closer one silences the other, which would else be an error that nobody asked for."""
    cli.configure(text)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = shown(cli, "daily", *arguments)
    assert {key: found[key]["value"] for key in expected} == expected


def test_two_at_one_place_are_still_an_error(cli: Inside) -> None:
    """Which of them is meant, only the person knows; the error says where they stand."""
    cli.configure('format = "csv"\njson = true\n')
    done = cli.run("daily", "--demo")
    assert (done.status, done.stdout) == (2, "")
    assert "One format at a time" in done.stderr


def test_default_filters_do_not_reach_the_samples(cli: Inside) -> None:
    """`--demo` shows something, whatever the file filters by; a filter on the command line counts."""
    plain = cli.run("daily", "--demo").stdout
    cli.configure('project = ["nowhere"]\nlast = 1\n')
    assert cli.run("daily", "--demo").stdout == plain
    assert cli.run("daily", "--demo", "--project", "nowhere").stdout != plain


def test_an_option_of_one_command_is_not_that_of_another(cli: Inside) -> None:
    """`model` at the top filters usage; `prices --model` is another option, a text, in a table of its own."""
    cli.configure('model = ["opus", "fable"]\n[prices]\nmodel = "haiku"\n')
    assert shown(cli, "daily")["model"]["value"] == ["opus", "fable"]
    assert shown(cli, "prices")["model"]["value"] == "haiku"


def test_a_key_that_is_a_command_as_well_has_two_places(cli: Inside) -> None:
    """`[model]` is the command's table, and `[options]` says what would stand at the top."""
    cli.configure("[options]\nmodel = 'opus'\n[model]\nno-cost = true\n")
    assert shown(cli, "model")["no-cost"]["value"] is True
    assert shown(cli, "daily")["no-cost"]["value"] is False
    assert shown(cli, "daily")["model"]["value"] == ["opus"]


def test_lists_in_a_variable_are_parted_by_commas(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths have spaces."""
    monkeypatch.setenv("CCMETER_PROJECT", "my shop, site")
    assert shown(cli, "daily")["project"]["value"] == ["my shop", "site"]


def test_claude_code_s_own_variable_goes_before_the_file(
    cli: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment goes before the file, whoever named the variable."""
    cli.configure("claude-dir = '/from/the/file'\n")
    assert shown(cli, "daily")["claude-dir"]["value"] == ["/from/the/file"]
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/from/claude")
    found = shown(cli, "daily")["claude-dir"]
    assert (found["value"], found["source"]) == ("/from/claude", "environment")
    assert found["name"] == "CLAUDE_CONFIG_DIR"
    monkeypatch.setenv("CCMETER_CLAUDE_DIR", "/from/ours")
    assert shown(cli, "daily")["claude-dir"]["value"] == ["/from/ours"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CCMETER_LAST", "soon", "CCMETER_LAST is refused: it must be a whole number, not 'soon'."),
        (
            "CCMETER_DAILY_BREAKDOWN",
            "perhaps",
            "CCMETER_DAILY_BREAKDOWN is refused: it must be true or false, not 'perhaps'.",
        ),
    ],
)
def test_a_variable_of_the_wrong_type_is_named(
    cli: Inside, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """Nobody remembers what their shell sets."""
    monkeypatch.setenv(name, value)
    done = cli.run("daily")
    assert (done.status, done.stdout) == (1, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\ntimezone = 'Europe/Berln'\n", "timezone is set in {file}:2."),
        ("[daily]\nsince = 'soonish'\n", "since is set in {file}:2."),
        ("last = 0\n", "last is set in {file}:1."),
    ],
)
def test_a_value_that_a_command_refuses_is_told_with_its_place(cli: Inside, text: str, said: str) -> None:
    """The command knows what is wrong, and this where it stands."""
    cli.configure(text)
    done = cli.run("daily")
    assert (done.status, done.stdout) == (2, "")
    assert said.format(file=cli.settings) in done.stderr


def test_a_value_of_the_command_line_is_told_without_a_place(cli: Inside) -> None:
    """There is only one."""
    assert "is set in" not in cli.run("daily", "--order", "x").stderr


def test_an_unknown_key_stops_every_command(cli: Inside) -> None:
    """With file, line and the nearest right key."""
    cli.configure("[daily]\nbrakdown = true\n")
    for command in ("daily", "weekly", "ingest"):
        done = cli.run(command)
        assert (done.status, done.stdout) == (1, "")
        assert done.stderr == (
            f"ccmeter: {cli.settings}, line 2: daily.brakdown is not a setting.\nDid you mean breakdown?\n"
        )
    assert cli.run("daily", "--help").status == 0
    assert cli.run("config", "path").status == 0


@pytest.mark.parametrize("place", ["before", "after", "equals", "alone"])
def test_another_file_can_be_named_before_or_after_the_command(person: Command, place: str) -> None:
    """It is the one file then, for prices as well."""
    file = person.home / "other.toml"
    file.write_text("no-cost = true\n", encoding="utf-8")
    arguments = {
        "before": ["--config", str(file), "daily", "--demo"],
        "after": ["daily", "--demo", "--config", str(file)],
        "equals": [f"--config={file}", "--demo"],
        "alone": ["--config", str(file), "--demo"],
    }[place]
    done = person.run(*arguments)
    assert done.status == 0
    assert "Total" in done.stdout
    assert "Cost" not in done.stdout


def test_a_file_that_is_named_must_be_there(cli: Inside) -> None:
    """To go on with the defaults would hide a typing error."""
    for arguments in (["daily", "--config", "none.toml"], ["--config", "none.toml", "daily"]):
        done = cli.run(*arguments)
        assert (done.status, done.stdout) == (2, "")
        assert "There is no settings file none.toml" in done.stderr


def test_the_named_file_is_forgotten_afterwards(cli: Inside) -> None:
    """The process that runs a command gets its environment back."""
    file = cli.person.home / "other.toml"
    file.write_text("", encoding="utf-8")
    assert cli.run("config", "path", "--config", str(file)).stdout == f"{file}\n"
    assert cli.run("config", "path").stdout == f"{cli.settings}\n"
