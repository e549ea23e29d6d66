"""History that lasts, with real processes: `kill -9` of whatever changes the store as a whole, and several at once.

`CCMETER_TEST_KILLS=20 pytest tests/e2e/test_history.py` kills more often.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from ccmeter.store import backup as backups
from ccmeter.store import copying
from support import bulk, stores
from support.command import Command, agree, finished

if TYPE_CHECKING:
    from pathlib import Path

KILLS = int(os.environ.get("CCMETER_TEST_KILLS", "3"))
FILES, CALLS = 12, 300


@pytest.fixture
def kept(person: Command) -> tuple[Command, bulk.Sums]:
    """Give somebody whose logs are stored, and gone."""
    sums = bulk.write(person.claude, files=FILES, calls=CALLS)
    assert agree(person.totals(), sums)
    shutil.rmtree(person.claude)
    return person, sums


def _first(sums: bulk.Sums, files: int) -> bulk.Sums:
    """Give what the first files hold: every file has as many calls, of the same counts."""
    total = bulk.NOTHING
    for file in range(files):
        total += bulk.content(file, 0, CALLS)[1]
    assert files != FILES or total == sums
    return total


def _killed(person: Command, *arguments: str, seed: int) -> bool:
    """Kill a command at a random moment; tell whether it was still at work. Half of its time it only starts."""
    started = time.monotonic()
    person.run("import", "--list")
    start_s = time.monotonic() - started
    process = person.start(*arguments)
    try:
        process.wait(random.Random(seed).uniform(0.4, 2.0) * start_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return finished(process).status == -signal.SIGKILL


def _left(person: Command) -> int:
    """Ask the store as it was left; give its messages."""
    messages: int = person.totals("--no-ingest")["messages"]
    return messages


@pytest.mark.parametrize("seed", range(KILLS))
def test_restore_is_killed(seed: int, kept: tuple[Command, bulk.Sums], tmp_path: Path) -> None:
    """There is the old store or the backup under the name, whole; and the old one is never lost."""
    person, sums = kept
    file = tmp_path / "mine.duckdb"
    assert person.run("backup", str(file)).status == 0
    more = bulk.content(FILES, 0, CALLS)[1]
    bulk.place(person.claude, FILES).write_text(bulk.content(FILES, 0, CALLS)[0], "utf-8")
    assert agree(person.totals(), sums + more)
    shutil.rmtree(person.claude)
    print("killed", _killed(person, "restore", str(file), "--yes", seed=seed))
    left = _left(person)
    assert left in {sums.calls, (sums + more).calls}
    kept_aside = [
        path for path in person.data.iterdir() if ".replaced-" in path.name and path.suffix != ".wal"
    ]
    assert left == (sums + more).calls or [copying.check(path).calls for path in kept_aside] == [
        (sums + more).calls
    ]
    assert person.run("restore", str(file), "--yes").status == 0
    assert agree(person.totals(), sums)


@pytest.mark.parametrize("seed", range(KILLS))
def test_restore_of_what_was_forgotten_is_killed(
    seed: int, kept: tuple[Command, bulk.Sums], tmp_path: Path
) -> None:
    """Whichever store is left, it has forgotten, and the next command says nothing of what happened."""
    person, sums = kept
    file = tmp_path / "mine.duckdb"
    assert person.run("backup", str(file)).status == 0
    assert person.run("forget", "--project", f"project-{FILES - 1:03}", "--yes").status == 0
    print("killed", _killed(person, "restore", str(file), "--yes", seed=seed))
    done = person.run("daily", "--json")
    assert (done.status, done.stderr) == (0, "")
    assert agree(done.document["totals"], _first(sums, FILES - 1))
    assert person.run("restore", str(file), "--yes").status == 0
    assert agree(person.totals(), _first(sums, FILES - 1))


@pytest.mark.parametrize("seed", range(KILLS))
def test_vacuum_is_killed(seed: int, kept: tuple[Command, bulk.Sums]) -> None:
    """The store holds what it held."""
    person, sums = kept
    before = stores.everything(person.store)
    print("killed", _killed(person, "vacuum", seed=seed))
    assert stores.everything(person.store) == before
    assert person.run("vacuum").status == 0
    assert stores.everything(person.store) == before
    assert agree(person.totals(), sums)


@pytest.mark.parametrize("seed", range(KILLS))
def test_import_is_killed(seed: int, kept: tuple[Command, bulk.Sums], tmp_path: Path) -> None:
    """What was there stays, nothing is counted twice, and the next import completes it."""
    person, _ = kept
    wanted = bulk.write(tmp_path / "other", files=2 * FILES, calls=CALLS)
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(tmp_path / "other", ".claude")
    path = tmp_path / ("other" if seed % 2 else "other.tar")
    print("killed", _killed(person, "import", str(path), seed=seed))
    assert FILES * CALLS <= _left(person) <= wanted.calls
    assert person.run("import", str(path)).status == 0
    assert agree(person.totals(), wanted)
    assert len(stores.calls_from_scratch(person.store)) == wanted.calls


@pytest.mark.parametrize("seed", range(KILLS))
def test_forget_is_killed(seed: int, kept: tuple[Command, bulk.Sums]) -> None:
    """All of it is forgotten or nothing; asked again, the daily backups have forgotten it too."""
    person, sums = kept
    bulk.write(person.claude, files=FILES, calls=CALLS)
    arguments = ("forget", "--project", f"project-{FILES - 1:03}", "--yes")
    print("killed", _killed(person, *arguments, seed=seed))
    assert _left(person) in {sums.calls, sums.calls - CALLS}
    assert person.run(*arguments).status == 0
    assert agree(person.totals(), _first(sums, FILES - 1))
    (daily,) = backups.dailies(person.store)
    assert copying.check(daily).calls == sums.calls - CALLS


@pytest.mark.parametrize("seed", range(KILLS))
def test_rebuild_is_killed(seed: int, kept: tuple[Command, bulk.Sums]) -> None:
    """The damaged store stays until the new one is whole."""
    person, sums = kept
    damaged = person.store.read_bytes()[:10_000]
    person.store.write_bytes(damaged)
    print("killed", _killed(person, "restore", "--rebuild", "--yes", seed=seed))
    if person.store.read_bytes() == damaged:
        assert person.run("restore", "--rebuild", "--yes").status == 0
    assert agree(person.totals(), sums)


def test_backup_while_others_work(kept: tuple[Command, bulk.Sums], tmp_path: Path) -> None:
    """Backups, vacuums, reports and reading side by side: every backup is whole, and nothing is lost."""
    person, sums = kept
    total = sums
    for round_number in range(3):
        file = FILES + round_number
        text, more = bulk.content(file, 0, CALLS)
        bulk.place(person.claude, file).write_text(text, "utf-8")
        total += more
        target = tmp_path / f"{round_number}.duckdb"
        at_once = [
            person.start("ingest"),
            person.start("backup", str(target)),
            person.start("vacuum"),
            person.start("daily", "--json"),
            person.start("ingest"),
        ]
        for process in at_once:
            done = finished(process)
            assert done.status == 0, done.stderr
        assert copying.check(target).calls == total.calls
        assert agree(person.totals(), total)
    assert stores.duplicate_lines(person.store) == []


def test_restore_while_others_read(kept: tuple[Command, bulk.Sums], tmp_path: Path) -> None:
    """Whoever asks while a backup is put in place gets an answer from the one store or the other."""
    person, sums = kept
    file = tmp_path / "mine.duckdb"
    assert person.run("backup", str(file)).status == 0
    at_once = [person.start("daily", "--json", "--no-ingest") for _ in range(3)]
    at_once += [person.start("restore", str(file), "--yes"), person.start("restore", str(file), "--yes")]
    at_once += [person.start("daily", "--json", "--no-ingest") for _ in range(3)]
    for process in at_once:
        done = finished(process)
        assert done.status == 0, done.stderr
        if done.stdout.startswith("{"):
            assert agree(done.document["totals"], sums)
    assert agree(person.totals(), sums)


def test_two_processes_make_one_daily_backup(person: Command) -> None:
    """However many read at once, there is one backup of the day, and it is whole."""
    sums = bulk.write(person.claude, files=FILES, calls=CALLS)
    assert person.run("ingest").status == 0
    shutil.rmtree(person.data / "backups")
    for process in [person.start("daily") for _ in range(6)]:
        done = finished(process)
        assert (done.status, done.stderr) == (0, "")
    (made,) = backups.dailies(person.store)
    assert copying.check(made).calls == sums.calls
    assert sorted(path.name for path in made.parent.iterdir()) == [".done", made.name]


@pytest.mark.parametrize("kind", ["truncated", "flipped", "zeroed"])
def test_damaged_store_is_restored(kind: str, kept: tuple[Command, bulk.Sums]) -> None:
    """A damaged store is said so with the way out, and the way leads out."""
    person, sums = kept
    content = bytearray(person.store.read_bytes())
    if kind == "truncated":
        content = content[:6_000]
    elif kind == "flipped":
        for at in range(4_096, len(content), 1_000):
            content[at] ^= 0xFF
    else:
        content = bytearray(len(content))
    person.store.write_bytes(content)
    done = person.run("daily")
    assert (done.status, "`ccmeter restore --latest`" in done.stderr) == (1, True)
    for way in ("--latest", "--rebuild"):
        person.store.write_bytes(content)
        done = person.run("restore", way, "--yes")
        assert done.status == 0, done.stderr
        assert agree(person.totals(), sums)
