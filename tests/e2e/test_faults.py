"""What can be wrong with the place where the store is kept: always a clear error with what to do, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import _duckdb
import pytest

from ccmeter.store import schema
from support import bulk, stores
from support.command import TIMEOUT_S, Command, Done, agree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX rights and limits")
_LIMITED = """
import resource, runpy, sys
most = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
sys.argv[1:2] = []
runpy.run_module("ccmeter", run_name="__main__")
"""


@pytest.fixture
def kept(person: Command) -> tuple[Command, bulk.Sums]:
    """Give somebody whose logs are stored."""
    sums = bulk.write(person.claude, files=4, calls=200)
    assert agree(person.totals(), sums)
    return person, sums


def _fails(done: Done, what: str, hint: str) -> None:
    assert done.status == 1, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert done.stderr.startswith("ccmeter: ")
    assert what in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def _limited(person: Command, most_bytes: int, *arguments: str) -> Done:
    ended = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(most_bytes), *arguments],
        env=person.env(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    return Done(status=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)


@posix_only
@pytest.mark.parametrize("most_bytes", [0, 100, 4_096, 12_288, 100_000, 600_000, 1_500_000])
def test_no_room_for_a_first_read(most_bytes: int, person: Command) -> None:
    """A store that cannot grow is said so, whenever that happens; with room, the next run does it all."""
    sums = bulk.write(person.claude, files=20, calls=400)
    _fails(_limited(person, most_bytes, "ingest"), "There is no room left to write", "Free some space")
    assert agree(person.totals(), sums)
    assert stores.duplicate_lines(person.store) == []


@posix_only
def test_no_room_for_an_update(kept: tuple[Command, bulk.Sums]) -> None:
    """When there is no room for what is new, what was stored stays as it was, and can be asked for."""
    person, sums = kept
    more = bulk.NOTHING
    for file in range(4, 30):
        text, added = bulk.content(file, 0, 400)
        bulk.place(person.claude, file).write_text(text, "utf-8")
        more += added
    size = person.store.stat().st_size
    _fails(
        _limited(person, size, "daily"),
        "There is no room left to write",
        "what was stored before is untouched",
    )
    assert agree(person.totals("--no-ingest"), sums)
    assert agree(person.totals(), sums + more)


@contextlib.contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(not shutil.which("mount") or sys.platform != "linux", reason="needs tmpfs")
@pytest.mark.parametrize("size", ["4k", "300k", "1m", "3m"])
def test_disk_is_full(size: str, person: Command) -> None:
    """A full disk is said so; once there is room, the next run does it all."""
    sums = bulk.write(person.claude, files=20, calls=400)
    with _small_disk(person.data, size):
        _fails(person.run("ingest"), "There is no room left to write", "Free some space")
        subprocess.run(["mount", "-o", "remount,size=64m", person.data], check=True)
        assert agree(person.totals(), sums)
        assert stores.duplicate_lines(person.store) == []


def _damage(content: bytes, kind: str) -> bytes:
    if kind.startswith("cut at"):
        return content[: int(kind.rsplit(maxsplit=1)[-1])]
    return {
        "cut in the middle": content[: len(content) // 2],
        "zeros": bytes(len(content)),
        "text": b"this is no database\n" * 1_000,
        "SQLite": b"SQLite format 3\0" + bytes(8_000),
        "all blocks": content[:8_192] + random.Random(kind).randbytes(len(content) - 8_192),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "cut at 0",
        "cut at 1",
        "cut at 100",
        "cut at 4096",
        "cut at 12287",
        "cut at 12288",
        "cut in the middle",
        "zeros",
        "text",
        "SQLite",
        "all blocks",
    ],
)
def test_store_is_damaged(kind: str, kept: tuple[Command, bulk.Sums]) -> None:
    """A damaged store is refused with what to do, and is not touched; moved aside, a new one is built."""
    person, sums = kept
    damaged = _damage(person.store.read_bytes(), kind)
    person.store.write_bytes(damaged)
    for command in (["daily"], ["daily", "--no-ingest"], ["ingest"], ["doctor", "--json"]):
        _fails(person.run(*command), "is damaged", "ccmeter restore --latest")
        assert person.store.read_bytes() == damaged
    person.store.rename(person.store.with_suffix(".damaged"))
    assert agree(person.totals(), sums)


def test_store_is_one_byte_short(kept: tuple[Command, bulk.Sums]) -> None:
    """The last byte of a store belongs to a block in use, and then it is refused, or to a free one that nobody reads."""
    person, sums = kept
    person.store.write_bytes(person.store.read_bytes()[:-1])
    done = person.run("daily", "--json", "--no-ingest")
    if done.status == 0:
        assert agree(done.document["totals"], sums)
    else:
        _fails(done, "is damaged", "ccmeter restore --latest")


def test_store_has_random_bytes_somewhere(kept: tuple[Command, bulk.Sums]) -> None:
    """Random bytes anywhere in a store are either never met, or refused: a wrong figure is never shown."""
    person, sums = kept
    whole = person.store.read_bytes()
    rng = random.Random(7)
    for _ in range(12):
        at = rng.randrange(len(whole))
        length = rng.choice([1, 16, 400, 20_000])
        damaged = (whole[:at] + rng.randbytes(length) + whole[at + length :])[: len(whole)]
        person.store.write_bytes(damaged)
        done = person.run("daily", "--json", "--no-ingest")
        if done.status == 0:
            assert agree(done.document["totals"], sums)
        else:
            _fails(done, "is damaged", "ccmeter restore --latest")
        assert person.store.read_bytes() == damaged


def test_store_is_newer(kept: tuple[Command, bulk.Sums]) -> None:
    """A store that a newer ccmeter wrote is refused, with both numbers, and is not touched."""
    person, _ = kept
    with contextlib.closing(_duckdb.connect(str(person.store))) as connection:
        connection.execute(
            "insert into schema_version (version, name) values (?, 'later')", [schema.LATEST + 1]
        )
    before = person.store.read_bytes()
    for command in (["daily"], ["daily", "--no-ingest"], ["ingest"], ["doctor"]):
        _fails(person.run(*command), f"schema {schema.LATEST + 1}", "Update ccmeter")
    assert person.store.read_bytes() == before


def test_store_is_a_folder(person: Command) -> None:
    """A folder in the place of the store is an error, not a crash."""
    bulk.write(person.claude, files=1, calls=1)
    person.store.mkdir(parents=True)
    _fails(person.run("daily"), "cannot be used", "")


def test_data_folder_is_a_file(person: Command) -> None:
    """A file in the place of the data folder is an error, not a crash."""
    person.data.write_text("mine", "utf-8")
    _fails(person.run("daily"), f"{person.data} cannot be made", "")
    assert person.data.read_text("utf-8") == "mine"


@posix_only
def test_store_is_private(kept: tuple[Command, bulk.Sums]) -> None:
    """The data folder is its owner's alone (0700), and so is everything in it (0600), whatever the umask."""
    person, _ = kept
    shutil.rmtree(person.data)
    before = os.umask(0)
    try:
        assert person.run("daily").status == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(person.data.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in person.data.iterdir()} == {
        "ccmeter.duckdb": 0o600,
        "backups": 0o700,
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in (person.data / "backups").iterdir()} == {0o600}


