"""Bringing a store up to date: what is new is stored, what cannot be read is counted, what is unchanged is left alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.errors import StoreError
from ccmeter.ingest import update
from ccmeter.ingest.discover import Found, find
from ccmeter.ingest.update import Narration, Updater
from ccmeter.store import lease
from ccmeter.store.cursors import cursors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def line(key: str, output_tokens: int = 7, *, filler: int = 0) -> str:
    """Write a usage line, with so many letters of answer."""
    usage = {"input_tokens": 3, "output_tokens": output_tokens}
    content = [{"type": "text", "text": "x" * filler}]
    message = {"id": key, "model": "m", "content": content, "usage": usage}
    stamp = "2026-06-01T10:00:00.000Z"
    return json.dumps({"type": "assistant", "sessionId": "s", "message": message, "timestamp": stamp}) + "\n"


class Teller:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.plans: list[tuple[int, int]] = []
        self.bytes = self.files = 0

    def planned(self, size: int, files: int) -> None:
        """Take note of a plan."""
        self.plans.append((size, files))

    def progress(self, size: int, files: int) -> None:
        """Take note of work done."""
        self.bytes += size
        self.files += files


class House:
    """A configuration folder and a store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.projects = folder / "config" / "projects"
        self.projects.mkdir(parents=True)
        self.store = folder / "data" / "store"

    def write(self, name: str, content: str) -> Path:
        """Write a transcript anew."""
        path = self.projects / name
        path.write_text(content)
        return path

    def found(self) -> Found:
        """Walk the folder."""
        return find((self.projects.parent,))

    def updater(self, found: Found | None = None, teller: Teller | None = None) -> Updater:
        """Give an updater for what stands there now."""
        narration = Narration(planned=teller.planned, progress=teller.progress) if teller else Narration()
        return Updater(path=self.store, walk=lambda: found or self.found(), narration=narration)

    def update(self, found: Found | None = None) -> dict[str, int]:
        """Bring the store up to date; give the calls and their output tokens."""
        with self.updater(found).up_to_date() as connection:
            return calls(connection)

    def stored_problems(self) -> dict[str, int]:
        """Give the problems that the store remembers."""
        with lease.reading(self.store) as connection:
            [(problems,)] = connection.execute("select problems from ingest").fetchall()
        return dict(json.loads(problems))

    def let_time_pass(self) -> None:
        """Make the store younger than every transcript."""
        later = time.time_ns() + 10**9
        os.utime(self.store, ns=(later, later))


