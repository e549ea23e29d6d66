"""Finding transcripts: whatever stands in the folders, each file is found once and nothing stops the walk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ccmeter.ingest.discover import Found, Source, _source, find

NOBODY = 65534

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    """Make a configuration folder's `projects`."""
    folder = tmp_path / "config" / "projects"
    folder.mkdir(parents=True)
    return folder


def transcript(path: Path, content: bytes = b"{}\n") -> Path:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(found: Found) -> list[str]:
    """Give where files were found, below their configuration folder."""
    return [Path(source.source).as_posix() for source in found.sources]


def test_transcripts_are_found_at_any_depth(projects: Path) -> None:
    """Sessions, subagents and workflows are found; other files are not."""
    transcript(projects / "a" / "s1.jsonl")
    transcript(projects / "a" / "s1" / "subagents" / "agent-1.jsonl")
    transcript(projects / "a" / "s1" / "subagents" / "workflows" / "wf_1" / "agent-2.jsonl")
    transcript(projects / "a" / "s1" / "subagents" / "agent-1.meta.json")
    transcript(projects / "a" / "s1.jsonl.bak")
    transcript(projects / "top.jsonl")
    transcript(projects.parent / "history.jsonl")
    found = find((projects.parent,))
    assert sorted(names(found)) == [
        "projects/a/s1.jsonl",
        "projects/a/s1/subagents/agent-1.jsonl",
        "projects/a/s1/subagents/workflows/wf_1/agent-2.jsonl",
        "projects/top.jsonl",
    ]
    assert not found.problems


def test_the_order_does_not_depend_on_the_disk(projects: Path) -> None:
    """Two walks of equal folders find files in the same order, however they were made."""
    for name in ("b", "c", "a"):
        transcript(projects / name / "z.jsonl")
        transcript(projects / name / "y.jsonl")
    copy = shutil.copytree(projects.parent, projects.parent.parent / "copy")
    assert names(find((projects.parent,))) == names(find((copy,)))


def test_a_source_says_what_the_file_is_now(projects: Path) -> None:
    """Size, time and place on disk come along, so that an unchanged file need not be opened."""
    path = transcript(projects / "s.jsonl", b"12345")
    os.utime(path, ns=(5, 1_700_000_000_123_456_789))
    [source] = find((projects.parent,)).sources
    status = path.stat()
    assert source == Source(
        str(path), source.source, status.st_dev, status.st_ino, 5, 1_700_000_000_123_456_789
    )
    assert Path(source.source) == Path("projects/s.jsonl")


def test_a_missing_folder_is_no_problem(tmp_path: Path) -> None:
    """Nobody needs to have used the agent; a file in the folder's place holds no transcripts."""
    transcript(tmp_path / "odd" / "projects")
    found = find((tmp_path / "nowhere", tmp_path / "odd"))
    assert found == Found(sources=())


def test_several_folders_are_searched(tmp_path: Path) -> None:
    """Each configuration folder adds its own; naming one twice adds nothing."""
    for name in ("one", "two"):
        transcript(tmp_path / name / "projects" / f"{name}.jsonl")
    found = find((tmp_path / "one", tmp_path / "two", tmp_path / "one"))
    assert names(found) == ["projects/one.jsonl", "projects/two.jsonl"]


def test_a_folder_named_like_a_transcript_is_reported_and_searched(projects: Path) -> None:
    """What is no file is not read as one; what stands in it is found."""
    transcript(projects / "x.jsonl" / "y.jsonl")
    found = find((projects.parent,))
    assert names(found) == ["projects/x.jsonl/y.jsonl"]
    assert found.problems == {"folder named .jsonl": 1}


@needs_links
def test_links_are_followed_and_nothing_is_read_twice(projects: Path, tmp_path: Path) -> None:
    """A linked file, a hard link, a linked folder and a folder elsewhere: each file once."""
    transcript(projects / "a" / "s.jsonl")
    (projects / "a" / "soft.jsonl").symlink_to(projects / "a" / "s.jsonl")
    (projects / "a" / "hard.jsonl").hardlink_to(projects / "a" / "s.jsonl")
    (projects / "again").symlink_to(projects / "a", target_is_directory=True)
    transcript(tmp_path / "elsewhere" / "t.jsonl")
    transcript(tmp_path / "afar.jsonl")
    (projects / "far").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (projects / "u.jsonl").symlink_to(tmp_path / "afar.jsonl")
    found = find((projects.parent,))
    assert len({(source.device, source.inode) for source in found.sources}) == len(found.sources) == 3
    assert not found.problems


