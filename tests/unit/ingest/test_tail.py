"""Reading files on from their cursors: whatever a file does meanwhile, every line is read, and only new bytes are."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.ingest.discover import find
from ccmeter.ingest.tail import Read, Reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.ingest.discover import Source
    from ccmeter.store.cursors import Cursor

MEGABYTE = 1 << 20
NOBODY = 65534


def line(key: str, *, filler: int = 0, **more: object) -> bytes:
    """Write a usage line, with so many bytes of answer."""
    usage = {"input_tokens": 3, "output_tokens": 7}
    content = [{"type": "text", "text": "x" * filler}]
    document = {
        "sessionId": "s",
        "message": {"id": key, "model": "m", "content": content, "usage": usage},
        "type": "assistant",
        "timestamp": "2026-06-01T10:00:00.000Z",
        **more,
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


class File:
    """A transcript, read on by one reader after another."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.cursor: Cursor | None = None
        self.bytes_read = 0

    @property
    def source(self) -> Source:
        """Find it, as it is now."""
        return find((self.path.parents[1],)).sources[0]

    def append(self, content: bytes) -> None:
        """Let it grow."""
        with self.path.open("ab") as file:
            file.write(content)

    def read(self, source: Source | None = None) -> Read:
        """Read on, and remember how far."""
        self.bytes_read = 0
        found = Reader(self._progress).read(source or self.source, self.cursor)
        self.cursor = found.file.after
        return found

    def _progress(self, count: int) -> None:
        self.bytes_read += count


@pytest.fixture
def file(tmp_path: Path) -> File:
    """Give a transcript that has yet to be written."""
    return File(tmp_path / "config" / "projects" / "s.jsonl")


def keys(found: Read) -> list[str]:
    """Give the calls that were read."""
    return [line.call_key for line in found.findings.lines]


def offsets(found: Read) -> list[int]:
    """Give where lines were found."""
    return [line.offset for line in found.findings.lines]


def test_a_new_file_is_read_from_its_start(file: File) -> None:
    """The cursor says how far it was read, and how to know it again."""
    file.append(line("a") + line("b"))
    found = file.read()
    assert keys(found) == ["a", "b"]
    assert offsets(found) == [0, len(line("a"))]
    assert found.file.before is None
    assert (found.file.start_bytes, found.file.is_again) == (0, False)
    status = file.path.stat()
    after = found.file.after
    assert after[:6] == (
        str(file.path),
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_size,
    )
    assert file.source.is_as_read(after)
    assert file.source.new_bytes(after) == 0
    assert file.source.new_bytes(None) == status.st_size
    assert found.file.tally.kinds == {"assistant": 2}
    assert found.file.rest.kinds == {}


def test_only_new_bytes_are_read(file: File) -> None:
    """A file that grew is read on from where it was left, and offsets are those of the file."""
    first = line("a", filler=5000) * 20
    file.append(first)
    before = file.read().file.after
    file.append(line("b") + line("c"))
    assert not file.source.is_as_read(before)
    assert file.source.new_bytes(before) == len(line("b") + line("c"))
    found = file.read()
    assert keys(found) == ["b", "c"]
    assert offsets(found) == [len(first), len(first) + len(line("b"))]
    assert file.bytes_read == len(line("b") + line("c"))
    assert (found.file.start_bytes, found.file.is_again) == (len(first), False)
    assert found.file.before == before


def test_nothing_new_is_nothing_read(file: File) -> None:
    """A file that was only touched gives nothing, and its cursor learns the new time."""
    file.append(line("a"))
    file.read()
    os.utime(file.path, ns=(1, 1))
    found = file.read()
    assert (keys(found), file.bytes_read) == ([], 0)
    assert found.file.after.mtime_ns == 1


def test_an_empty_file_is_fine(file: File) -> None:
    """There is nothing to read in it, now; later there is."""
    file.append(b"")
    assert keys(file.read()) == []
    file.append(line("a"))
    found = file.read()
    assert keys(found) == ["a"]
    assert not found.file.is_again


