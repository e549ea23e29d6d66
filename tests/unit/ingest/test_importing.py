"""Importing: whatever it comes in, every call is counted once, and nothing gets out of an archive that should not."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.errors import ForeignError
from ccmeter.ingest import archives, foreign_days, importing
from ccmeter.ingest.update import Narration
from support import bulk, history, stores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NARRATION = Narration()
CONTENT = bulk.content(0, 0, 5)[0].encode()


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    folder = tmp_path / "machine" / ".claude"
    bulk.write(folder, files=3, calls=20)
    (folder / "history.jsonl").write_text("{}\n")
    (folder / "settings.json").write_text("{}")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ccmeter.duckdb"


def _take(store: Path, path: Path, machine: str = "") -> importing.Taken:
    return importing.take(store, path, narration=NARRATION, machine=machine)


def _tar(how: str) -> Callable[[Path, Path], Path]:
    def pack(claude: Path, target: Path) -> Path:
        with tarfile.open(target, how) as tar:  # type: ignore[call-overload]
            tar.add(claude, "home/x/.claude")
        return target

    return pack


def _zip(claude: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(claude.rglob("*")):
            packed.write(file, f"backup/{file.relative_to(claude)}")
    return target


def _inner(claude: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as tar:
        tar.add(claude / "projects", ".")
    return target


def _renamed(claude: Path, target: Path) -> Path:
    return (claude / "projects").rename(target)


def _whole_home(claude: Path, target: Path) -> Path:
    shutil.copytree(claude, target / "2025" / ".claude")
    return target


FORMS: dict[str, Callable[[Path, Path], Path]] = {
    "folder": lambda claude, _: claude,
    "projects": lambda claude, _: claude / "projects",
    "projects by another name": _renamed,
    "folder around it": _whole_home,
    "tar": _tar("w"),
    "tar.gz": _tar("w:gz"),
    "tar.bz2": _tar("w:bz2"),
    "tar.xz": _tar("w:xz"),
    "zip": _zip,
    "tar of projects": _inner,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("live_first", [False, True])
def test_every_call_is_counted_once(
    form: str, *, live_first: bool, claude: Path, store: Path, tmp_path: Path
) -> None:
    """An import, the live logs of the same, and the import again: in any order the same calls."""
    live = shutil.copytree(claude, tmp_path / "live")
    stores.ingest(tmp_path / "wanted.duckdb", live)
    wanted = history.counted(tmp_path / "wanted.duckdb")
    packed = FORMS[form](claude, tmp_path / "packed")
    if live_first:
        stores.ingest(store, live)
    taken = _take(store, packed)
    assert (taken.files, taken.unchanged_files, dict(taken.problems)) == (3, 0, {})
    assert history.counted(store) == wanted
    once = stores.everything(store)
    again = _take(store, packed)
    assert (again.files, again.unchanged_files) == (0, 3)
    assert stores.everything(store) == once
    if not live_first:
        stores.ingest(store, live)
        assert history.counted(store) == wanted
    assert history.names(store.parent) == ["ccmeter.duckdb"]


def test_a_newer_copy_adds_what_is_new(claude: Path, store: Path) -> None:
    """A copy whose files have grown, or were rewritten, replaces the older one."""
    _take(store, claude)
    text, _ = bulk.content(1, 20, 30)
    with bulk.place(claude, 1).open("a", encoding="utf-8") as log:
        log.write(text)
    taken = _take(store, claude)
    assert (taken.files, taken.unchanged_files) == (1, 2)
    assert (history.rows(store, "call"), history.rows(store, "line"), history.rows(store, "file")) == (
        90,
        180,
        3,
    )


def test_two_machines_with_the_same_names(claude: Path, store: Path, tmp_path: Path) -> None:
    """Files that bear the same name in two copies are both read, and neither takes anything from the other."""
    other = tmp_path / "other" / ".claude"
    bulk.place(other, 0).write_text(bulk.content(7, 0, 10)[0], "utf-8")
    for _ in range(2):
        _take(store, claude)
        _take(store, other)
    assert history.rows(store, "call") == 70
    assert stores.calls(store) == stores.calls_from_scratch(store)


def test_one_transcript(claude: Path, store: Path) -> None:
    """A single transcript can be imported, and is the same file as in its folder's copy."""
    assert _take(store, bulk.place(claude, 0)).files == 1
    assert history.rows(store, "call") == 20
    assert _take(store, claude).unchanged_files == 1


