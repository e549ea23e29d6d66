"""What could follow a command line, as a shell asks for it."""

import io
import re
import sys
import time
from pathlib import Path

import pytest

from ccmeter.cli import completing
from ccmeter.cli.app import names
from ccmeter.cli.front import with_command
from support import bulk
from support.command import Command
from support.inside import Inside


@pytest.fixture
def cli(person: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside.of(person, monkeypatch, capsys)


@pytest.fixture
def kept(cli: Inside) -> Inside:
    """Give somebody with a store."""
    bulk.write(cli.person.claude, files=3, calls=5)
    assert cli.run("ingest").status == 0
    return cli


def offered(*words: str) -> list[str]:
    """Give the words that are offered."""
    found = completing.following(words)
    assert found.kind == "words"
    return [word.text for word in found.words]


def test_commands_are_offered_by_name(cli: Inside) -> None:
    """Those of the folder, with what they do."""
    assert offered("") == names()
    assert offered("week") == ["weekly"]
    assert offered("config", "") == ["show", "edit", "set", "unset", "check", "path", "schema"]
    assert offered("--config", "x.toml", "week") == ["weekly"]
    assert all(word.about for word in completing.following([""]).words)


def test_options_are_offered_once(cli: Inside) -> None:
    """One that was given is left out, unless it can be repeated; without a command they are those of `daily`."""
    assert {"--since", "--json", "--config", "--help"} <= set(offered("daily", "--"))
    assert "--since" not in offered("daily", "--since", "monday", "--")
    assert "--project" in offered("daily", "--project", "x", "--")
    assert offered("daily", "--no-br") == ["--no-breakdown"]
    assert offered("--ord") == ["--order"]
    assert offered("-b", "--ord") == ["--order"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("daily", "--order", ""), ["asc", "desc"]),
        (("daily", "--order=d"), ["desc"]),
        (("daily", "--order", "=", "d"), ["desc"]),
        (("weekly", "--start-of-week", "s"), ["saturday", "sunday"]),
        (("daily", "--format", "js"), ["json", "jsonl"]),
        (("daily", "--mode", "c"), ["calculate"]),
        (("daily", "--since", "to"), ["today"]),
        (("daily", "--timezone", "Europe/Berl"), ["Europe/Berlin"]),
        (("completion", "f"), ["fish"]),
        (("config", "set", "daily.breakd"), ["daily.breakdown"]),
        (("config", "show", "week"), ["weekly"]),
        (("config", "set", "start-of"), ["start-of-week"]),
        (("nothing", ""), []),
        (("daily", "--last", ""), []),
    ],
)
def test_values_are_offered_where_they_are_few(
    cli: Inside, words: tuple[str, ...], expected: list[str]
) -> None:
    """Formats, orders, days, zones, keys."""
    assert offered(*words) == expected


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("daily", "--output", ""), "files"),
        (("daily", "--data-dir", ""), "dirs"),
        (("daily", "--config", ""), "files"),
        (("--config", ""), "files"),
    ],
)
def test_files_are_left_to_the_shell(cli: Inside, words: tuple[str, ...], kind: str) -> None:
    """It does that better."""
    assert completing.following(words) == completing.Answer(kind)


def test_names_are_those_of_the_store(kept: Inside) -> None:
    """Projects by the name of their folder, or by their path where that was begun; models; sessions."""
    (project, *_) = offered("daily", "--project", "")
    (path, *_) = offered("daily", "--project", "/")
    assert path.endswith(f"/{project}")
    assert all(name.startswith("claude-") for name in offered("daily", "--model", ""))
    sessions = offered("daily", "--session", "")
    assert len(sessions) == len(set(sessions)) == 3
    assert offered("show", sessions[0][:8]) == [sessions[0]]
    assert "yesterday" in offered("show", "")