def test_a_cut_last_line_is_left_for_the_next_time(file: File) -> None:
    """The cursor stays before a line that is still being written, and nothing is called malformed."""
    whole = line("a")
    file.append(whole + line("b")[:-20])
    found = file.read()
    assert keys(found) == ["a"]
    assert found.file.after.offset_bytes == len(whole)
    assert found.file.after.size_bytes == file.path.stat().st_size
    assert not found.findings.rejected
    file.append(line("b")[-20:])
    found = file.read()
    assert keys(found) == ["b"]
    assert offsets(found) == [len(whole)]


@pytest.mark.parametrize(
    "ending", [b"", b"\r", b"  ", b'{"type":"mode"}', b"\n\n"], ids=["bare", "cr", "blanks", "second", "more"]
)
def test_a_complete_last_line_is_read_now_and_once_more(file: File, ending: bytes) -> None:
    """A last line without its newline counts, and is read again when the file goes on."""
    whole = line("a")
    last = line("b").rstrip(b"\n")
    file.append(whole + last + ending.rstrip(b"\n"))
    found = file.read()
    assert keys(found) == ["a", "b"]
    assert found.file.after.offset_bytes == len(whole)
    assert dict(found.file.tally.kinds) == {"assistant": 1}
    assert found.file.rest.kinds["assistant"] == 1
    file.append(b"\n" + line("c"))
    found = file.read()
    assert keys(found) == ["b", "c"]
    assert found.file.start_bytes == len(whole)
    assert not found.file.is_again


@pytest.mark.parametrize(
    "last",
    [b"{", b'{"a":1}{', b'{"a":"}', b"1", b"[1]", b"null", b"   ", b"\0\0\0", b"}", b'{"a":' * 5000 + b"}"],
)
def test_what_is_no_complete_object_waits(file: File, last: bytes) -> None:
    """No beginning of a record is taken for one."""
    file.append(line("a") + last)
    found = file.read()
    assert keys(found) == ["a"]
    assert found.file.rest == ({}, {})
    assert not found.findings.rejected


def test_a_deep_last_line_is_complete_too(file: File) -> None:
    """Nesting beyond what decoders take does not hold a line back."""
    deep = line("b").replace(b'"content":[', b'"content":[' + b"[" * 5000 + b"]" * 5000 + b",")
    file.append(line("a") + deep.rstrip(b"\n"))
    assert keys(file.read()) == ["a", "b"]


def test_tallies_tell_the_last_line_apart(file: File) -> None:
    """What a last line without its newline gave stands apart, since it will be given again."""
    broken = b"no JSON\n"
    undated = line("b", timestamp=None).rstrip(b"\n")
    file.append(broken + line("a") + undated)
    found = file.read()
    assert found.file.tally == ({"assistant": 1}, {"malformed line": 1})
    assert found.file.rest == ({"assistant": 1}, {"no timestamp": 1})


def replaced(path: Path) -> None:
    """Put another file into a file's place."""
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes() + line("z"))
    other.replace(path)


def shrunk(path: Path) -> None:
    """Cut a file short."""
    os.truncate(path, len(line("a")))


def rewritten_at_its_head(path: Path) -> None:
    """Change a file's first line, keeping its length."""
    path.write_bytes(line("A") + path.read_bytes()[len(line("a")) :] + line("z"))


def rewritten_at_its_tail(path: Path) -> None:
    """Change a file's last line, keeping its length."""
    path.write_bytes(path.read_bytes()[: -len(line("b"))] + line("B") + line("z"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (replaced, ["a", *["m"] * 9, "b", "z"]),
        (shrunk, ["a"]),
        (rewritten_at_its_head, ["A", *["m"] * 9, "b", "z"]),
        (rewritten_at_its_tail, ["a", *["m"] * 9, "B", "z"]),
    ],
)
def test_a_file_that_did_not_just_grow_is_read_from_its_start(
    file: File, change: Callable[[Path], None], expected: list[str]
) -> None:
    """Another inode, fewer bytes, another beginning or other bytes before the cursor: all of it is read again."""
    file.append(line("a") + line("m", filler=500) * 9 + line("b"))
    file.read()
    change(file.path)
    found = file.read()
    assert keys(found) == expected
    assert (found.file.start_bytes, found.file.is_again) == (0, True)
    again = file.read()
    assert (keys(again), again.file.is_again) == ([], False)


