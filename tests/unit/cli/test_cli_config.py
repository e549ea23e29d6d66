"""`ccmeter config`, and what is made from the commands."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from ccmeter.cli import reference, settings_file
from ccmeter.cli.app import names
from ccmeter.cli.schema import handles
from ccmeter.cli.settings import key_of
from ccmeter.cli.settings_file import template
from ccmeter.config import document, schema
from support.command import Command
from support.inside import Inside

ROOT = Path(__file__).parents[3]
COMMENTED = "# mine\norder = 'desc' # newest first\n"


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


def test_what_is_made_from_the_commands_is_up_to_date() -> None:
    """Pages, man page and schema: `python -m ccmeter.cli.reference` makes them anew."""
    for file, text in reference.files(ROOT).items():
        assert file.read_text("utf-8") == text, (
            f"{file.relative_to(ROOT)}: run python -m ccmeter.cli.reference"
        )
    pages = {file.stem for file in (ROOT / "docs" / "reference").iterdir()}
    assert pages == {"README", *names()}


def test_pages_of_commands_that_went_are_taken_away(tmp_path: Path) -> None:
    """What is written is what is made, and nothing else is left there."""
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    (tmp_path / "docs" / "reference" / "gone.md").touch()
    (tmp_path / "src" / "ccmeter" / "config").mkdir(parents=True)
    reference.main(tmp_path)
    expected = reference.files(tmp_path)
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == set(expected)
    assert all(file.read_text("utf-8") == text for file, text in expected.items())


def test_every_option_of_every_command_can_be_set() -> None:
    """The schema knows each by its long name, and so does the page of its command."""
    top = schema.schema()["properties"]
    for path, handle in handles():
        keys = {key for param in handle.params if (key := key_of(param))}
        rule = {"properties": top}
        for name in path if keys and handle.is_settable else ():
            rule = schema.properties_of(rule)[name]
        known = schema.properties_of(rule)
        assert handle.is_settable is False or keys <= known.keys(), path


def test_the_man_page_is_right(tmp_path: Path) -> None:
    """No line of it is a request that roff does not know."""
    requests = {line.split()[0] for line in reference.man().splitlines() if line.startswith(".")}
    assert requests <= {".TH", ".SH", ".SS", ".TP", ".B", ".BR", ".I", ".PP"}


def test_settings_are_shown_with_their_places(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options of all commands, of single ones, and tables, each with where it is from."""
    cli.configure(
        "order = 'desc'\n[daily]\nbreakdown = true\n[pricing.models.'my model']\ninput = 1\noutput = 2.5\n"
    )
    monkeypatch.setenv("CCMETER_THEME", "dark")
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line.split() for line in cli.run("config", "show").stdout.splitlines()]
    place = "~/.config/ccmeter/config.toml"
    assert ["order", "desc", f"{place}:1"] in lines
    assert ["daily.breakdown", "true", f"{place}:3"] in lines
    assert ["theme", "dark", "CCMETER_THEME"] in lines
    assert ["numbers", "comma", "default"] in lines
    found = json.loads(cli.run("config", "show", "--json").stdout)
    assert found["file"] == str(cli.settings)
    assert {
        "key": 'pricing.models."my model".output',
        "value": 2.5,
        "source": "file",
        "name": str(cli.settings),
        "line": 6,
    } in (found["settings"])


def test_a_command_that_is_not_there_is_said(cli: Inside) -> None:
    """With those that are."""
    done = cli.run("config", "show", "nothing")
    assert done.status == 2
    assert "There is no command nothing that takes settings" in done.stderr


def test_without_a_file_it_says_how_to_make_one(cli: Inside) -> None:
    """It shows the defaults."""
    done = cli.run("config", "show")
    assert done.status == 0
    assert "`ccmeter config edit` makes it" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("daily.breakdown", "true", "breakdown = true"),
        ("last", "7", "last = 7"),
        ("timezone", "Europe/Berlin", 'timezone = "Europe/Berlin"'),
        ("start_of_week", "sunday", 'start-of-week = "sunday"'),
        ("project", '["a", "b"]', 'project = ["a", "b"]'),
        ("project", "a b", 'project = "a b"'),
        ("since", "2026-11-20", "since = 2026-11-20"),
        ("session", "12345678", 'session = "12345678"'),
        ("pricing.multiplier", "0.85", "multiplier = 0.85"),
        ('pricing.models."q.4"', "{input = 1, output = 2.5}", '"q.4" = {input = 1, output = 2.5}'),
        ('currency.rates.EUR."2026-01-01"', "0.92", "2026-01-01 = 0.92"),
    ],
)
def test_a_key_is_set_as_the_type_it_has(cli: Inside, key: str, value: str, line: str) -> None:
    """Nobody should have to quote text twice; what is set can be unset."""
    cli.configure(COMMENTED)
    done = cli.run("config", "set", key, value)
    assert (done.status, done.stdout) == (0, ""), done.stderr
    assert line in cli.settings.read_text("utf-8").splitlines()
    assert cli.settings.read_text("utf-8").startswith(COMMENTED)
    assert cli.run("config", "check").status == 0
    assert cli.run("config", "unset", key).status == 0
    assert cli.settings.read_text("utf-8").rstrip() + "\n" == COMMENTED