def calls(connection: lease.Connection) -> dict[str, int]:
    """Give the calls and their output tokens."""
    return dict(connection.execute("select call_key, output_tokens from call order by all").fetchall())


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty store once: making one takes longer than filling it."""
    store = tmp_path_factory.mktemp("empty") / "store"
    with lease.writing(store):
        pass
    return store


@pytest.fixture
def house(tmp_path: Path, empty_store: Path) -> Iterator[House]:
    """Give a folder of logs, and a store that nothing has been read into."""
    made = House(tmp_path)
    made.store.parent.mkdir()
    shutil.copyfile(empty_store, made.store)
    os.utime(made.store, (0, 0))
    yield made
    for path in tmp_path.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IRWXU)


def test_a_store_is_made_where_there_is_none(house: House) -> None:
    """The first run makes the store, and its folder, for the owner alone."""
    house.store.unlink()
    house.store.parent.rmdir()
    house.write("a.jsonl", line("a"))
    assert house.update() == {"a": 7}
    assert stat.S_IMODE(house.store.stat().st_mode) == 0o600


def test_a_store_that_cannot_even_be_looked_for_is_said_to_be_out_of_reach(house: House) -> None:
    """A place that no system allows is an error of our own, with the place in it."""
    house.write("a.jsonl", line("a"))
    house.store = house.folder / ("x" * 5000) / "store"
    with pytest.raises(StoreError, match="x" * 300), house.updater().up_to_date():
        pass


def test_without_logs_the_store_is_empty(house: House) -> None:
    """Nothing to read is nothing to say, and no reason to write."""
    assert house.update() == {}
    with lease.reading(house.store) as connection:
        assert connection.execute("select count(*) from ingest").fetchall() == [(0,)]


def test_what_is_new_is_added(house: House) -> None:
    """Files that grew and files that are new are read on; what was stored stays."""
    path = house.write("a.jsonl", line("a", 1))
    assert house.update() == {"a": 1}
    with path.open("a") as file:
        file.write(line("a", 5) + line("b"))
    house.write("c.jsonl", line("c"))
    assert house.update() == {"a": 5, "b": 7, "c": 7}


def test_what_was_read_stays_when_the_logs_go(house: House) -> None:
    """The agent deletes its logs after a month; the store keeps what was in them."""
    path = house.write("a.jsonl", line("a"))
    house.update()
    path.unlink()
    house.write("b.jsonl", line("b"))
    assert house.update() == {"a": 7, "b": 7}


def test_a_rewritten_file_keeps_what_it_had(house: House) -> None:
    """Lines that are gone from a file stay counted, lines that are still there are not counted twice."""
    path = house.write("a.jsonl", line("a") + line("b"))
    house.update()
    path.unlink()
    house.write("a.jsonl", line("b") + line("c"))
    assert house.update() == {"a": 7, "b": 7, "c": 7}
    with lease.reading(house.store) as connection:
        assert connection.execute("select call_key, lines from call order by all").fetchall() == [
            ("a", 1),
            ("b", 1),
            ("c", 1),
        ]


def test_the_last_line_is_not_counted_twice(house: House) -> None:
    """A complete last line counts before its newline is written, and once after."""
    path = house.write("a.jsonl", line("a") + line("b").rstrip())
    assert house.update() == {"a": 7, "b": 7}
    with path.open("a") as file:
        file.write("\n" + line("c"))
    assert house.update() == {"a": 7, "b": 7, "c": 7}
    with lease.reading(house.store) as connection:
        assert connection.execute("select sum(lines) from call").fetchall() == [(3,)]


def test_an_unchanged_folder_needs_no_writing(house: House) -> None:
    """With nothing new the store is only read, so that others may read it too."""
    house.write("a.jsonl", line("a"))
    house.update()
    house.let_time_pass()
    before = house.store.stat().st_mtime_ns
    teller = Teller()
    with house.updater(teller=teller).up_to_date() as first, lease.reading(house.store) as second:
        assert calls(first) == calls(second) == {"a": 7}
    assert house.store.stat().st_mtime_ns == before
    assert not teller.plans


def test_a_store_younger_than_the_logs_is_brought_up_to_date_too(house: House) -> None:
    """Times only guess at what there is to do: a file with an old time is read if it is new to the store."""
    house.write("a.jsonl", line("a"))
    house.update()
    house.write("b.jsonl", line("b"))
    house.let_time_pass()
    assert house.update() == {"a": 7, "b": 7}


def test_work_is_told(house: House) -> None:
    """The plan names bytes and files still to read; progress adds up to it."""
    path = house.write("a.jsonl", line("a"))
    house.update()
    with path.open("a") as file:
        file.write(line("b"))
    house.write("b.jsonl", line("c"))
    teller = Teller()
    with house.updater(teller=teller).up_to_date():
        pass
    assert teller.plans == [(len(line("b")) + len(line("c")), 2)]
    assert (teller.bytes, teller.files) == teller.plans[0]


def spoiled(house: House) -> Found:
    """Find a transcript, and put a folder in its place before it is read."""
    path = house.write("bad.jsonl", line("z"))
    found = house.found()
    path.unlink()
    path.mkdir()
    return found


@pytest.mark.parametrize("is_old", [True, False], ids=["store older", "store younger"])
def test_an_unreadable_file_is_counted_and_harms_nothing_else(house: House, *, is_old: bool) -> None:
    """The others are read; the reason stands with the updater, and in the store if something was stored."""
    house.write("good.jsonl", line("a"))
    found = spoiled(house)
    if not is_old:
        house.let_time_pass()
    updater = house.updater(found)
    with updater.up_to_date() as connection:
        assert calls(connection) == {"a": 7}
    assert updater.problems == {"unreadable file: Is a directory": 1}
    assert house.stored_problems() == {"unreadable file: Is a directory": 1}


def test_an_unreadable_file_alone_does_not_need_writing(house: House) -> None:
    """A file that can never be read is tried and counted each time, but does not keep others from the store."""
    found = spoiled(house)
    house.let_time_pass()
    before = house.store.stat().st_mtime_ns
    updater = house.updater(found)
    with updater.up_to_date() as connection, lease.reading(house.store):
        assert calls(connection) == {}
    assert updater.problems == {"unreadable file: Is a directory": 1}
    assert house.store.stat().st_mtime_ns == before


@pytest.mark.parametrize("is_old", [True, False], ids=["store older", "store younger"])
def test_a_file_that_vanished_is_no_problem(house: House, *, is_old: bool) -> None:
    """Between the walk and the reading a file may go."""
    house.write("good.jsonl", line("a"))
    path = house.write("gone.jsonl", line("b"))
    found = house.found()
    path.unlink()
    if not is_old:
        house.let_time_pass()
    updater = house.updater(found)
    with updater.up_to_date() as connection:
        assert calls(connection) == {"a": 7}
    assert not updater.problems


def test_what_the_walk_could_not_read_is_told_and_kept(house: House) -> None:
    """Problems of the walk and of the reading stand side by side."""
    house.write("a.jsonl", line("a"))
    (house.projects / "x.jsonl").mkdir()
    os.mkfifo(house.projects / "pipe.jsonl")
    updater = house.updater()
    with updater.up_to_date():
        pass
    expected = {"folder named .jsonl": 1, "not a regular file": 1}
    assert updater.problems == expected
    assert house.stored_problems() == expected


def test_bad_lines_are_counted_by_reason(house: House) -> None:
    """What could not be used stands with the file it was found in."""
    house.write(
        "a.jsonl", "no JSON\n" + line("a") + line("b").replace('"output_tokens": 7', '"output_tokens": -7')
    )
    assert house.update() == {"a": 7, "b": 0}
    with lease.reading(house.store) as connection:
        tallies: Counter[str] = Counter()
        for (tally,) in connection.execute("select tally from file").fetchall():
            tallies.update(json.loads(tally)["rejected"])
    assert tallies == {"malformed line": 1, "impossible output_tokens": 1}


def test_another_process_may_come_first(house: House) -> None:
    """Files that somebody else has read on since the walk are looked at again, and nothing is counted twice."""
    path = house.write("a.jsonl", line("a"))
    old = house.found()
    house.update()
    with path.open("a") as file:
        file.write(line("b"))
    house.update()
    assert house.update(old) == {"a": 7, "b": 7}
    with lease.reading(house.store) as connection:
        assert connection.execute("select count(*) from line").fetchall() == [(2,)]


class Rival(Teller):
    """Somebody who reads the same logs, just after we have planned to."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def planned(self, size: int, files: int) -> None:
        """Come first."""
        super().planned(size, files)
        if len(self.plans) == 1:
            self._house.update()


