"""What `--help` says. `CCMETER_UPDATE_GOLDEN=1 pytest tests/unit/cli/test_cli_help.py` writes it anew."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ccmeter
from ccmeter.__main__ import main
from ccmeter.cli.app import names
from ccmeter.cli.handle import Handle
from ccmeter.cli.schema import handles
from support.command import Command
from support.inside import Inside

GOLDEN = Path(__file__).parents[2] / "golden" / "help"
UPDATING = bool(os.environ.get("CCMETER_UPDATE_GOLDEN"))
COMMANDS = names()


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


@pytest.mark.parametrize("name", ["ccmeter", *COMMANDS])
def test_help_is_the_golden_one(cli: Inside, name: str) -> None:
    """It changes only on purpose, fits into 80 columns, and says everything in full."""
    done = cli.run(*([] if name == "ccmeter" else [name]), "--help")
    assert (done.status, done.stderr) == (0, "")
    if UPDATING:
        (GOLDEN / f"{name}.txt").write_text(done.stdout, encoding="utf-8", newline="\n")
    assert (GOLDEN / f"{name}.txt").read_text(encoding="utf-8") == done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert not [line for line in done.stdout.splitlines()[1:] if line.endswith("...")]


@pytest.mark.parametrize(
    ("path", "handle"), list(handles()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_has_an_example_and_groups_of_options(
    cli: Inside, path: tuple[str, ...], handle: Handle
) -> None:
    """Those within a group as well, in 80 columns; `--help` and `--config` come last."""
    done = cli.run(*path, "--help")
    assert (done.status, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert f"\n  Example: ccmeter {path[0]}" in done.stdout
    headings = [line for line in done.stdout.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings[-1] == "General:"
    assert len(headings) == len(set(headings))


def test_no_golden_help_is_left_of_a_command_that_went() -> None:
    """One file for each command, and no more."""
    assert {file.stem for file in GOLDEN.iterdir()} == {"ccmeter", *COMMANDS}


def test_the_short_option_gives_the_same(cli: Inside) -> None:
    """People type `-h` first."""
    assert cli.run("daily", "-h").stdout == cli.run("daily", "--help").stdout


def test_the_version_is_said(cli: Inside) -> None:
    """Nothing is read for it."""
    for option in ("--version", "-V"):
        done = cli.run(option)
        assert (done.status, done.stdout) == (0, f"ccmeter {ccmeter.__version__}\n")
    assert list(cli.person.home.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["--demo"], ["daily", "--demo"]])
def test_without_a_command_it_is_daily(person: Command, arguments: list[str]) -> None:
    """Options alone go to it as well."""
    expected = person.run("daily", *(["--demo"] if arguments else []))
    assert person.run(*arguments).stdout == expected.stdout
    assert expected.status == 0


@pytest.mark.parametrize(
    ("arguments", "status"), [([], 0), (["-b"], 0), (["--version"], 0), (["-h"], 0), (["--zzzz"], 2)]
)
def test_the_front_door_ends_with_the_status(
    cli: Inside, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int
) -> None:
    """What a shell calls: it takes the arguments of the process and ends it."""
    monkeypatch.setattr(sys, "argv", ["ccmeter", *arguments])
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        gc.enable()
    assert ended.value.code == status
    told = "ccmeter: There is no option --zzzz.\n`ccmeter daily -h` says what it takes.\n"
    assert cli.capsys.readouterr().err == (told if status else "")


def test_a_reader_that_has_had_enough_ends_it_quietly(person: Command) -> None:
    """`ccmeter prices | head -1`: status 0, and nothing on standard error."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ccmeter", "prices"],
        env=person.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    process.stdout.close()
    _, narration = process.communicate(timeout=60)
    assert (process.returncode, narration) == (0, b"")
