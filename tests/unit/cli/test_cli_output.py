import io
import os
import pty
import sys
from pathlib import Path

import pytest

from ccmeter.cli import output
from ccmeter.domain.errors import OutputError, UsageError
from ccmeter.reports.formats import RenderOptions

KNOWN = ("csv", "json", "markdown", "table")


def chosen(
    named: str | None = None, *, as_json: bool = False, as_csv: bool = False, file: str | None = None
) -> str:
    return output.chosen_format(
        named, KNOWN, as_json=as_json, as_csv=as_csv, output=Path(file) if file else None
    )


def test_a_format_is_asked_for_in_words_or_by_a_flag() -> None:
    """Both may say the same; without either it is a table."""
    assert chosen() == "table"
    assert chosen("markdown") == "markdown"
    assert chosen(as_json=True) == "json"
    assert chosen(as_csv=True) == "csv"
    assert chosen("json", as_json=True) == "json"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.json", "json"),
        ("a.CSV", "csv"),
        ("a.md", "markdown"),
        ("a.markdown", "markdown"),
        ("a.txt", "table"),
        ("a", "table"),
    ],
)
def test_the_ending_of_a_file_says_its_format(file: str, name: str) -> None:
    """What is asked for in words goes before it."""
    assert chosen(file=file) == name
    assert chosen("csv", file=file) == "csv"


def test_one_format_at_a_time() -> None:
    """Two cannot both be meant."""
    with pytest.raises(UsageError, match="One format at a time: csv and json were asked for"):
        chosen(as_json=True, as_csv=True)
    with pytest.raises(UsageError, match="One format at a time: json and table were asked for"):
        chosen("table", as_json=True)


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    """Guessing would fill somebody's file with something else."""
    with pytest.raises(UsageError, match="There is no format 'xml'") as error:
        chosen("xml")
    assert error.value.hint == "Formats: csv, json, markdown, table."


def options(monkeypatch: pytest.MonkeyPatch, file: str | None = None, **environment: str) -> RenderOptions:
    for name in ("TERM", "FORCE_COLOR", "NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return output.render_options(Path(file) if file else None)


def test_no_terminal_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe or a file gets plain text, 120 wide, unless the environment says otherwise."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert options(monkeypatch) == RenderOptions(width=120, colour=False, unicode=True)
    assert options(monkeypatch, COLUMNS="70").width == 70
    assert options(monkeypatch, FORCE_COLOR="1").colour
    assert not options(monkeypatch, FORCE_COLOR="0").colour
    assert not options(monkeypatch, FORCE_COLOR="1", NO_COLOR="1").colour


def test_a_terminal_gets_colour_unless_it_is_dumb(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR (no-color.org) and TERM=dumb are honoured; a file written meanwhile is no terminal."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "wb"), os.fdopen(follower, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert options(monkeypatch).colour
        assert not options(monkeypatch, TERM="dumb").colour
        assert not options(monkeypatch, NO_COLOR="1").colour
        assert options(monkeypatch, NO_COLOR="").colour
        assert not options(monkeypatch, "a.txt").colour


def test_a_terminal_without_unicode_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is UTF-8 all the same."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert not options(monkeypatch).unicode
    assert options(monkeypatch, "a.txt").unicode


def test_what_the_terminal_cannot_show_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder's name in another script is no crash."""
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii", write_through=True))
    output.write("日本\r\n")
    assert shown.getvalue() == b"??\r\n"


def test_a_file_is_written_whole_and_never_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has the rights of any new file and the line ends of its format; stdout stays empty."""
    file = tmp_path / "report.csv"
    output.write("é\r\n", file)
    assert file.read_bytes() == "é\r\n".encode()
    with pytest.raises(OutputError, match="exists already") as error:
        output.write("new", file)
    assert "--force" in error.value.hint
    assert file.read_bytes() == "é\r\n".encode()
    output.write("new", file, force=True)
    assert file.read_bytes() == b"new"
    assert capsys.readouterr() == ("", f"Written: {file}\n" * 2)
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]
    (tmp_path / "plain").touch()
    assert file.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    """No half-written file, and none beside its place."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for file in (folder, tmp_path / "none" / "a.json", tmp_path / ("x" * 300)):
        with pytest.raises(OutputError, match="cannot be written: "):
            output.write("new", file, force=True)
    assert list(tmp_path.iterdir()) == [folder]
    assert list(folder.iterdir()) == []


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads had enough: `ccmeter daily | head -1`. Nothing is said at the end of the program either."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        output.write("x" * 100_000)
        output.write("and more")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_answer_that_cannot_be_given_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script must not take a cut answer for a whole one."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - as a shell opens it
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OutputError, match="The answer cannot be written: No space left on device"):
            output.write("x")


def test_narration_without_a_listener_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed standard error must not stop the answer."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(os.dup(writer), "w", encoding="utf-8", buffering=1) as pipe:
        monkeypatch.setattr(sys, "stderr", pipe)
        output.say("hello")
        os.dup2(os.open(os.devnull, os.O_WRONLY), pipe.fileno())
    os.close(writer)


def test_an_ending_that_no_format_has_is_refused() -> None:
    """A table in a file called PDF helps nobody."""
    with pytest.raises(UsageError, match=r"No format ends in \.pdf"):
        output.chosen_format(None, ("csv", "table"), as_json=False, as_csv=False, output=Path("usage.pdf"))