def _bound(*arguments: str) -> list[str]:
    """Give a command that is bound by rights even where these tests run as root."""
    if os.geteuid() != 0:
        return list(arguments)
    if not shutil.which("setpriv"):
        pytest.skip("rights do not bind root, and setpriv is not there")
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search", *arguments]


def _bound_run(person: Command, *arguments: str) -> Done:
    ended = subprocess.run(
        _bound(sys.executable, "-m", "ccmeter", *arguments),
        env=person.env(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    return Done(status=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)


@posix_only
def test_data_folder_is_read_only(kept: tuple[Command, bulk.Sums]) -> None:
    """What is stored can be asked for without the right to write; what is new cannot be stored, and that is said."""
    person, sums = kept
    person.data.chmod(0o500)
    try:
        assert agree(_bound_run(person, "daily", "--json").document["totals"], sums)
        text, _ = bulk.content(9, 0, 10)
        bulk.place(person.claude, 9).write_text(text, "utf-8")
        _fails(_bound_run(person, "daily"), "Permission denied", "--data-dir")
        assert agree(_bound_run(person, "daily", "--json", "--no-ingest").document["totals"], sums)
    finally:
        person.data.chmod(0o700)


@posix_only
def test_data_folder_is_closed(kept: tuple[Command, bulk.Sums]) -> None:
    """A data folder, or a store, that may not be read is said so, with what to do."""
    person, _ = kept
    for place, mode in ((person.data, 0o700), (person.store, 0o600)):
        place.chmod(0)
        try:
            for command in (["daily"], ["daily", "--no-ingest"], ["ingest"]):
                _fails(_bound_run(person, *command), "Permission denied", "--data-dir")
        finally:
            place.chmod(mode)


@posix_only
def test_new_store_in_a_closed_folder(person: Command) -> None:
    """A store that may not be made is said so, with what to do."""
    bulk.write(person.claude, files=1, calls=1)
    person.data.mkdir()
    person.data.chmod(0o500)
    try:
        _fails(_bound_run(person, "daily"), "Permission denied", "--data-dir")
    finally:
        person.data.chmod(0o700)
    assert list(person.data.iterdir()) == []


@posix_only
def test_logs_that_may_not_be_read(person: Command) -> None:
    """A log or folder that may not be read stops nothing; it is counted, and read once it may be."""
    sums = bulk.write(person.claude, files=4, calls=50)
    file, folder = bulk.place(person.claude, 1), bulk.place(person.claude, 2).parent
    file.chmod(0)
    folder.chmod(0)
    try:
        for _ in range(2):
            done = _bound_run(person, "ingest")
            assert done.status == 0
            assert "Not read: unreadable file: Permission denied (1)" in done.stderr
            assert "Not read: unreadable folder: Permission denied (1)" in done.stderr
            assert "100 messages" in done.stdout
    finally:
        folder.chmod(0o700)
        file.chmod(0o600)
    assert agree(person.totals(), sums)
