"""What is kept of a tool: its name, and of one that reads a file which file, never another word that it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.parsers.claude import Transcript
from support.transcripts import Line, joined, tool

if TYPE_CHECKING:
    from ccmeter.domain.usage import ToolCall

CWD = "/home/dev/alpha"


def kept(*blocks: Any, cwd: str = CWD) -> list[ToolCall]:
    content = joined([Line(cwd=cwd, tools=blocks).assistant()])
    transcript = Transcript("p/1.jsonl")
    transcript.feed(content, 0, len(content), offset=0)
    return transcript.findings.tools


def of_file(path: str, cwd: str = CWD, name: str = "Read") -> ToolCall:
    (found,) = kept(tool(name, file_path=path), cwd=cwd)
    return found


@pytest.mark.parametrize(
    ("path", "cwd", "file"),
    [
        (f"{CWD}/src/a.py", CWD, "src/a.py"),
        (f"{CWD}/src/../b.py", f"{CWD}/", "b.py"),
        ("src/a.py", CWD, "src/a.py"),
        ("/home/dev/alphabet/a.py", CWD, "a.py"),
        (f"{CWD}/../beta/secret/a.py", CWD, "a.py"),
        ("/a.py", "/", "a.py"),
        ("/srv/x/a.py", "", "a.py"),
        ("a.py", "", "a.py"),
        (r"C:\work\beta\lib\main.rs", r"C:\work\beta", "lib/main.rs"),
        (r"C:\other\main.rs", r"C:\work\beta", "main.rs"),
        (r"lib\main.rs", r"C:\work\beta", "lib/main.rs"),
        (r"\\server\share\main.rs", r"C:\work", "main.rs"),
        (f"{CWD}/größe.md", CWD, "größe.md"),
    ],
)
def test_a_file_is_named_below_the_folder_or_by_its_name_alone(path: str, cwd: str, file: str) -> None:
    found = of_file(path, cwd)
    assert found.file == file
    assert found.path_digest != 0


def test_one_file_has_one_digest_however_its_folder_is_called() -> None:
    """A session that changes its folder names the same file otherwise; two files of one name are two."""
    assert of_file(f"{CWD}/src/a.py").path_digest == of_file(f"{CWD}/src/a.py", f"{CWD}/src").path_digest
    assert of_file("/srv/a.py").path_digest != of_file("/opt/a.py").path_digest
    assert of_file("/srv/a.py").path_digest == of_file("/srv/a.py", name="Edit").path_digest


@pytest.mark.parametrize("path", ["/", "", None, 5, ["/a.py"], {"a": "b"}])
def test_what_is_no_file_has_no_name(path: Any) -> None:
    (found,) = kept(tool("Read", file_path=path))
    assert (found.name, found.file, found.path_digest, found.part_digest) == ("Read", "", 0, 0)


def test_parts_are_told_apart_and_not_kept() -> None:
    parts: list[dict[str, Any]] = [
        {},
        {"offset": 7, "limit": 9},
        {"limit": 9, "offset": 7},
        {"offset": 8, "limit": 9},
    ]
    whole, some, same, other = (
        kept(tool("Read", file_path="/a.py", **part))[0].part_digest for part in parts
    )
    assert whole == 0
    assert some == same != other
    assert 0 not in (some, other)


@pytest.mark.parametrize("name", ["Edit", "MultiEdit", "Write", "Bash", "Grep", "mcp__files__Read"])
def test_only_of_reading_tools_the_file_is_kept(name: str) -> None:
    assert "secret" not in repr(kept(tool(name, file_path="/secret.py", limit="secret")))


def test_a_name_that_is_prose_is_not_kept() -> None:
    assert [each.name for each in kept(tool("a secret wish"), tool("x" * 129), tool(""))] == ["", "", ""]


def test_an_id_keeps_its_end_and_one_without_goes_by_its_name() -> None:
    blocks = [tool("Bash", "toolu_01AbCdEfGhIjKlMnOpQrStUv"), {"type": "tool_use", "name": "Glob"}]
    assert [each.tool_id for each in kept(*blocks)] == ["KlMnOpQrStUv", "Glob"]


@pytest.mark.parametrize("told", [None, [], "text", 5])
def test_odd_input_costs_no_tool(told: Any) -> None:
    (found,) = kept({"type": "tool_use", "id": "t", "name": "Read", "input": told})
    assert (found.name, found.file) == ("Read", "")