def test_large_imports_let_go_of_the_store(
    claude: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import keeps the store for a while at a time only, and reads in worker processes where that pays."""
    monkeypatch.setattr(importing, "_LEASE_S", -1.0)
    monkeypatch.setattr("ccmeter.ingest.load._LINES_PER_BATCH", 10)
    assert _take(store, claude).files == 3
    assert history.rows(store, "call") == 60


def test_import_that_another_was_faster_with(
    claude: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that another import has stored meanwhile are read again."""
    real = importing._cursors
    calls: list[int] = []

    def outdated(path: Path, narration: Narration) -> Any:
        found = real(path, narration)
        calls.append(len(found))
        if len(calls) == 1:
            monkeypatch.setattr(importing, "_cursors", real)
            _take(path, claude)
            return {}
        return found

    monkeypatch.setattr(importing, "_cursors", outdated)
    taken = _take(store, claude)
    assert (taken.files, taken.unchanged_files) == (0, 3)
    assert history.rows(store, "call") == 60


def test_a_store(claude: Path, store: Path, tmp_path: Path) -> None:
    """A store, or a backup, is known by its content; the store itself and a damaged one are refused."""
    other = tmp_path / "other.duckdb"
    stores.ingest(other, claude)
    assert _take(store, other).kind == "store"
    assert history.counted(store) == history.counted(other)
    with pytest.raises(ForeignError, match="the store itself"):
        _take(store, store)
    other.write_bytes(other.read_bytes()[:5_000])
    with pytest.raises(ForeignError, match="is damaged"):
        _take(store, other)


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"[1]", b"{}", b'{"weekly": []}', b'{"daily": []}', b"{" * 99_999]
)
def test_what_is_nothing_is_refused(content: bytes, store: Path, tmp_path: Path) -> None:
    """What cannot be imported is an error that says what can be."""
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(ForeignError):
        _take(store, file)


def test_places_that_hold_nothing(store: Path, tmp_path: Path) -> None:
    """A path that is not there, a folder or an archive without transcripts: an error."""
    with pytest.raises(ForeignError, match="There is no"):
        _take(store, tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ForeignError, match="no transcripts"):
        _take(store, tmp_path / "empty")
    with tarfile.open(tmp_path / "empty.tar", "w") as tar:
        tar.add(tmp_path / "empty", "empty")
    with pytest.raises(ForeignError, match="no transcripts"):
        _take(store, tmp_path / "empty.tar")


