import os
from pathlib import Path

import pytest

from ccmeter.config import paths

HOME = Path("/home/u")


def dirs(*flags: str, **environment: str) -> list[str]:
    found = paths.claude_dirs([Path(flag) for flag in flags], environment, HOME)
    return [folder.as_posix() for folder in found]


def test_a_flag_goes_before_everything() -> None:
    """Folders named on the command line are the only ones, each once."""
    assert dirs("/a", "/b", "/a", CLAUDE_CONFIG_DIR="/c") == ["/a", "/b"]


@pytest.mark.parametrize("named", ["/a,/b", "/a:/b", " /a , /b ", ",/a::/b,", "/a,/b,/a"])
@pytest.mark.skipif(os.pathsep != ":", reason="a colon belongs to a drive there")
def test_the_environment_lists_folders_with_commas_or_as_a_path_does(named: str) -> None:
    """Claude Code knows one folder, ccusage a list with commas, shells a list with colons: all are read."""
    assert dirs(CLAUDE_CONFIG_DIR=named) == ["/a", "/b"]


@pytest.mark.parametrize("unset", [{}, {"CLAUDE_CONFIG_DIR": ""}, {"CLAUDE_CONFIG_DIR": "  "}])
def test_without_either_both_default_places_are_read(unset: dict[str, str]) -> None:
    """Claude Code has used both, and many people have both."""
    assert dirs(**unset) == ["/home/u/.claude", "/home/u/.config/claude"]


def test_the_second_default_follows_the_desktop_standard() -> None:
    """XDG_CONFIG_HOME moves it; empty is as good as not set."""
    assert dirs(XDG_CONFIG_HOME="/x") == ["/home/u/.claude", "/x/claude"]
    assert dirs(XDG_CONFIG_HOME="") == ["/home/u/.claude", "/home/u/.config/claude"]
    assert dirs(XDG_CONFIG_HOME="/home/u/.claude/..") != dirs()


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No shell has replaced it in a variable or behind a comma."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    home = tmp_path.as_posix()
    assert dirs("~/c") == [f"{home}/c"]
    assert dirs(CLAUDE_CONFIG_DIR="~/c,~/d") == [f"{home}/c", f"{home}/d"]
    assert paths.data_dir(None, {"CCMETER_DATA_DIR": "~/store"}) == tmp_path / "store"
    assert paths.config_file({"CCMETER_CONFIG": "~/c.toml"}) == tmp_path / "c.toml"


def test_the_home_of_nobody_is_left_as_it_stands() -> None:
    """A folder that cannot be found is said to be missing; it is no crash."""
    assert dirs("~nobody-of-this-name/c") == ["~nobody-of-this-name/c"]


def test_the_store_goes_where_it_is_told() -> None:
    """Flag, then environment, then the platform's folder for data."""
    environment = {"CCMETER_DATA_DIR": "/e"}
    assert paths.data_dir(Path("/f"), environment) == Path("/f")
    assert paths.data_dir(None, environment) == Path("/e")
    assert paths.data_dir(None, {}).name == "ccmeter"
    assert paths.data_dir(None, {"CCMETER_DATA_DIR": ""}) == paths.data_dir(None, {})


def test_the_settings_file_has_a_place_of_its_own() -> None:
    """The environment names a file, the platform a folder."""
    assert paths.config_file({"CCMETER_CONFIG": "/e/my.toml"}) == Path("/e/my.toml")
    assert paths.config_file({}).parts[-2:] == ("ccmeter", "config.toml")