@pytest.mark.parametrize("place", ["head", "tail"])
def test_digests_tell_files_apart_by_their_edges(file: File, place: str) -> None:
    """Head and tail are digests of the first and the last kilobyte before the cursor, and of nothing behind it."""
    content = line("a", filler=3000) + line("b", filler=3000)
    file.append(content)
    first = file.read().file.after
    file.append(line("c")[:-5])
    assert file.read().file.after[5:] == first[5:]
    at = 100 if place == "head" else len(content) - 1000
    with file.path.open("r+b") as changed:
        changed.seek(at)
        changed.write(b"y")
    found = file.read()
    assert found.file.is_again
    assert (found.file.after.head == first.head) == (place == "tail")
    assert (found.file.after.tail == first.tail) == (place == "head")


def test_a_small_file_is_digested_whole(file: File) -> None:
    """A file shorter than an edge has equal digests of head and tail, and an empty one has too."""
    file.append(b"")
    empty = file.read().file.after
    assert empty.head == empty.tail
    file.append(line("a"))
    small = file.read().file.after
    assert small.head == small.tail != empty.head


def test_a_file_that_grows_between_looking_and_reading_is_read_to_its_end(file: File) -> None:
    """What the walk saw may be old when the file is read; the cursor says what was read."""
    file.append(line("a"))
    seen = file.source
    file.append(line("b"))
    found = file.read(seen)
    assert keys(found) == ["a", "b"]
    assert found.file.after.size_bytes == file.path.stat().st_size
    assert keys(file.read()) == []


def test_a_file_that_grows_while_it_is_read_loses_nothing(file: File) -> None:
    """Lines that another thread appends are all read once, now or the next time."""
    count = 400
    file.append(line("0"))
    started = threading.Event()

    def write() -> None:
        started.wait()
        for number in range(1, count):
            whole = line(str(number), filler=2000)
            file.append(whole[:1000])
            file.append(whole[1000:])

    writer = threading.Thread(target=write)
    writer.start()
    found: list[str] = []
    started.set()
    while writer.is_alive():
        found += keys(file.read())
    writer.join()
    found += keys(file.read())
    assert found == [str(number) for number in range(count)]


def test_a_file_that_vanished_is_said_to_be_missing(file: File) -> None:
    """Whoever reads tells a vanished file from an unreadable one."""
    file.append(line("a"))
    seen = file.source
    file.path.unlink()
    with pytest.raises(FileNotFoundError):
        file.read(seen)


def test_a_folder_in_a_files_place_cannot_be_read(file: File) -> None:
    """A transcript that became a folder is an error like any other."""
    file.append(line("a"))
    seen = file.source
    file.path.unlink()
    file.path.mkdir()
    with pytest.raises(OSError, match="directory"):
        file.read(seen)


