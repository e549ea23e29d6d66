"""Processes that use one store at the same time: nobody sees a lock error, and everybody gets the right answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from support import bulk, stores
from support.command import TIMEOUT_S, Command, Done, agree, finished

MEETINGS = int(os.environ.get("CCMETER_TEST_MEETINGS", "20"))
linux_only = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bulk.Sums]:
    folder = tmp_path_factory.mktemp("few")
    return folder, bulk.write(folder, files=12, calls=120)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bulk.Sums]:
    folder = tmp_path_factory.mktemp("many")
    return folder, bulk.write(folder, files=60, calls=1_000)


def _is_calm(done: Done) -> bool:
    """Tell whether nothing was said but, on a busy machine, whom a process waits for."""
    return all(line.startswith("waiting for the store: process ") for line in done.stderr.splitlines())


@pytest.mark.parametrize("number", range(MEETINGS))
def test_two_first_reads_at_once(number: int, tmp_path: Path, few: tuple[Path, bulk.Sums]) -> None:
    """Two first reads that start together both end well, with the same right answer, and store each line once."""
    folder, sums = few
    person = Command(tmp_path, {"CLAUDE_CONFIG_DIR": str(folder)})
    commands = [("daily", "--json"), ("ingest",) if number % 2 else ("daily", "--json")]
    done = [finished(process) for process in [person.start(*command) for command in commands]]
    assert [each.status for each in done] == [0, 0], [each.stderr for each in done]
    assert all(map(_is_calm, done))
    assert agree(done[0].document["totals"], sums)
    assert number % 2 or done[0].stdout == done[1].stdout
    assert agree(person.totals("--no-ingest"), sums)
    assert stores.duplicate_lines(person.store) == []
    left = {path.name for path in person.data.iterdir()} - ({"snapshot.json"} if number % 2 else set())
    assert left == {"backups", "ccmeter.duckdb"}


def test_two_large_first_reads_at_once(tmp_path: Path, many: tuple[Path, bulk.Sums]) -> None:
    """Two first reads that share the work out among processes end well, and store each line once."""
    folder, sums = many
    person = Command(tmp_path, {"CLAUDE_CONFIG_DIR": str(folder)})
    done = [finished(process) for process in [person.start("ingest"), person.start("daily", "--json")]]
    assert [each.status for each in done] == [0, 0], [each.stderr for each in done]
    assert agree(done[1].document["totals"], sums)
    with stores.asking(person.store) as connection:
        assert connection.execute("select count(*) from line").fetchall() == [(sums.lines,)]


def test_reports_while_logs_grow(person: Command) -> None:
    """Reports that are asked for over and over while two processes ingest and logs grow never fail or go back."""
    files, rounds = 8, 12
    sums = bulk.write(person.claude, files=files, calls=50)
    assert agree(person.totals(), sums)
    stop = threading.Event()
    failures: list[str] = []
    seen: list[list[int]] = [[], []]

    def ask(number: int) -> None:
        while not stop.is_set():
            done = person.run("daily", "--json", *(["--no-ingest"] if number else []))
            if done.status or not _is_calm(done):
                failures.append(f"{done.status} {done.stderr}")
                return
            totals = done.document["totals"]
            seen[number].append(totals["messages"] + totals["outputTokens"])

    readers = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(rounds):
        for file in range(files):
            text, more = bulk.content(file, 50 + turn * 20, 20)
            with bulk.place(person.claude, file).open("a", encoding="utf-8") as log:
                log.write(text)
            sums += more
        done = person.run("ingest")
        assert done.status == 0, done.stderr
        assert _is_calm(done)
    stop.set()
    for reader in readers:
        reader.join(TIMEOUT_S)
    assert failures == []
    assert all(seen)
    assert all(figures == sorted(figures) for figures in seen)
    assert agree(person.totals(), sums)
    assert stores.duplicate_lines(person.store) == []
    stores.calls_from_scratch(person.store)


def test_reports_while_a_large_first_read_runs(tmp_path: Path, many: tuple[Path, bulk.Sums]) -> None:
    """While a first read of many logs is stored in several shifts, reports wait their turn and never go back."""
    folder, sums = many
    person = Command(tmp_path, {"CLAUDE_CONFIG_DIR": str(folder)})
    reading = person.start("ingest")
    seen = []
    while reading.poll() is None:
        if person.store.exists():
            done = person.run("daily", "--json", "--no-ingest")
            assert done.status == 0, done.stderr
            assert _is_calm(done)
            seen.append(done.document["totals"]["messages"])
    assert finished(reading).status == 0
    assert seen == sorted(seen)
    assert agree(person.totals(), sums)


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()]


def _wait_for_children(parent: int) -> list[int]:
    give_up_s = time.monotonic() + TIMEOUT_S
    while len(found := _children(parent)) < 2:
        assert time.monotonic() < give_up_s
        time.sleep(0.002)
    return found


def _wait_until_asleep(pid: int) -> None:
    """Wait until a process has been asleep for a while: it waits for somebody to hear what it says."""
    give_up_s = time.monotonic() + TIMEOUT_S
    calm = 0
    while calm < 20:
        assert time.monotonic() < give_up_s
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0]
        calm = calm + 1 if state == "S" else 0
        time.sleep(0.02)


@linux_only
@pytest.mark.parametrize("moment", ["at once", "in the middle of a word"])
def test_worker_dies(moment: str, tmp_path: Path, many: tuple[Path, bulk.Sums]) -> None:
    """When a reading process is killed, the command says so and ends with 1; the next run completes the store."""
    folder, sums = many
    person = Command(tmp_path, {"CLAUDE_CONFIG_DIR": str(folder)})
    process = person.start("ingest")
    victim = _wait_for_children(process.pid)[0]
    if moment != "at once":
        process.send_signal(signal.SIGSTOP)
        _wait_until_asleep(victim)
    os.kill(victim, signal.SIGKILL)
    if moment != "at once":
        process.send_signal(signal.SIGCONT)
    done = finished(process)
    assert done.status == 1
    assert done.stdout == ""
    assert done.stderr.startswith("ccmeter: A reading process ended with status -9")
    assert "Run the command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert agree(person.totals(), sums)
    assert stores.duplicate_lines(person.store) == []


@linux_only
def test_workers_end_with_their_parent(tmp_path: Path, many: tuple[Path, bulk.Sums]) -> None:
    """When the command is killed, the processes that read for it end too, and say nothing."""
    person = Command(tmp_path, {"CLAUDE_CONFIG_DIR": str(many[0])})
    process = person.start("ingest")
    children = _wait_for_children(process.pid)
    process.kill()
    # they hold the same standard output and error, which end only once everybody has gone
    assert finished(process).stderr == ""
    _wait_until_gone(children)


def _wait_until_gone(pids: list[int]) -> None:
    give_up_s = time.monotonic() + TIMEOUT_S
    while any(map(_is_running, pids)):
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def _is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii")
    except OSError:
        return False
    return "python" in stat and stat.rpartition(") ")[2][0] not in "ZX"


@linux_only
def test_interrupt_while_workers_read(tmp_path: Path, many: tuple[Path, bulk.Sums]) -> None:
    """Ctrl-C, which reaches all processes of a terminal, ends a large first read with 130 and without a word."""
    folder, sums = many
    person = Command(tmp_path, {"CLAUDE_CONFIG_DIR": str(folder)})
    process = person.start("ingest", new_group=True)
    children = _wait_for_children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    done = finished(process)
    assert done.status == 130
    assert done.stdout == done.stderr == ""
    _wait_until_gone(children)
    assert agree(person.totals(), sums)