def test_the_spelling_of_the_file_is_kept(cli: Inside) -> None:
    """A key is not set twice in two spellings."""
    cli.configure("start_of_week = 'monday'\n")
    assert cli.run("config", "set", "start-of-week", "sunday").status == 0
    assert cli.settings.read_text("utf-8") == 'start_of_week = "sunday"\n'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "ordr", "asc"], "ordr is not a setting.\nDid you mean order?"),
        (["set", "order", "dsc"], "order cannot be 'dsc'.\nDid you mean desc?"),
        (["set", "last", "soon"], "last is refused: it must be a whole number, not 'soon'."),
        (["set", "pricing.models.x.input", "1"], "Not changed."),
        (["unset", "last"], "last is not set in"),
        (["set", "a..b", "1"], "'a..b' is not a key."),
    ],
)
def test_what_cannot_be_set_changes_nothing(cli: Inside, arguments: list[str], said: str) -> None:
    """The error says what would be right."""
    cli.configure(COMMENTED)
    done = cli.run("config", *arguments)
    assert (done.status, done.stdout) == (1, "")
    assert said in done.stderr
    assert cli.settings.read_text("utf-8") == COMMENTED


def test_the_template_is_all_comments_and_all_true(cli: Inside) -> None:
    """With every comment taken away, but the examples in dots, it is a right file."""
    assert document.parse(template(), cli.settings).content == {}
    lines = [
        line[2:]
        for line in template().splitlines()
        if line.startswith("# ") and " = " in line and "…" not in line
    ]
    top = "\n".join(
        line
        for line in lines[: next(i for i, line in enumerate(lines) if line.startswith("input"))]
        if "CCMETER" not in line
    )
    schema.check(document.parse(top.replace("breakdown = true", "", 1), cli.settings))


def test_the_editor_opens_a_file_that_is_made_and_checked(
    cli: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VISUAL goes before EDITOR, and may have arguments."""
    script = cli.person.home / "editor.py"
    script.write_text("import sys; open(sys.argv[2], 'a').write(sys.argv[1])", encoding="utf-8")
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script} '[daily]\nbrakdown = true\n'")
    done = cli.run("config", "edit")
    assert done.status == 1
    assert "daily.brakdown is not a setting" in done.stderr
    assert cli.settings.read_text("utf-8").startswith("# Settings of ccmeter.")
    assert os.name != "posix" or stat.S_IMODE(cli.settings.stat().st_mode) == 0o600
    cli.configure("")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script} 'last = 7'")
    done = cli.run("config", "edit")
    assert (done.status, cli.settings.read_text("utf-8")) == (0, "last = 7")
    assert "is right" in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [("no-such-editor", "cannot be started"), (f"{sys.executable} -c exit(3)", "ended with status 3")],
)
def test_an_editor_that_fails_is_said(
    cli: Inside, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    """With where the file is, or what to set."""
    monkeypatch.setenv("VISUAL", command)
    done = cli.run("config", "edit")
    assert done.status == 2
    assert said in done.stderr


def test_without_an_editor_it_says_what_to_set(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what to use instead."""
    monkeypatch.setattr(settings_file, "_has_terminal", lambda: True)
    monkeypatch.setenv("PATH", str(cli.person.home))
    done = cli.run("config", "edit")
    assert (done.status, "Set VISUAL or EDITOR" in done.stderr) == (2, True)
    (cli.person.home / "vi").write_text("#!/bin/sh\n", encoding="utf-8")
    (cli.person.home / "vi").chmod(0o755)
    if os.name == "posix":
        monkeypatch.setenv("PATH", f"{cli.person.home}:/bin")
        assert cli.run("config", "edit").status == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timezone = 'Europe/Berln'\n", "line 1: There is no time zone 'Europe/Berln'."),
        ("\nsince = 'soonish'\n", "line 2: 'soonish' is not a day."),
        ("currency = 'EUR'\n", "line 1: The settings have no rate for EUR."),
        ("[currency]\ncode = 'EUR'\nrates.USD = 1\n", "line 2: The settings have no rate for EUR."),
        ("[pricing]\nmultiplier = 9\n", "line 2: pricing.multiplier is refused"),
        ("[currency.rates.EUR]\nsoon = 1\n", "line 2: currency.rates.EUR.soon is refused"),
        ("[currency.rates]\nEUR = 0\n", "line 2: currency.rates.EUR is refused"),
        ("a = \n", "not valid TOML"),
    ],
)
def test_a_check_finds_what_only_the_program_knows(cli: Inside, text: str, said: str) -> None:
    """Zones, days and rates, besides keys and types."""
    cli.configure(text)
    done = cli.run("config", "check")
    assert (done.status, done.stdout) == (1, "")
    assert said in done.stderr


