"""What git is asked, and that nothing of a repository's own runs while it answers. The real git, real repositories."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.commits import OPEN, UNKNOWN, stretches
from ccmeter.ingest.commits import Git, Histories
from support import workshop
from support.workshop import at

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.domain.commits import History

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.fspath(home), "GIT_CONFIG_NOSYSTEM": "1"}


def looked(root: str, home: Path, **more: float) -> History | None:
    found = Histories(Git(environment(home), **more))
    found.look([root], 0)
    return found.known([root]).get(root)


def named(found: History, branch: str) -> list[str]:
    subjects = {sha: each.subject for sha, each in found.commits.items()}
    return [
        subjects.get(each.sha, each.sha) for each in stretches(found, now_us=2**61) if each.branch == branch
    ]


def test_a_repository_is_read(tmp_path: Path) -> None:
    root = workshop.repository(tmp_path / "shop")
    found = looked(root, tmp_path)
    assert found is not None
    assert (found.main, found.mail, found.is_cut) == ("main", "dev@example.com", False)
    assert named(found, "main") == ["Begin", "Mend the build", OPEN]
    assert named(found, "feature/cart") == [UNKNOWN, "Add a cart", "Take vouchers", OPEN]
    assert {each.authored_us for each in found.commits.values()} >= {at("09:05:00"), at("11:30:30")}


def test_a_branch_that_was_forwarded_to_main_keeps_its_commits(tmp_path: Path) -> None:
    root = workshop.repository(tmp_path / "shop")
    workshop.git(tmp_path / "shop", "merge", "--quiet", "--ff-only", "feature/cart", at_us=at("12:00:00"))
    found = looked(root, tmp_path)
    assert found is not None
    assert named(found, "feature/cart") == [UNKNOWN, "Add a cart", "Take vouchers", OPEN]
    assert named(found, "main") == ["Begin", "Mend the build", UNKNOWN, UNKNOWN, OPEN]


def test_a_branch_of_the_remote_alone_is_known_and_its_head_is_the_main_branch(tmp_path: Path) -> None:
    workshop.repository(tmp_path / "shop")
    workshop.git(tmp_path / "shop", "branch", "-m", "main", "stem")
    workshop.git(tmp_path / "shop", "checkout", "--quiet", "stem")
    workshop.git(tmp_path, "clone", "--quiet", os.fspath(tmp_path / "shop"), os.fspath(tmp_path / "copy"))
    found = looked(os.fspath(tmp_path / "copy"), tmp_path)
    assert found is not None
    assert found.main == "stem"
    assert named(found, "feature/cart") == [UNKNOWN, "Add a cart", "Take vouchers", OPEN]


def test_a_shallow_clone_has_no_beginning(tmp_path: Path) -> None:
    workshop.repository(tmp_path / "shop")
    address = f"file://{tmp_path / 'shop'}"
    workshop.git(tmp_path, "clone", "--quiet", "--depth=1", address, os.fspath(tmp_path / "copy"))
    found = looked(os.fspath(tmp_path / "copy"), tmp_path)
    assert found is not None
    assert found.is_cut
    assert named(found, "main") == [UNKNOWN, OPEN]


def _signed(folder: Path) -> str:
    """Make a commit with a signature that git would have looked at."""
    plain = workshop.git(folder, "cat-file", "commit", "HEAD")
    head, _, subject = plain.partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    (folder.parent / "commit").write_text(f"{head}\n{signature}\n\n{subject}\n", "utf-8")
    return workshop.git(folder, "hash-object", "-t", "commit", "-w", os.fspath(folder.parent / "commit"))


def test_nothing_that_a_repository_names_is_run(tmp_path: Path) -> None:
    root = workshop.repository(tmp_path / "shop")
    signed = _signed(tmp_path / "shop")
    workshop.git(tmp_path / "shop", "update-ref", "refs/heads/signed", signed, at_us=at("12:00:00"))
    trap, mark = tmp_path / "trap", tmp_path / "ran"
    trap.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n", "utf-8")
    trap.chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.pager",
        "gpg.program",
        "core.sshCommand",
        "diff.external",
        "core.editor",
    ):
        workshop.git(tmp_path / "shop", "config", name, os.fspath(trap))
    workshop.git(tmp_path / "shop", "config", "log.showSignature", "true")
    hooks = tmp_path / "shop" / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        shutil.copy(trap, hooks / hook)
    workshop.git(tmp_path / "shop", "log", "-1", "signed")
    assert mark.exists(), "plain git falls into the trap"
    mark.unlink()
    before = sorted(each.relative_to(tmp_path) for each in (tmp_path / "shop").rglob("*"))
    assert looked(root, tmp_path) is not None
    assert not mark.exists()
    assert sorted(each.relative_to(tmp_path) for each in (tmp_path / "shop").rglob("*")) == before, (
        "no lock, no file"
    )


def test_variables_do_not_point_git_elsewhere(tmp_path: Path) -> None:
    root = workshop.repository(tmp_path / "shop")
    (tmp_path / "empty").mkdir()
    lured = Histories(Git({**environment(tmp_path), "GIT_DIR": os.fspath(tmp_path / "empty")}))
    lured.look([root], 0)
    assert root in lured.known([root])


def test_no_repository_above_a_folder_is_taken_for_its_own(tmp_path: Path) -> None:
    root = workshop.repository(tmp_path / "shop")
    inner = os.path.join(root, "inner")  # noqa: PTH118
    os.mkdir(inner)  # noqa: PTH102
    assert looked(inner, tmp_path) is None


@pytest.mark.parametrize("root", ["", "shop", "/nowhere/at/all", "/nul\0"])
def test_what_is_no_folder_has_no_history(root: str, tmp_path: Path) -> None:
    assert looked(root, tmp_path) is None


def test_a_git_that_never_answers_is_given_up(tmp_path: Path) -> None:
    root = workshop.repository(tmp_path / "shop")
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 600\n", "utf-8")
    (slow / "git").chmod(0o755)
    began = time.monotonic()
    found = Histories(Git({"PATH": f"{slow}:{os.environ['PATH']}"}, longest_s=0.2))
    found.look([root], 0)
    assert found.known([root]) == {}
    assert time.monotonic() - began < 300, "it was not waited for"


def test_a_repository_is_read_anew_only_when_a_branch_moved(tmp_path: Path) -> None:
    root = workshop.repository(tmp_path / "shop")
    found = Histories(Git(environment(tmp_path)))
    assert found.missing([root], 0) == [root]
    assert found.look([root], 0)
    assert found.missing([root], 5_000_000) == []
    assert found.missing([root], 10_000_000) == [root]
    assert found.missing([root], -10_000_000) == [root], "the past was asked for"
    first = found.known([root])[root]
    assert not found.look([root], 10_000_000)
    assert found.known([root])[root] is first
    workshop.commit(tmp_path / "shop", "More", at("13:00:00"))
    assert found.look([root], 20_000_000)
    assert named(found.known([root])[root], "main")[-2:] == ["More", OPEN]
    shutil.rmtree(root)
    assert found.look([root], 30_000_000)
    assert found.known([root]) == {}
    assert not found.look([root], 40_000_000)


def test_a_repository_without_commits_has_none(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    workshop.git(tmp_path / "new", "init", "--quiet")
    found = looked(os.fspath(tmp_path / "new"), tmp_path)
    assert found is not None
    assert (found.commits, found.tips, found.main) == ({}, {}, "")
