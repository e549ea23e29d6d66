"""Where a repository was cloned from, read from its own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccmeter.ingest.git_remotes import Home, look, remote

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = '[remote "origin"]\n\turl = git@example.org:me/shop.git\n\tfetch = +refs/heads/*\n'


def _repository(folder: Path, config: str | None) -> Path:
    (folder / ".git").mkdir(parents=True)
    if config is not None:
        (folder / ".git" / "config").write_text(config, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (ORIGIN, "git@example.org:me/shop.git"),
        ('[remote "fork"]\nurl = https://a\n' + ORIGIN, "git@example.org:me/shop.git"),
        ('[remote "fork"]\nurl = "https://a"\nurl = https://b\n[branch "x"]\nurl = c\n', "https://a"),
        ("[core]\nbare = false\n", ""),
        ("[remote\nnonsense\n=\n", ""),
        (None, ""),
    ],
)
def test_the_remote(config: str | None, found: str, tmp_path: Path) -> None:
    assert remote(_repository(tmp_path / "x", config)) == found


def test_a_module_keeps_its_settings_elsewhere(tmp_path: Path) -> None:
    real = tmp_path / ".git" / "modules" / "lib"
    real.mkdir(parents=True)
    (real / "config").write_text(ORIGIN, "utf-8")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / ".git").write_text("gitdir: ../.git/modules/lib\n", "utf-8")
    assert remote(tmp_path / "lib") == "git@example.org:me/shop.git"


def test_folders_find_home(tmp_path: Path) -> None:
    """A folder below the top belongs to its repository, also one that is gone and was known; others stand for themselves."""
    top = _repository(tmp_path / "shop", ORIGIN)
    (top / "src").mkdir()
    gone = str(tmp_path / "gone")
    found = look([str(top / "src"), gone, "relative", str(tmp_path)], {gone: str(top)})
    home = Home(folder=str(top), remote="git@example.org:me/shop.git")
    assert found == {
        str(top / "src"): home,
        gone: home,
        "relative": Home(folder="relative"),
        str(tmp_path): Home(folder=str(tmp_path)),
    }