def test_the_store_of_the_settings_is_looked_at(kept: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is kept; a flag goes before."""
    monkeypatch.delenv("CCMETER_DATA_DIR")
    assert offered("daily", "--session", "") == []
    assert len(offered("daily", "--data-dir", str(kept.person.data), "--session", "")) == 3
    kept.configure(f"data-dir = '{kept.person.data}'\n")
    assert len(offered("daily", "--session", "")) == 3


def test_no_store_is_made_and_no_log_is_read(cli: Inside) -> None:
    """To press a key must not start work."""
    bulk.write(cli.person.claude, files=1, calls=1)
    assert offered("daily", "--session", "") == []
    assert not cli.person.data.exists()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000])
def test_a_store_that_cannot_be_read_is_no_error(cli: Inside, content: bytes) -> None:
    """Nothing is offered, and nothing said."""
    cli.person.data.mkdir()
    cli.person.store.write_bytes(content)
    assert offered("daily", "--session", "") == []


def test_settings_that_are_wrong_are_no_error(cli: Inside) -> None:
    """They will be said when the command runs."""
    cli.configure("nonsense = [\n")
    assert offered("daily", "--order", "") == ["asc", "desc"]


def test_the_answer_is_a_line_for_each_word(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """First what to do, then words and what they are, parted by a tab."""
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert completing.answer(["week"], {}) == 0
    assert completing.answer([], {completing.WORDS_VARIABLE: "daily\n--order\nd"}) == 0
    out.seek(0)
    assert out.read() == "words\nweekly\tShow usage and cost by week.\nwords\ndesc\t\n"


def test_whatever_goes_wrong_stays_silent(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback in the middle of a line that is being typed helps nobody."""
    monkeypatch.setattr(completing, "following", lambda _: 1 / 0)
    assert completing.answer([""], {}) == 1
    assert cli.capsys.readouterr() == ("", "")


def test_it_answers_at_once(person: Command) -> None:
    """Well under a third of a second in all, with a store; the best of three, for machines have other things to do."""
    bulk.write(person.claude, files=3, calls=5)
    assert person.run("ingest").status == 0
    took = []
    for _ in range(3):
        started = time.perf_counter()
        done = person.run("daily", "--session", "", _CCMETER_COMPLETE="bash")
        took.append(time.perf_counter() - started)
        assert (done.status, len(done.stdout.splitlines()), done.stderr) == (0, 4, "")
    assert min(took) < 0.3


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_has_a_script(cli: Inside, shell: str) -> None:
    """It asks by the variable that the front door knows."""
    done = cli.run("completion", shell)
    assert (done.status, "_CCMETER_COMPLETE" in done.stdout) == (0, True)


def test_another_shell_is_wrong_usage(cli: Inside) -> None:
    """With those that there are."""
    done = cli.run("completion", "tcsh")
    assert done.status == 2
    assert "It takes bash, zsh, fish, powershell" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["daily"]),
        (["-b"], ["daily", "-b"]),
        (["weekly"], ["weekly"]),
        (["--help"], ["--help"]),
        (["--config", "x"], ["--config", "x", "daily"]),
        (["--config=x", "--json"], ["--config=x", "daily", "--json"]),
        (["--config", "x", "weekly"], ["--config", "x", "weekly"]),
        (["--config-x"], ["daily", "--config-x"]),
        (["--config"], ["--config"]),
    ],
)
def test_what_names_no_command_is_daily(arguments: list[str], expected: list[str]) -> None:
    """`--config FILE` may stand before it."""
    assert with_command(arguments) == expected


def test_scripts_are_in_the_package() -> None:
    """Shells read them from there."""
    folder = Path(completing.__file__).parent / "shells"
    assert {file.suffix for file in folder.iterdir()} == {".bash", ".zsh", ".fish", ".powershell"}


def test_a_value_behind_its_sign_is_completed_alone(cli: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """PowerShell hands over `--order=d` as one word, and its script puts `--order=` before the answer."""
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert completing.answer([], {completing.WORDS_VARIABLE: "daily\n--order=d"}) == 0
    out.seek(0)
    assert out.read() == "words\ndesc\t\n"


def test_the_script_for_powershell_survives_its_way_there() -> None:
    """It passes through a pipe whose encoding nobody knows; every name in it is set before it is used."""
    text = (Path(completing.__file__).parent / "shells" / "completion.powershell").read_text("ascii")
    code = re.sub(r"(?m)\s#.*$|^#.*$", "", text)
    for opening, closing in ("{}", "()", "[]"):
        plain = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "''", code)
        assert plain.count(opening) == plain.count(closing)
    known = {"_", "null", "Matches", "false", "global", "env"}
    for line in code.splitlines():
        known |= set(re.findall(r"\$(\w+)(?:, \$\w+)* = ", line)) | set(re.findall(r", \$(\w+) = ", line))
        if "param(" in line:
            known |= set(re.findall(r"\$(\w+)", line))
        assert set(re.findall(r"\$(\w+)", line)) - known == set(), line