def test_a_rival_between_plan_and_storing_changes_nothing(house: House) -> None:
    """When the files' cursors have moved on meanwhile, what was read is dropped and reading begins anew."""
    for number in range(25):  # more than is read without letting go of the store
        house.write(f"{number}.jsonl", line(str(number), filler=2 << 20))
    rival = Rival(house)
    bad = spoiled(house)
    updater = house.updater(bad, rival)
    with updater.up_to_date() as connection:
        assert calls(connection) == {str(number): 7 for number in range(25)}
        assert connection.execute("select count(*) from line").fetchall() == [(25,)]
    assert len(rival.plans) == 2
    assert updater.problems == {"unreadable file: Is a directory": 1}


def test_a_first_read_of_much_makes_the_store(house: House) -> None:
    """Where there is no store yet, reading begins before there is one."""
    house.store.unlink()
    for number in range(25):
        house.write(f"{number}.jsonl", line(str(number), filler=2 << 20))
    teller = Teller()
    with house.updater(teller=teller).up_to_date() as connection:
        assert calls(connection) == {str(number): 7 for number in range(25)}
        assert len(cursors(connection)) == 25
    assert [(teller.bytes, teller.files)] == teller.plans


class Slow(Teller):
    """Rests in the middle of the second file, for longer than a lease should be held."""

    def progress(self, size: int, files: int) -> None:
        """Take note of work done, and rest."""
        super().progress(size, files)
        if self.files == 1 and size:
            time.sleep(1.6)


def test_a_long_read_lets_others_in(house: House) -> None:
    """The store is let go of between batches when it has been held for long, and all is stored in the end."""
    house.write("a.jsonl", line("a") * 40_000)
    house.write("b.jsonl", line("b"))
    with house.updater(teller=Slow()).up_to_date() as connection:
        assert connection.execute("select call_key, lines from call order by all").fetchall() == [
            ("a", 40_000),
            ("b", 1),
        ]


def test_much_that_is_new_to_a_younger_store_is_read_too(house: House) -> None:
    """A store that seems to be up to date takes in as much as any other."""
    for number in range(25):
        house.write(f"{number}.jsonl", line(str(number), filler=2 << 20))
    house.let_time_pass()
    assert len(house.update()) == 25


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_the_thread_that_opens_the_store_keeps_nothing_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch, error: type[BaseException] | None
) -> None:
    """A connection that a thread still holds while Python ends is one that DuckDB complains of, also after Ctrl-C."""
    may_end = threading.Event()

    class Lingering(update._Ahead):
        """Gets no time to end, as may be on a busy machine."""

        def run(self) -> None:
            super().run()
            may_end.wait()

    monkeypatch.setattr(update, "_Ahead", Lingering)
    house.write("a.jsonl", line("a"))
    updater = house.updater()

    def interrupted() -> Found:
        if error is not None:
            raise error
        return house.found()

    updater.walk = interrupted
    try:
        with contextlib.suppress(KeyboardInterrupt), updater.up_to_date():
            pass
        lingering = [each for each in threading.enumerate() if isinstance(each, Lingering)]
        assert lingering
        assert [each._found for each in lingering] == [None] * len(lingering)
    finally:
        may_end.set()