@pytest.mark.skipif(
    not hasattr(os, "seteuid") or os.geteuid() != 0, reason="needs to be root to become nobody"
)
def test_a_file_that_may_not_be_read_is_an_error(file: File) -> None:
    """The system's own words tell why."""
    file.append(line("a"))
    file.path.chmod(0o000)
    script = (
        "import os, pathlib\n"
        "from ccmeter.ingest.discover import find\n"
        "from ccmeter.ingest.tail import Reader\n"
        f"os.seteuid({NOBODY})\n"
        "[source] = find((pathlib.Path(),)).sources\n"
        "try:\n"
        "    Reader().read(source, None)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    done = subprocess.run(  # from within, because the folders above are root's alone
        [sys.executable, "-c", script], cwd=file.path.parents[1], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "Permission denied"


@pytest.mark.parametrize("filler", [MEGABYTE - 400, MEGABYTE, 3 * MEGABYTE, 60 * MEGABYTE])
def test_a_long_line_is_read_like_any_other(file: File, filler: int) -> None:
    """A line longer than the buffer makes it grow; the lines around it are read, and the next file too."""
    file.append(line("a") + line("long", filler=filler) + line("b"))
    reader = Reader()
    found = reader.read(file.source, None)
    assert keys(found) == ["a", "long", "b"]
    assert offsets(found)[2] == file.path.stat().st_size - len(line("b"))
    assert len(reader._buffer) == MEGABYTE
    assert keys(reader.read(file.source, None)) == ["a", "long", "b"]


def test_a_long_line_without_usage_or_end_is_fine(file: File) -> None:
    """Megabytes of prompt, and megabytes of a line that is still being written, hold nothing and break nothing."""
    prompt = b'{"type":"user","message":"' + b"x" * 3 * MEGABYTE + b'"}\n'
    file.append(prompt + line("a") + line("b", filler=2 * MEGABYTE)[:-10])
    found = file.read()
    assert keys(found) == ["a"]
    assert dict(found.findings.kinds) == {"user": 1, "assistant": 1}
    assert found.file.after.offset_bytes == len(prompt + line("a"))


def test_where_blocks_end_does_not_matter(file: File) -> None:
    """Lines of every length around the size of a block are found where they stand."""
    chance = random.Random(7)
    lines = [line(f"k{number}", filler=chance.randrange(300_000)) for number in range(30)]
    file.append(b"".join(lines))
    found = file.read()
    assert keys(found) == [f"k{number}" for number in range(30)]
    assert offsets(found) == [sum(map(len, lines[:number])) for number in range(30)]
    assert file.bytes_read == sum(map(len, lines))


def test_one_reader_reads_many_files(tmp_path: Path) -> None:
    """Nothing of one file shows in the next."""
    reader = Reader()
    for name, content in (("a", line("a") + b"{"), ("b", line("b")), ("c", b"")):
        other = File(tmp_path / name / "projects" / "s.jsonl")
        other.append(content)
        found = reader.read(other.source, None)
        assert keys(found) == ([name] if name != "c" else [])
        assert not found.findings.rejected


def idless(number: int) -> bytes:
    """Write a usage line without any id; those of one number are equal."""
    document: dict[str, Any] = json.loads(line("x", number=number))
    del document["message"]["id"]
    return json.dumps(document).encode() + b"\n"


def test_calls_without_any_id_are_named_alike_however_they_are_read(file: File) -> None:
    """Equal lines without ids are told apart by their number, counted from the start of the file."""
    lines = [
        idless(1),
        line("a"),
        idless(1),
        idless(2),
        b"\r\n",
        idless(1),
        line("b", filler=2 * MEGABYTE),
        idless(2),
    ]
    file.append(b"".join(lines))
    whole = keys(file.read())
    assert len(set(whole)) == len(whole) == 7
    assert [key.rpartition(":")[2] for key in whole if key.startswith("line:")] == ["0", "1", "0", "2", "1"]
    for cut in range(1, len(lines)):
        content = b"".join(lines[:cut])
        file.path.write_bytes(content)
        file.cursor = None
        first = keys(file.read())
        file.append(b"".join(lines[cut:]))
        assert first + keys(file.read()) == whole
    file.path.write_bytes(b"".join(lines)[:-1])
    file.cursor = None
    assert keys(file.read()) == whole
    file.append(b"\n")
    assert keys(file.read()) == whole[-1:]


def test_calls_without_any_id_are_others_in_another_file(tmp_path: Path) -> None:
    """The same line in two files is two calls; in a copy of the configuration folder it is the same call."""
    for name in ("one/projects/a", "one/projects/b", "two/projects/a"):
        path = tmp_path / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(idless(1))
    found = find((tmp_path / "one", tmp_path / "two"))
    first, second, copy = (keys(Reader().read(source, None)) for source in found.sources)
    assert first != second
    assert first == copy
