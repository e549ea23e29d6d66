import os
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.config import document, edit
from ccmeter.domain.errors import ConfigError

WRITTEN = """\
# mine
order = "desc" # newest first

[pricing] # what we pay
multiplier = 0.5
# the end
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def content(file: Path) -> Any:
    found = document.read(file)
    assert found
    return found.content


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    """Nobody else may read it."""
    file = tmp_path / "new" / "config.toml"
    edit.set_value(file, "daily.breakdown", value=True)
    assert file.read_text("utf-8") == "[daily]\nbreakdown = true\n"
    assert os.name != "posix" or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_everything_else_stays_as_it_was_written(file: Path) -> None:
    """Comments, order and spaces are a person's own."""
    file.write_text(WRITTEN, encoding="utf-8")
    edit.set_value(file, "order", "asc")
    edit.set_value(file, "pricing.multiplier", Decimal("0.85"))
    assert file.read_text("utf-8") == WRITTEN.replace("desc", "asc").replace("0.5", "0.85")


def test_a_key_of_the_top_stands_before_the_tables(file: Path) -> None:
    """Behind a table it would be the table's."""
    file.write_text("[pricing]\nmultiplier = 0.5\n", encoding="utf-8")
    edit.set_value(file, "order", "asc")
    assert content(file) == {"order": "asc", "pricing": {"multiplier": 0.5}}


@pytest.mark.parametrize(
    "text",
    [
        "[pricing]\nmultiplier = 0.5\n",
        "pricing = { multiplier = 0.5 }\n",
        "pricing.multiplier = 0.5\n",
        "[pricing]\nmultiplier = 0.5\n[pricing.models.y]\ninput = 1\noutput = 1\n[daily]\nbreakdown = true\n",
    ],
)
def test_a_key_is_put_into_any_way_of_writing_tables(file: Path, text: str) -> None:
    """What stood there before stands there afterwards."""
    file.write_text(text, encoding="utf-8")
    before = content(file)
    edit.set_value(file, ("pricing", "models", "a.b c"), {"input": 1, "output": Decimal("2.5")})
    after = content(file)
    assert after["pricing"]["models"].pop("a.b c") == {"input": 1, "output": 2.5}
    if not after["pricing"]["models"]:
        del after["pricing"]["models"]
    assert after == before


@given(
    key=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
        min_size=1,
        max_size=2,
        unique=True,
    ),
    name=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_what_is_set_and_unset_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory, key: list[str], name: str
) -> None:
    """Any name of a model as key and value, taken back one by one."""
    file = tmp_path_factory.mktemp("kept") / "config.toml"
    file.write_text(WRITTEN, encoding="utf-8")
    before = content(file)
    for each in key:
        edit.set_value(file, ["pricing", "aliases", each], name)
    assert content(file)["pricing"]["aliases"] == dict.fromkeys(key, name)
    for each in key:
        assert edit.unset_value(file, ["pricing", "aliases", each])
    assert content(file) == before


def test_what_is_not_there_cannot_be_unset(file: Path) -> None:
    """Neither a key nor one within something that is no table."""
    file.write_text(WRITTEN, encoding="utf-8")
    for key in ("last", "daily.order", "order.x", "pricing.models"):
        assert not edit.unset_value(file, key)
    assert file.read_text("utf-8") == WRITTEN


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("pricing.multiplyer", 1, "pricing.multiplyer is not a setting"),
        ("order", 1, "order is refused"),
        ("order.x", 1, "order is not a table"),
        ("", 1, "'' is not a key"),
    ],
)
def test_a_file_that_would_be_wrong_is_not_written(file: Path, key: str, value: object, message: str) -> None:
    """The old one is still there, and nothing lies beside it."""
    file.write_text(WRITTEN, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        edit.set_value(file, key, value)
    assert file.read_text("utf-8") == WRITTEN
    assert [each.name for each in file.parent.iterdir()] == ["config.toml"]


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    """Many keep their settings in a repository and link to them."""
    kept = tmp_path / "dotfiles" / "ccmeter.toml"
    kept.parent.mkdir()
    kept.write_text(WRITTEN, encoding="utf-8")
    file.symlink_to(kept)
    edit.set_value(file, "order", "asc")
    assert file.is_symlink()
    assert 'order = "asc"' in kept.read_text("utf-8")


def test_a_file_that_cannot_take_its_place_leaves_nothing(tmp_path: Path) -> None:
    """A folder stands where the file should be."""
    folder = tmp_path / "config.toml"
    folder.mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        edit.replace(folder, "last = 7")
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """With the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        edit.set_value(tmp_path / "file" / "config.toml", "order", "asc")
