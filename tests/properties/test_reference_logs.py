"""The right answer, whatever the order, the number and the cutting of reads.

Once over made-up logs that belong to this project, and once over real ones, where they lie beside it.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support import oracle, stores
from support.scale import scaled

ROOT = Path(__file__).parents[2]
MADE_UP = ROOT / "fixtures" / "claude-folder"
PARTS = (
    "totals",
    "by_utc_day",
    "by_utc_month",
    "by_model",
    "by_session",
    "by_project",
    "by_sidechain",
    "by_local_day",
)


@dataclass(frozen=True, slots=True)
class Reference:
    """Logs, and what a right reader finds in them."""

    folder: Path
    expected: dict[str, Any]
    contents: dict[str, bytes]
    lines: dict[str, list[str]]
    """What is stored when they are read once, and what the calls are then."""
    calls: list[tuple[Any, ...]]


def _reference(folder: Path, store: Path) -> Reference:
    stores.ingest(store, folder)
    document = json.loads((folder / "expected.json").read_text("utf-8"))
    files = sorted((folder / "projects").rglob("*.jsonl"))
    return Reference(
        folder,
        {part: document["all"][part] for part in PARTS},
        {str(path.relative_to(folder)): path.read_bytes() for path in files},
        stores.lines(store),
        stores.calls(store),
    )


@pytest.fixture(scope="module", params=["made-up", "real"])
def reference(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    store = tmp_path_factory.mktemp("reference") / "store"
    if request.param == "made-up":
        return _reference(MADE_UP, store)
    folder = ROOT.parent / "shared" / "logs"
    if not (folder / "expected.json").exists():
        pytest.skip("the real logs do not lie beside this repository")
    return _reference(folder, store)


def _copy(reference: Reference, folder: Path) -> None:
    for name, content in reference.contents.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def test_oracle_finds_what_is_expected(reference: Reference) -> None:
    """The slow reader of these tests, which shares no code with ours, agrees with the recorded figures."""
    assert oracle.expected(reference.folder) == reference.expected


def test_read_once(reference: Reference, tmp_path: Path) -> None:
    """Logs read once give the recorded figures in every cut, to the last of 12 decimals."""
    stores.ingest(tmp_path / "store", reference.folder)
    assert stores.answers(tmp_path / "store") == reference.expected


def test_read_five_times(reference: Reference, tmp_path: Path) -> None:
    """Logs read five times leave exactly what reading them once leaves, row by row."""
    stores.ingest(tmp_path / "once", reference.folder)
    for _ in range(5):
        stores.ingest(tmp_path / "often", reference.folder)
    assert stores.everything(tmp_path / "often") == stores.everything(tmp_path / "once")
    assert stores.answers(tmp_path / "often") == reference.expected


def test_read_again_from_copies(reference: Reference, tmp_path: Path) -> None:
    """The same logs found in four more places change no figure."""
    for number in range(5):
        _copy(reference, tmp_path / f"copy-{number}")
        stores.ingest(tmp_path / "store", tmp_path / f"copy-{number}")
    assert stores.answers(tmp_path / "store") == reference.expected


def test_replaced_by_copies(reference: Reference, tmp_path: Path) -> None:
    """Logs whose files are replaced by equal ones (new inodes, new times) are read anew, and stored once."""
    logs = tmp_path / "logs"
    _copy(reference, logs)
    stores.ingest(tmp_path / "store", logs)
    for _ in range(3):
        shutil.copytree(logs, tmp_path / "aside")
        shutil.rmtree(logs)
        (tmp_path / "aside").rename(logs)
        stores.ingest(tmp_path / "store", logs)
    assert stores.lines(tmp_path / "store") == reference.lines
    assert stores.answers(tmp_path / "store") == reference.expected


def test_deleted_logs_stay(reference: Reference, tmp_path: Path) -> None:
    """What was read stays when the logs are deleted, one by one and altogether."""
    logs = tmp_path / "logs"
    _copy(reference, logs)
    stores.ingest(tmp_path / "store", logs)
    for name in itertools.islice(reference.contents, 3):
        (logs / name).unlink()
    stores.ingest(tmp_path / "store", logs)
    shutil.rmtree(logs)
    stores.ingest(tmp_path / "store", logs)
    assert stores.answers(tmp_path / "store") == reference.expected


def test_read_one_file_at_a_time(reference: Reference, tmp_path: Path) -> None:
    """Logs that turn up one by one, in any order, give the same figures."""
    names = list(reference.contents)
    for seed in range(3):
        random.Random(seed).shuffle(names)
        logs = tmp_path / f"logs-{seed}"
        for name in names:
            target = logs / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(reference.contents[name])
            stores.ingest(tmp_path / f"store-{seed}", logs)
        assert stores.lines(tmp_path / f"store-{seed}") == reference.lines
        assert stores.calls(tmp_path / f"store-{seed}") == reference.calls


@settings(max_examples=scaled(12))
@given(seed=st.integers(0, 2**32), reads=st.integers(1, 5))
@example(seed=1, reads=5)
def test_cut_at_any_byte(
    reference: Reference, tmp_path_factory: pytest.TempPathFactory, seed: int, reads: int
) -> None:
    """Files that are cut at any byte, read, and completed later, in several reads and any order, give the same."""
    rng = random.Random(seed)
    folder = tmp_path_factory.mktemp("cut")
    logs, store = folder / "logs", folder / "store"
    written = dict.fromkeys(reference.contents, 0)
    for _ in range(reads):
        for name, content in reference.contents.items():
            if rng.random() < 0.6:
                end = _cut(content, written[name], rng)
                _grow(logs / name, content[written[name] : end])
                written[name] = end
        stores.ingest(store, logs, shuffle=rng)
    for name, content in reference.contents.items():
        _grow(logs / name, content[written[name] :])
    stores.ingest(store, logs, shuffle=rng)
    assert stores.lines(store) == reference.lines
    assert stores.calls(store) == reference.calls
    stores.calls_from_scratch(store)
    shutil.rmtree(folder)


def test_cut_around_every_newline(tmp_path: Path) -> None:
    """A file that grows so that reads end right before, at and after each newline gives each line once."""
    reference = _reference(MADE_UP, tmp_path / "reference")
    name = max(reference.contents, key=lambda name: reference.contents[name].count(b"\n"))
    content = reference.contents[name]
    ends = {at + shift for at, byte in enumerate(content) if byte == 10 for shift in (-1, 0, 1)}
    logs, written = tmp_path / "logs", 0
    for end in sorted({min(max(end, 0), len(content)) for end in ends} | {len(content)}):
        _grow(logs / name, content[written:end])
        written = end
        stores.ingest(tmp_path / "store", logs)
    stores.ingest(tmp_path / "once", logs)
    assert stores.lines(tmp_path / "store") == stores.lines(tmp_path / "once")
    assert stores.calls(tmp_path / "store") == stores.calls(tmp_path / "once")


def _cut(content: bytes, start: int, rng: random.Random) -> int:
    """Choose where to cut: anywhere, or close to the end of a line, where it is most delicate."""
    if rng.random() < 0.5:
        return rng.randint(start, len(content))
    ends = [at for at, byte in enumerate(content) if byte == 10 and at >= start]
    return min(rng.choice(ends) + rng.randint(0, 2), len(content)) if ends else len(content)


def _grow(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as opened:
        opened.write(content)