WRONG = """\
ordr = "asc"
last = "soon"
timezone = "Europe/Berln"

[daily]
brakdown = true # mine
since = "soonish"

[pricing]
multiplier = 9

[pricing.models.x]
input = 1

[currency.rates.EUR]
soon = 1
"""


def test_a_check_lists_every_mistake(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its place and what would be right, in the order of the file, then those of the environment."""
    cli.configure(WRONG)
    monkeypatch.setenv("CCMETER_ODER", "desc")
    monkeypatch.setenv("CCMETER_ZZZZZZZZZZ", "1")
    done = cli.run("config", "check")
    assert (done.status, done.stdout) == (1, "")
    head, *lines = done.stderr.splitlines()
    assert head == "ccmeter: 10 mistakes in the settings."
    place = f"{cli.settings}, line"
    for line, said in zip(
        lines,
        (
            f"{place} 1: ordr is not a setting. Did you mean order?",
            f"{place} 2: last is refused: it must be a whole number, not 'soon'.",
            f"{place} 3: There is no time zone 'Europe/Berln'. Did you mean Europe/Berlin?",
            f"{place} 6: daily.brakdown is not a setting. Did you mean breakdown?",
            f"{place} 7: 'soonish' is not a day. Days are written 2026-11-20,",
            f"{place} 10: pricing.multiplier is refused: it must be at least 0.0 and at most 2.0.",
            f"{place} 12: pricing.models.x.output is refused: it must be set.",
            f"{place} 16: currency.rates.EUR.soon is refused: Input should be a valid date",
            "The environment variable CCMETER_ODER is not a setting. Did you mean CCMETER_ORDER?",
            "The environment variable CCMETER_ZZZZZZZZZZ is not a setting. Unset it.",
        ),
        strict=True,
    ):
        assert line.startswith(said)


def test_any_other_command_names_one_mistake_and_where_all_are_listed(cli: Inside) -> None:
    """Who only wants a report needs no long list."""
    cli.configure(WRONG)
    done = cli.run("daily")
    assert done.status == 1
    assert done.stderr.splitlines() == [
        f"ccmeter: {cli.settings}, line 1: ordr is not a setting.",
        "Did you mean order? `ccmeter config check` lists all mistakes.",
    ]


def test_a_file_with_several_mistakes_is_repaired_one_by_one(cli: Inside) -> None:
    """What is changed must be right; what is still wrong is said, and the rest stays as it was written."""
    cli.configure(WRONG)
    steps = (
        (["unset", "ordr"], 7),
        (["set", "last", "7"], 6),
        (["set", "timezone", "Europe/Berlin"], 5),
        (["unset", "daily.brakdown"], 4),
        (["set", "daily.since", "7d"], 3),
        (["set", "pricing.multiplier", "0.9"], 2),
        (["set", "theme", "dark"], 2),
        (["set", "pricing.models.x.output", "2"], 1),
        (["unset", "currency.rates.EUR.soon"], 0),
    )
    for arguments, left in steps:
        done = cli.run("config", *arguments)
        assert (done.status, done.stdout) == (0, ""), done.stderr
        said, *others = done.stderr.splitlines()
        assert arguments[1] in said
        if left:
            assert others[0] == (
                f"Still wrong: {left} mistakes." if left > 1 else "Still wrong: one mistake."
            )
            assert len(others) == 1 + left
            assert all(line.startswith(f"{cli.settings}, line ") for line in others[1:])
        else:
            assert others == []
    assert cli.run("config", "check").status == 0
    assert "[daily]" in cli.settings.read_text("utf-8")


def test_a_change_that_adds_a_mistake_is_refused_beside_another(cli: Inside) -> None:
    """A wrong file may become better, and never worse."""
    cli.configure(WRONG)
    for arguments in (
        ["set", "ordr", "desc"],
        ["set", "last", "sooner"],
        ["set", "pricing.models.y.input", "1"],
        ["set", "timezone", "Mars/X"],
    ):
        done = cli.run("config", *arguments)
        assert done.status == 1, arguments
        assert cli.settings.read_text("utf-8") == WRONG


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        (
            "[daily]\nbreakdown = true\n[order]\nx = 1\n",
            ["set", "order", "asc"],
            {"order": "asc", "daily": {"breakdown": True}},
        ),
        ("daily = 1\nlast = 'x'\n", ["unset", "daily"], {"last": "x"}),
        ("[order]\nx = 1\n[daily]\n", ["unset", "order"], {"daily": {}}),
    ],
)
def test_what_stands_where_something_else_should_is_replaced(
    cli: Inside, text: str, arguments: list[str], expected: object
) -> None:
    """A table where a value should be, and the other way round."""
    cli.configure(text)
    assert cli.run("config", *arguments).status == 0
    found = document.read(cli.settings)
    assert found
    assert found.content == expected


def test_a_value_where_a_table_should_be_says_how_to_take_it_out(cli: Inside) -> None:
    """Rather than be lost without a word."""
    cli.configure("daily = 1\n")
    done = cli.run("config", "set", "daily.breakdown", "true")
    assert done.status == 1
    assert "`ccmeter config unset daily` takes it out." in done.stderr


def test_a_currency_is_looked_for_where_its_rates_can_be_read(cli: Inside) -> None:
    """A wrong rate is said of the rate, and not of the currency as well."""
    cli.configure("[currency]\ncode = 'EUR'\nrates.USD = 0\n")
    assert "line 3: currency.rates.USD is refused" in cli.run("config", "check").stderr
    assert cli.run("config", "set", "currency.rates.USD", "1").status == 0
    assert "line 2: The settings have no rate for EUR." in cli.run("config", "check").stderr
    assert cli.run("config", "set", "currency.rates.EUR", "0.92").stderr.count("\n") == 1


def test_an_edit_that_leaves_mistakes_lists_them(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a check does."""
    cli.configure("ordr = 1\nlst = 1\n")
    monkeypatch.setenv("VISUAL", "true")
    done = cli.run("config", "edit")
    assert done.status == 1
    assert "2 mistakes in the settings." in done.stderr


def test_the_variable_of_claude_code_is_listed(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not ours, but it decides where logs are read."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/from/claude")
    assert "From the environment: CCMETER_DATA_DIR, CLAUDE_CONFIG_DIR." in cli.run("config", "check").stdout
    for arguments in (["config", "show"], ["config", "show", "daily"]):
        lines = [line.split() for line in cli.run(*arguments).stdout.splitlines()]
        assert ["claude-dir", "/from/claude", "CLAUDE_CONFIG_DIR"] in lines


def test_a_default_is_called_so(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cell under From is empty."""
    monkeypatch.setenv("COLUMNS", "250")
    for arguments in (["config", "show"], ["config", "show", "daily"]):
        done = cli.run(*arguments)
        rows = done.stdout.partition("───\n")[2].partition("\n\n")[0].splitlines()
        assert any(row.endswith("default") for row in rows)
        assert all(row.rstrip().endswith(("default", "CCMETER_DATA_DIR")) for row in rows)


def test_a_check_finds_variables_that_nothing_reads(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the nearest one that something does read."""
    monkeypatch.setenv("CCMETER_DAILY_BREAKDOWN", "1")
    assert (
        "From the environment: CCMETER_DAILY_BREAKDOWN, CCMETER_DATA_DIR."
        in cli.run("config", "check").stdout
    )
    monkeypatch.setenv("CCMETER_ODER", "desc")
    done = cli.run("config", "check")
    assert (done.status, "Did you mean CCMETER_ORDER?" in done.stderr) == (1, True)
    monkeypatch.delenv("CCMETER_ODER")
    monkeypatch.setenv("CCMETER_ZZZZZZZZZZ", "1")
    assert "Unset it." in cli.run("config", "check").stderr


def test_the_schema_is_the_packaged_one(cli: Inside) -> None:
    """An editor can be pointed at it."""
    assert json.loads(cli.run("config", "schema").stdout) == schema.schema()


def test_a_mistyped_command_of_a_group_names_the_nearest(cli: Inside) -> None:
    """As a mistyped command or option does."""
    assert "There is no command config shw.\nDid you mean show?" in cli.run("config", "shw").stderr
    assert "There is no command dialy.\nDid you mean daily?" in cli.run("dialy").stderr
    assert (
        "There is no option --brakdown.\nDid you mean --breakdown?" in cli.run("daily", "--brakdown").stderr
    )
    assert "There is no option --zzzz." in cli.run("daily", "--zzzz").stderr


def test_an_editor_needs_a_terminal(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody sits and no editor is named, none is opened to wait for ever."""
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    done = cli.run("config", "edit")
    assert done.status == 2
    assert "config set" in done.stderr


@pytest.mark.parametrize(
    ("key", "value"), [("timezone", "Mars/X"), ("since", "someday"), ("daily.until", "x")]
)
def test_a_zone_or_day_that_does_not_exist_is_not_set(cli: Inside, key: str, value: str) -> None:
    """What every later report would refuse is refused at once, and the file stays as it was."""
    done = cli.run("config", "set", key, value)
    assert done.status == 1
    assert value in done.stderr
    assert cli.run("config", "set", "timezone", "Europe/Berlin").status == 0