@needs_links
def test_loops_of_links_end(projects: Path) -> None:
    """A folder that leads back to itself or to one above it is searched once; a link to itself is reported."""
    transcript(projects / "a" / "s.jsonl")
    (projects / "a" / "up").symlink_to(projects, target_is_directory=True)
    (projects / "a" / "here").symlink_to(projects / "a", target_is_directory=True)
    (projects / "self.jsonl").symlink_to(projects / "self.jsonl")
    (projects / "itself").symlink_to(projects / "itself")
    found = find((projects.parent,))
    assert names(found) == ["projects/a/s.jsonl"]
    assert sum(found.problems.values()) == 2
    assert all(reason.startswith("unreadable entry: ") for reason in found.problems)


@needs_links
def test_a_linked_projects_folder_is_searched_once(projects: Path, tmp_path: Path) -> None:
    """Two configuration folders may share their projects."""
    transcript(projects / "s.jsonl")
    other = tmp_path / "other"
    other.mkdir()
    (other / "projects").symlink_to(projects, target_is_directory=True)
    assert len(find((projects.parent, other)).sources) == 1
    assert len(find((other,)).sources) == 1


@needs_links
def test_links_to_nowhere_are_reported(projects: Path) -> None:
    """A dangling link is counted if it would have been a transcript."""
    (projects / "gone.jsonl").symlink_to(projects / "nothing.jsonl")
    (projects / "gone.txt").symlink_to(projects / "nothing.txt")
    found = find((projects.parent,))
    assert not found.sources
    assert found.problems == {"link to nowhere": 1}


@needs_links
def test_a_looping_projects_folder_is_reported(tmp_path: Path) -> None:
    """A folder that cannot even be looked at is a problem, and the next one is searched."""
    (tmp_path / "projects").symlink_to(tmp_path / "projects")
    transcript(tmp_path / "fine" / "projects" / "s.jsonl")
    found = find((tmp_path, tmp_path / "fine"))
    assert len(found.sources) == 1
    assert [reason.split(":")[0] for reason in found.problems] == ["unreadable folder"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_pipes_are_not_opened(projects: Path) -> None:
    """A pipe named like a transcript would keep a reader waiting for ever: it is reported instead."""
    os.mkfifo(projects / "pipe.jsonl")
    transcript(projects / "s.jsonl")
    found = find((projects.parent,))
    assert names(found) == ["projects/s.jsonl"]
    assert found.problems == {"not a regular file": 1}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
def test_names_may_be_any_bytes(projects: Path) -> None:
    """A name that is no UTF-8 is found like any other, and has a name that a store takes."""
    odd = os.fsencode(projects) + b"/\xff\xfe.jsonl"
    transcript(Path(os.fsdecode(odd)))
    [source] = find((projects.parent,)).sources
    assert os.fsencode(source.path) == odd
    assert source.name.endswith("\\xff\\xfe.jsonl")


@pytest.mark.skipif(
    not hasattr(os, "seteuid") or os.geteuid() != 0, reason="needs to be root to become nobody"
)
def test_what_may_not_be_read_is_reported(projects: Path) -> None:
    """A folder that may not be listed, or not be entered, costs what is in it and nothing else."""
    shut = transcript(projects / "shut" / "s.jsonl").parent
    listed = transcript(projects / "listed" / "t.jsonl").parent
    transcript(projects / "open" / "u.jsonl")
    shut.chmod(0o000)
    listed.chmod(0o444)
    script = (
        "import os, pathlib\n"
        "from ccmeter.ingest.discover import find\n"
        f"os.seteuid({NOBODY})\n"
        "found = find((pathlib.Path(),))\n"
        "print(sorted(pathlib.Path(s.source).name for s in found.sources), sorted(found.problems.items()))\n"
    )
    done = subprocess.run(  # from within, because the folders above are root's alone
        [sys.executable, "-c", script], cwd=projects.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == (
        "['u.jsonl'] [('unreadable entry: Permission denied', 1), ('unreadable folder: Permission denied', 1)]"
    )


def test_a_transcript_that_vanishes_during_the_walk_is_no_problem(projects: Path) -> None:
    """A file that another process deletes between its folder's listing and the look at it is just not there."""
    path = transcript(projects / "brief.jsonl")
    with os.scandir(projects) as scanned:
        [entry] = scanned
    path.unlink()
    problems: Counter[str] = Counter()
    assert list(_source(entry, 0, set(), problems)) == []
    assert not problems
