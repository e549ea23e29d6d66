import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.config import document
from ccmeter.domain.errors import ConfigError

FILE = Path("config.toml")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4))
def test_a_key_is_read_as_it_is_written(parts: list[str]) -> None:
    """Whatever a folder or a model is called, its key survives the file."""
    assert document.parts(document.dotted(parts)) == parts


@pytest.mark.parametrize("text", ["", "a..b", "[a]", "a b", "a = 1\nb", "a.b = 1\na.c"])
def test_what_is_no_key_has_no_parts(text: str) -> None:
    """A line of a file may be anything."""
    assert document.parts(text) == []


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a = 1\nb = 2\n", ["b"], 2),
        ("[t]\n\n# b = 1\nb = 2\n", ["t", "b"], 4),
        ("[t]\nb = 2\n[u]\nb = 3\n", ["u", "b"], 4),
        ("t.b = 2\n", ["t", "b"], 1),
        ("[t]\nb = 2\n", ["t", "missing"], 1),
        ("a = 1\n", ["nowhere"], None),
    ],
)
def test_the_line_of_a_key_is_found(text: str, key: list[str], line: int | None) -> None:
    """It is the key's own, else that of the table in which it is missing."""
    assert document.parse(text, FILE).line_of(key) == line


def test_a_place_names_file_and_line() -> None:
    """Without a line there is still a file."""
    found = document.parse("a = 1\n", FILE)
    assert (found.place(["a"]), found.place(["b"])) == ("config.toml, line 1", "config.toml")


def test_days_are_read_as_an_option_would_be_typed() -> None:
    """`since = 2026-11-20` needs no quotes."""
    assert document.plain([dt.date(2026, 11, 20), 7, "x"]) == ["2026-11-20", 7, "x"]


def test_no_file_is_none(tmp_path: Path) -> None:
    """Nor is there one in a folder that is a file."""
    (tmp_path / "file").touch()
    assert document.read(tmp_path / "none.toml") is None
    assert document.read(tmp_path / "file" / "config.toml") is None
    with pytest.raises(ConfigError, match="cannot be read"):
        document.read(tmp_path)
