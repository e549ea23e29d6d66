"""Which repository a folder is in, as it stands on the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.projects import Folder
from ccmeter.ingest import repositories
from ccmeter.store import lease
from ccmeter.store import repositories as kept
from support import stores
from support.transcripts import Folder as Logs
from support.transcripts import Line, joined, replace

if TYPE_CHECKING:
    from pathlib import Path


def look(*folders: Path | str) -> list[Folder]:
    """Look at some folders."""
    return repositories.look(map(str, folders))


def made(folder: Path) -> Path:
    """Make a folder with all above it."""
    folder.mkdir(parents=True)
    return folder


def repository(folder: Path) -> Path:
    """Make a folder that looks like a repository's top."""
    made(folder / ".git")
    return folder


def pointing(folder: Path, gitdir: str) -> Path:
    """Make a folder with a `.git` file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".git").write_text(f"gitdir: {gitdir}\n", encoding="utf-8")
    return folder


def test_a_folder_belongs_to_the_repository_around_it(tmp_path: Path) -> None:
    """However deep, whether it is still there or not."""
    shop = repository(tmp_path / "shop")
    deep = made(shop / "packages" / "api")
    for cwd in (shop, deep, shop / "gone" / "too"):
        assert look(cwd) == [Folder(cwd=str(cwd), top=str(shop), root=str(shop))]


def test_folders_outside_of_any_repository_have_none(tmp_path: Path) -> None:
    """So have those that are gone, those on other machines and those that are no path at all."""
    strange = ["", "relative", "C:\\work", "\\\\server\\share", "//server/share", "/net/host/x", "/a\0b"]
    assert look(made(tmp_path / "plain"), tmp_path / "gone" / "x", *strange) == [
        Folder(cwd=str(cwd)) for cwd in (tmp_path / "plain", tmp_path / "gone" / "x", *strange)
    ]


@pytest.mark.parametrize("gitdir", ["{}/shop/.git/worktrees/fix", "../shop/.git/worktrees/fix"])
def test_a_worktree_belongs_to_the_main_working_tree(gitdir: str, tmp_path: Path) -> None:
    """Newer versions of git can write the way there as a relative one."""
    fix = pointing(tmp_path / "fix", gitdir.format(tmp_path))
    shop = str(tmp_path / "shop")
    assert look(fix / "src") == [Folder(cwd=str(fix / "src"), top=str(fix), root=shop, is_worktree=True)]


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path) -> None:
    """It has another history than what is around it."""
    repository(tmp_path / "shop")
    lib = pointing(tmp_path / "shop" / "lib", "../.git/modules/lib")
    assert look(lib) == [Folder(cwd=str(lib), top=str(lib), root=str(lib))]


def test_what_is_no_git_file_is_passed_over(tmp_path: Path) -> None:
    """A file of another program, a pipe, one that cannot be read: the folder above may know better."""
    shop = repository(tmp_path / "shop")
    other, pipe, empty = (made(shop / name) for name in ("other", "pipe", "empty"))
    (other / ".git").write_text("something else", encoding="utf-8")
    (empty / ".git").touch()
    os.mkfifo(pipe / ".git")
    assert {folder.top for folder in look(other, pipe, empty)} == {str(shop)}
    assert look(pointing(shop / "blank", ""))[0].root == str(shop / "blank")


def test_links_are_followed_and_the_top_is_spelled_as_the_folder_is(tmp_path: Path) -> None:
    """A link to a repository, to something above it, and into the middle of it."""
    made(repository(tmp_path / "data" / "shop") / "src")
    root = str(tmp_path / "data" / "shop")
    for name, target in (
        ("home", "data"),
        ("shop", "data/shop"),
        ("src", "data/shop/src"),
        ("deep", "data/shop/src"),
    ):
        (tmp_path / name).symlink_to(tmp_path / target)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    cwds = [tmp_path / name for name in ("home/shop/src", "shop/src", "shop", "src", "deep", "loop")]
    found = look(*cwds)
    tops = [tmp_path / "home" / "shop", tmp_path / "shop", tmp_path / "shop", root, root]
    assert [folder.top for folder in found] == [*map(str, tops), ""]
    assert {folder.root for folder in found} == {root, ""}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_git_makes_is_understood(tmp_path: Path) -> None:
    """The real thing: worktrees, of a bare repository too, submodules, and a worktree of a submodule."""

    def git(folder: Path, *arguments: str) -> None:
        own = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")
        subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)

    shop, lib, bare = made(tmp_path / "shop"), made(tmp_path / "lib"), made(tmp_path / "bare")
    for each in (shop, lib):
        git(each, "init", "-q")
        git(each, "commit", "-q", "--allow-empty", "-m", "a")
    git(shop, "submodule", "add", "-q", str(lib), "libs/lib")
    git(shop, "worktree", "add", "-q", str(tmp_path / "fix"))
    git(shop / "libs" / "lib", "worktree", "add", "-q", str(tmp_path / "libfix"))
    git(tmp_path, "clone", "-q", "--bare", str(shop), str(bare / ".bare"))
    git(bare / ".bare", "worktree", "add", "-q", str(bare / "main"))
    found = look(shop, shop / "libs" / "lib", tmp_path / "fix", tmp_path / "libfix", bare / "main")
    roots = [shop, shop / "libs" / "lib", shop, shop / "libs" / "lib", bare]
    assert [folder.root for folder in found] == list(map(str, roots))
    assert [folder.is_worktree for folder in found] == [False, False, True, True, True]


def test_an_update_keeps_what_it_finds_and_looks_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worktree that is removed later stays what it was; only folders that are new are looked at."""
    fix = pointing(tmp_path / "fix", f"{repository(tmp_path / 'shop')}/.git/worktrees/fix")
    logs, store = Logs(tmp_path / "logs"), tmp_path / "store"
    line = Line(cwd=str(fix))
    logs.write("p/1.jsonl", joined([line.assistant(), replace(line, message_id="msg_2", cwd="").assistant()]))
    stores.ingest(store, logs.path)
    shutil.rmtree(fix)
    looked: list[str] = []
    look = repositories.look

    def noted(cwds: list[str]) -> list[Folder]:
        looked.extend(cwds)
        return look(cwds)

    monkeypatch.setattr(repositories, "look", noted)
    logs.append("p/1.jsonl", joined([replace(line, message_id="msg_3").assistant()]))
    stores.ingest(store, logs.path)
    stores.ingest(store, logs.path)
    logs.append("p/1.jsonl", joined([replace(line, message_id="msg_4", cwd="/gone/ä").assistant()]))
    stores.ingest(store, logs.path)
    assert looked == ["/gone/ä"]
    with lease.reading(store) as connection:
        assert kept.unknown(connection) == []
        assert kept.kept(connection) == [
            Folder(cwd=str(fix), top=str(fix), root=str(tmp_path / "shop"), is_worktree=True)
        ]


def test_folders_whose_names_are_no_text_are_kept(tmp_path: Path) -> None:
    """A link may lead to any bytes; the store takes text."""
    odd = os.fsencode(tmp_path) + b"/\xff"
    os.makedirs(odd + b"/.git")  # noqa: PTH103 - no Path has these bytes
    os.symlink(odd, tmp_path / "link")  # noqa: PTH211
    logs, store = Logs(tmp_path / "logs"), tmp_path / "store"
    logs.write("p/1.jsonl", joined([Line(cwd=str(tmp_path / "link")).assistant()]))
    stores.ingest(store, logs.path)
    with lease.reading(store) as connection:
        assert kept.kept(connection)[0].root == f"{tmp_path}/\\xff"
