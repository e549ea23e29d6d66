"""The watch: told by the system or by a look of its own, with folders that come and go."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.tui import watch as watching
from ccmeter.tui.watch import Watch, remote, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/me/local\\040disk ext4 rw 0 0
broken
"""


class Ear:
    def __init__(self) -> None:
        self.changes = 0
        self.missing: list[tuple[Path, ...]] = []
        self._heard = threading.Condition()

    def changed(self) -> None:
        with self._heard:
            self.changes += 1
            self._heard.notify_all()

    def miss(self, folders: tuple[Path, ...]) -> None:
        with self._heard:
            self.missing.append(folders)
            self._heard.notify_all()

    def wait(self, holds: Callable[[], bool]) -> None:
        with self._heard:
            assert self._heard.wait_for(holds, 20)

    def hears(self, holds: Callable[[], bool]) -> bool:
        with self._heard:
            return self._heard.wait_for(holds, 0.5)


class Awake(Watch):
    """A watch that says when it notices what happens from now on."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._is_awake = threading.Event()

    def wait(self) -> None:
        assert self._is_awake.wait(20)

    def doze(self) -> None:
        self._is_awake.clear()

    def _changes(self, there: tuple[Path, ...]) -> Iterator[bool]:
        for has_changed in super()._changes(there):
            self._is_awake.set()
            yield has_changed

    def _look(self, there: tuple[Path, ...]) -> float:
        took_s = super()._look(there)
        self._is_awake.set()
        return took_s


@pytest.fixture(params=[False, True], ids=["told", "looks"])
def must_look(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(watching, "REMOTE_LOOK_S", 0.05)
    monkeypatch.setattr(watching, "FOLDERS_S", 0.2)
    monkeypatch.setattr(watching, "_REST", 1)
    return bool(request.param)


@pytest.fixture
def watched(tmp_path: Path, must_look: bool) -> Iterator[tuple[Path, Ear, Awake]]:  # noqa: FBT001
    folder, ear = tmp_path / "projects", Ear()
    folder.mkdir()
    watch = Awake([folder], ear.changed, missing=ear.miss, must_look=must_look)
    watch.start()
    watch.wait()
    yield folder, ear, watch
    watch.stop()


def test_a_new_line_in_a_new_folder_is_noticed(watched: tuple[Path, Ear, Awake]) -> None:
    folder, ear, _ = watched
    (folder / "shop").mkdir()
    file = folder / "shop" / "1.jsonl"
    file.write_text("{}\n", "utf-8")
    ear.wait(lambda: ear.changes >= 1)
    before = ear.changes
    for _ in range(40):  # the system begins to watch a new folder a moment after it has told of it
        with file.open("a", encoding="utf-8") as more:
            more.write("{}\n")
        if ear.hears(lambda: ear.changes > before):
            return
    raise AssertionError("nothing was told")


def test_other_files_are_nothing(watched: tuple[Path, Ear, Awake]) -> None:
    folder, ear, _ = watched
    (folder / "note.txt").write_text("x", "utf-8")
    time.sleep(0.6)
    assert ear.changes == 0


def test_a_folder_that_goes_and_comes_back_is_told(watched: tuple[Path, Ear, Awake]) -> None:
    folder, ear, watch = watched
    assert ear.missing == [()]
    folder.rmdir()
    ear.wait(lambda: ear.missing[-1] == (folder,))
    watch.doze()
    folder.mkdir()
    ear.wait(lambda: ear.missing[-1] == ())
    watch.wait()
    before = ear.changes
    (folder / "1.jsonl").write_text("{}\n", "utf-8")
    ear.wait(lambda: ear.changes > before)


def test_a_look_of_our_own_finds_what_the_system_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_S", 0.0)

    class Silent(Awake):
        def _changes(self, there: tuple[Path, ...]) -> Iterator[bool]:  # noqa: ARG002
            while not self._is_over.wait(0.05):
                yield False

    ear = Ear()
    watch = Silent([tmp_path], ear.changed, missing=ear.miss, must_look=False)
    watch.start()
    watch.wait()
    (tmp_path / "1.jsonl").write_text("{}\n", "utf-8")
    ear.wait(lambda: ear.changes >= 1)
    watch.stop()


def test_it_goes_on_when_the_system_has_no_more_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "FOLDERS_S", 0.02)
    tries = []

    class Refused(Watch):
        def _changes(self, there: tuple[Path, ...]) -> Iterator[bool]:
            tries.append(there)
            raise OSError(28, "no more watches")

    ear = Ear()
    watch = Refused([tmp_path], ear.changed, missing=ear.miss, must_look=False)
    watch.start()
    while len(tries) < 2:
        time.sleep(0.01)
    (tmp_path / "1.jsonl").write_text("{}\n", "utf-8")
    ear.wait(lambda: ear.changes >= 1)
    watch.stop()


def test_it_can_be_stopped_before_it_began(tmp_path: Path) -> None:
    ear = Ear()
    Watch([tmp_path], ear.changed, missing=ear.miss).stop()
    assert ear.missing == []


def test_looking_is_chosen_by_variable_or_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ear = Ear()
    watch = Watch([tmp_path], ear.changed, missing=ear.miss)
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    assert watch._is_looked_at((tmp_path,))
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "false")
    monkeypatch.setattr(watching, "remote", lambda *_: True)
    assert watch._is_looked_at((tmp_path,))
    monkeypatch.setattr(watching, "remote", lambda *_: False)
    assert not watch._is_looked_at((tmp_path,))


@pytest.mark.parametrize(
    ("folder", "is_remote"),
    [
        ("/srv/me/.claude", False),
        ("/home/me/.claude", True),
        ("/home/me/local disk/.claude", False),
        ("//server/share/.claude", True),
    ],
)
def test_which_drives_do_not_tell(folder: str, is_remote: bool) -> None:  # noqa: FBT001
    assert remote(Path(folder), MOUNTS) == is_remote
    assert not remote(Path("/home/me"), "")


def test_what_is_seen_changes_with_every_transcript(tmp_path: Path) -> None:
    nothing = seen([tmp_path, tmp_path / "gone"])
    (tmp_path / "a").mkdir()
    assert seen([tmp_path]) == nothing, "an empty folder is nothing"
    file = tmp_path / "a" / "1.jsonl"
    file.write_text("1", "utf-8")
    one = seen([tmp_path])
    file.write_text("12", "utf-8")
    two = seen([tmp_path])
    file.rename(tmp_path / "2.jsonl")
    assert len({nothing, one, two, seen([tmp_path])}) == 4
