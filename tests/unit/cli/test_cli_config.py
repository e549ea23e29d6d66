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
    assert ["numbers", "comma"] in lines
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
    assert "There is no command config shw. Did you mean show?" in cli.run("config", "shw").stderr
    assert "There is no command dialy. Did you mean daily?" in cli.run("dialy").stderr
    assert "There is no option --brakdown. Did you mean --breakdown?" in cli.run("daily", "--brakdown").stderr
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