def _packed(target: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(target, "w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return target


@pytest.mark.parametrize(
    "name",
    [
        "../../projects/-x/a.jsonl",
        "/etc/projects/-x/a.jsonl",
        "projects/-x/../../../a.jsonl",
        "..\\..\\projects\\-x\\a.jsonl",
        "C:/projects/-x/a.jsonl",
        "\\\\server\\projects\\-x\\a.jsonl",
    ],
)
def test_names_that_lead_out(name: str, tmp_path: Path) -> None:
    """A name that climbs out of the archive is counted and left, in a tar and in a zip."""
    archive = _packed(tmp_path / "a.tgz", (name, CONTENT), (".claude/projects/-x/b.jsonl", CONTENT))
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as written:
        written.writestr(name, CONTENT)
        written.writestr(".claude/projects/-x/b.jsonl", CONTENT)
    for number, each in enumerate((archive, packed)):
        into = tmp_path / f"into{number}"
        into.mkdir()
        unpacked = archives.unpack(each, into)
        assert dict(unpacked.problems) == {"name in the archive that leads out of it": 1}
        assert [file.relative_to(into).as_posix() for file in into.rglob("*.jsonl")] == [
            "0/projects/-x/b.jsonl"
        ]
        assert not list(tmp_path.glob("*.jsonl"))


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in an archive, whatever it points to, is counted and left."""
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(CONTENT)
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"projects/-x/{kind.decode()}.jsonl")
            info.type, info.linkname = kind, str(secret)
            tar.addfile(info)
        folder = tarfile.TarInfo("projects/-y")
        folder.type, folder.linkname = tarfile.SYMTYPE, str(tmp_path)
        tar.addfile(folder)
        info = tarfile.TarInfo("projects/-y/b.jsonl")
        info.size = len(CONTENT)
        tar.addfile(info, io.BytesIO(CONTENT))
    into = tmp_path / "into"
    into.mkdir()
    assert dict(archives.unpack(archive, into).problems) == {"link or device in the archive": 3}
    files = [file for file in into.rglob("*") if not file.is_dir()]
    assert [file.relative_to(into).as_posix() for file in files] == ["0/projects/-y/b.jsonl"]
    assert not any(file.is_symlink() for file in into.rglob("*"))
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as written:
        link = zipfile.ZipInfo("projects/-x/a.jsonl")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        written.writestr(link, str(secret))
    into = tmp_path / "again"
    into.mkdir()
    assert dict(archives.unpack(packed, into).problems) == {"link or device in the archive": 1}
    assert list(into.iterdir()) == []


def test_archives_that_unpack_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to far more than logs ever do, or than the disk has room for, is refused."""
    archive = _packed(tmp_path / "a.tgz", ("projects/-x/a.jsonl", bytes(3_000_000)))
    into = tmp_path / "into"
    into.mkdir()
    monkeypatch.setattr(archives, "_ALWAYS_BYTES", 1_000)
    with pytest.raises(ForeignError, match="unpacks to more"):
        archives.unpack(archive, into)
    monkeypatch.undo()
    monkeypatch.setattr(archives, "_SPARE_BYTES", 2**70)
    with pytest.raises(ForeignError, match="unpacks to more"):
        archives.unpack(archive, into)


def test_archives_that_are_broken(tmp_path: Path, claude: Path, store: Path) -> None:
    """An archive that breaks off, in the packing or in the content, is an error and leaves nothing."""
    for name, form in (("a.tgz", "tar.gz"), ("a.zip", "zip"), ("a.tar", "tar")):
        archive = FORMS[form](claude, tmp_path / name)
        content = archive.read_bytes()
        archive.write_bytes(content[: len(content) * 2 // 3])
        if archives.is_archive(archive):
            with pytest.raises(ForeignError, match="cannot be unpacked"):
                _take(store, archive)
        assert not store.exists()
        assert list(store.parent.glob(".new-*")) == []


def test_several_configuration_folders_in_one_archive(tmp_path: Path) -> None:
    """Each configuration folder of an archive is one, and `projects` may also be a part of what leads there."""
    archive = _packed(
        tmp_path / "a.tgz",
        ("home/projects/one/.claude/projects/-x/a.jsonl", CONTENT),
        ("home/projects/two/.claude/projects/-x/a.jsonl", CONTENT),
        ("C--Users-x/a.jsonl", CONTENT),
        ("notes/a.jsonl", CONTENT),
    )
    into = tmp_path / "into"
    into.mkdir()
    assert len(archives.unpack(archive, into).roots) == 3
    assert sorted(file.relative_to(into).as_posix() for file in into.rglob("*.jsonl")) == [
        "0/projects/-x/a.jsonl",
        "1/projects/-x/a.jsonl",
        "2/projects/C--Users-x/a.jsonl",
    ]


ROW = {
    "inputTokens": 30,
    "outputTokens": 4,
    "cacheCreationTokens": 5,
    "cacheReadTokens": 6,
    "totalTokens": 45,
    "totalCost": 0.3,
}
SHARE = {
    "inputTokens": 10,
    "outputTokens": 4,
    "cacheCreationTokens": 5,
    "cacheReadTokens": 6,
    "modelName": "claude-opus-4-6",
    "cost": 0.1 + 0.2,
}
SHAPES: dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]] = {
    "claude": (
        {"daily": [{**ROW, "inputTokens": 10, "date": "2026-06-01", "modelBreakdowns": [SHARE]}]},
        [("claude-opus-4-6", 10, 4, 5, 6, 300_000_000_000)],
    ),
    "more than its shares": (
        {"daily": [{**ROW, "date": "2026-06-01", "modelBreakdowns": [SHARE]}]},
        [("claude-opus-4-6", 10, 4, 5, 6, 300_000_000_000), ("", 20, 0, 0, 0, None)],
    ),
    "by project": (
        {"projects": {"-x": [{**ROW, "date": "2026-06-01"}], "-y": []}},
        [("", 30, 4, 5, 6, 300_000_000_000)],
    ),
    "unified": (
        {"daily": [{**ROW, "period": "2026-06-01", "agent": "all", "metadata": {"agents": ["claude", "codex"]}, "modelBreakdowns": [SHARE, {**SHARE, "modelName": "gpt-5"}]}]},
        [("claude-opus-4-6", 10, 4, 5, 6, 300_000_000_000)],
    ),
    "by agent": (
        {"daily": [{**ROW, "period": "2026-06-01", "agents": [{**ROW, "agent": "codex"}, {**ROW, "agent": "claude", "modelBreakdowns": [{**SHARE, "missingPricing": True, "inputTokens": 30}]}]}]},
        [("claude-opus-4-6", 30, 4, 5, 6, None)],
    ),
    "only other agents": ({"daily": [{**ROW, "period": "2026-06-01", "agents": [{**ROW, "agent": "codex"}]}]}, []),
    "our own": (
        {"daily": [{**ROW, "date": "2026-06-01", "costExact": "0.0000000000123"}, {**ROW, "date": "undated"}]},
        [("", 30, 4, 5, 6, None)],
    ),
    "our own, unpriced": ({"daily": [{**ROW, "date": "2026-06-01", "costExact": None}]}, [("", 30, 4, 5, 6, None)]),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_reports_of_ccusage(shape: str, store: Path, tmp_path: Path) -> None:
    """Each shape of ccusage's daily report gives its days and models, and nothing of other agents."""
    document, wanted = SHAPES[shape]
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document))
    assert [tuple(day[1:]) for day in foreign_days.read(file)] == wanted
    if wanted:
        assert (_take(store, file).is_known, _take(store, file).is_known) == (False, True)
        assert not _take(store, file, "laptop").is_known
        assert _take(store, file).days == 1
        assert history.rows(store, "imported_day") == 2 * len(wanted)


@pytest.mark.parametrize(
    "row",
    [
        {"date": "yesterday"},
        {"date": "2026-06-01", "inputTokens": -1},
        {"date": "2026-06-01", "inputTokens": 1.5},
        {"date": "2026-06-01", "inputTokens": True},
        {"date": "2026-06-01", "inputTokens": 10**16},
        {"date": "2026-06-01", "totalCost": 10**9},
        {"date": "2026-06-01", "totalCost": "much"},
        {"date": "2026-06-01", "modelBreakdowns": [1]},
        {"date": ["2026-06-01"]},
        1,
    ],
)
def test_reports_that_make_no_sense(row: Any, tmp_path: Path) -> None:
    """A report with a value that cannot be is refused as a whole."""
    file = tmp_path / "report.json"
    file.write_text(json.dumps({"daily": [row]}))
    with pytest.raises(ForeignError, match="not understood"):
        foreign_days.read(file)
