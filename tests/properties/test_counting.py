"""Each call is counted once, by its earliest line, however its lines are spread, ordered, cut and rewritten."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support import oracle, stores
from support.scale import scaled
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from ccmeter.domain.tokens import TokenCounts

NOON_US = 1_767_960_000_000_000
COUNTS = st.sampled_from([0, 1, 2, 500])


@dataclass(frozen=True, slots=True)
class Written:
    """A line, and whether it stands inside a progress record."""

    line: Line
    is_nested: bool

    @property
    def content(self) -> bytes:
        return self.line.nested() if self.is_nested else self.line.assistant()


@st.composite
def written(draw: st.DrawFn) -> Written:
    """Draw from so few values that ties are the rule."""
    line = Line(
        message_id=draw(st.sampled_from(["msg_a", "msg_b", "msg_c"])),
        session=draw(st.sampled_from(["s1", "s2", "s10", "é", ""])),
        agent=draw(st.sampled_from([None, "a1"])),
        cwd=draw(st.sampled_from(["/x", "/y", "/ä"])),
        branch=draw(st.sampled_from(["main", "HEAD"])),
        version=draw(st.sampled_from(["2.1.9", "2.1.10"])),
        is_sidechain=draw(st.booleans()),
        forked_from=draw(st.sampled_from([None, None, "s1", "s0"])),
        model=draw(st.sampled_from(["claude-opus-4-6", "claude-haiku-4-5-20251001", "claude-opus-4-6-fast"])),
        at_us=draw(st.sampled_from([NOON_US, NOON_US, NOON_US + 1_000, NOON_US - 86_400_000_000, None])),
        input_tokens=draw(COUNTS),
        output_tokens=draw(COUNTS),
        cache_creation_tokens=draw(COUNTS),
        split=draw(st.sampled_from([None, (1, 1), (0, 500), (500, 0)])),
        cache_read_tokens=draw(COUNTS),
        speed=draw(st.sampled_from([None, "fast", "standard"])),
        service_tier=draw(st.sampled_from([None, "batch", "standard"])),
        inference_geo=draw(st.sampled_from([None, "us"])),
        server_tools=draw(st.sampled_from([None, None, (0, 0), (2, 1)])),
        stop_reason=draw(st.sampled_from([None, None, "end_turn", "refusal", "tool_use"])),
    )
    return Written(line, draw(st.integers(0, 3)) == 0)


def _counted(calls: Sequence[tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Give what the table `call` says of each call, without the number of its lines."""
    found = {}
    for key, at_us, _, *rest in calls:
        *counts, _, searches, _, stop, is_final, _ = rest[:11]
        found[key] = (at_us, *counts, searches, stop, is_final, *rest[11:])
    return found


def _right(contents: Sequence[bytes]) -> dict[str, tuple[Any, ...]]:
    """Give the same as the oracle sees it."""
    right = {}
    for key, call in oracle.count(contents).items():
        first = call.first
        right[key] = (
            None if first.at_us == oracle.FAR_US else first.at_us,
            *_in_order(call.counts),
            call.web_searches,
            call.stop_reason,
            call.is_final,
            first.session,
            first.agent,
            first.cwd,
            first.branch,
            first.version,
            first.is_sidechain,
            first.is_nested,
            first.is_forked,
            first.model,
            first.speed,
            first.service_tier,
            first.inference_geo,
        )
    return right


def _in_order(counts: TokenCounts) -> tuple[int, ...]:
    return tuple(counts)


@settings(max_examples=scaled(20))
@given(lines=st.lists(written(), min_size=1, max_size=14), seed=st.integers(0, 2**32))
def test_attribution_does_not_depend_on_reading(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Written], seed: int
) -> None:
    """The same lines in any files, in any order, in any number of reads, make the same calls: those of the oracle."""
    rng = random.Random(seed)
    folder = tmp_path_factory.mktemp("ties")
    right = _right([line.content + b"\n" for line in lines])
    made = []
    for way in range(3):
        logs, store = Folder(folder / f"logs-{way}"), folder / f"store-{way}"
        rng.shuffle(lines)
        for line in lines:
            logs.append(f"p/{rng.randrange(1 + 2 * way)}.jsonl", line.content + b"\n")
            if way and rng.random() < 0.3:
                stores.ingest(store, logs.path, shuffle=rng)
        stores.ingest(store, logs.path, shuffle=rng)
        calls = stores.calls(store)
        assert _counted(calls) == right
        made.append(calls)
    assert made[0] == made[1] == made[2]
    shutil.rmtree(folder)


class Sessions:
    """Logs that are written to, rewritten, cut and deleted, and everything that was ever read of them."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.logs = Folder(folder / "logs")
        self.store = folder / "store"
        self.rng = rng
        self.seen: list[bytes] = []
        self.most: Counter[tuple[str, bytes]] = Counter()
        self._times = 0

    def act(self, name: str, lines: list[bytes]) -> None:
        """Do something to a transcript."""
        content = self.logs.wrote.get(name, b"")
        old = content.split(b"\n")
        act = self.rng.choice(["append", "append", "part", "in place", "swap", "shrink", "delete", "back"])
        if act == "append":
            gap = b"" if content.endswith(b"\n") or not content else b"\n"
            self.logs.append(name, gap + joined(lines))
        elif act == "part":
            gap = b"" if content.endswith(b"\n") or not content else b"\n"
            whole = gap + joined(lines)
            self.logs.append(name, whole[: self.rng.randint(0, len(whole))])
        elif act == "in place":
            self.logs.write(name, joined([self._fresh(), *self._some(old), *lines]))
        elif act == "swap" and content:
            self.logs.swap(name, joined([*self._some(old), *lines]))
        elif act == "shrink" and content:
            self.logs.write(name, content[: self.rng.randint(0, len(content) - 1)])
        elif act == "delete" and content:
            self.logs.file(name).unlink()
            del self.logs.wrote[name]
        elif act == "back" and self.seen:
            self.logs.write(name, self._fresh() + b"\n")
            self.logs.swap(name, self.rng.choice(self.seen))
        self._touch(name)

    def read(self) -> None:
        """Ingest, and note what there was to see."""
        stores.ingest(self.store, self.logs.path, shuffle=self.rng)
        for name, content in self.logs.wrote.items():
            self.seen.append(content)
            for line, times in Counter(content.split(b"\n")).items():
                self.most[name, line] = max(self.most[name, line], times)

    def _some(self, lines: list[bytes]) -> list[bytes]:
        kept = [line for line in lines if line and self.rng.random() < 0.7]
        self.rng.shuffle(kept)
        return kept

    def _fresh(self) -> bytes:
        """Give a line that was never written before, so that a rewrite shows at the head of the file."""
        self._times += 1
        return Line(message_id=f"msg_fresh{self._times}", at_us=NOON_US + self._times * 1_000).assistant()

    def _touch(self, name: str) -> None:
        """Let time pass between two writes, as it does."""
        self._times += 1
        if name in self.logs.wrote:
            os.utime(self.logs.file(name), ns=(0, (1_700_000_000 + self._times) * 10**9))


@settings(max_examples=scaled(20))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["p/1.jsonl", "p/2.jsonl"]), st.lists(written(), max_size=4)),
        min_size=1,
        max_size=8,
    ),
    seed=st.integers(0, 2**32),
)
def test_rewritten_logs_lose_and_double_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[Written]]], seed: int
) -> None:
    """Whatever is done to logs between reads, each call that was ever seen is counted once, by all lines ever seen."""
    folder = tmp_path_factory.mktemp("rewritten")
    sessions = Sessions(folder, random.Random(seed))
    for name, lines in steps:
        sessions.act(name, [line.content for line in lines])
        if sessions.rng.random() < 0.7:
            sessions.read()
    sessions.read()
    sessions.read()
    assert _counted(stores.calls(sessions.store)) == _right(sessions.seen)
    assert _counted(stores.calls_from_scratch(sessions.store)) == _right(sessions.seen)
    assert stores.duplicate_lines(sessions.store) == []
    kept = sum(map(len, [stores.lines(sessions.store)["line"]]))
    assert kept <= sum(_rows(line) * times for (_, line), times in sessions.most.items())
    shutil.rmtree(folder)


def test_versions_that_alternate_do_not_pile_up(tmp_path: Path) -> None:
    """A transcript that goes back and forth between two versions keeps the lines of both, each once."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    first, second, third = (Line(message_id=f"msg_{number}").assistant() for number in range(3))
    for number in range(6):
        logs.write("p/1.jsonl", b"")
        logs.swap("p/1.jsonl", joined([first, second] if number % 2 else [second, third]))
        stores.ingest(store, logs.path)
    assert len(stores.lines(store)["line"]) == 3
    assert len(stores.calls(store)) == 3


def test_lines_that_come_back_are_stored_once(tmp_path: Path) -> None:
    """A transcript that is cut short, read, and restored later, in place or not, holds each line once."""
    logs, store = Folder(tmp_path / "logs"), tmp_path / "store"
    whole = [Line(message_id=f"msg_{number}", uuid=None).assistant() for number in range(6)]
    for kept in (6, 3, 6, 0, 2, 6, 5, 6):
        logs.write("p/1.jsonl", joined(whole[:kept]))
        stores.ingest(store, logs.path)
        stores.ingest(store, logs.path)
    assert len(stores.lines(store)["line"]) == 6
    assert stores.duplicate_lines(store) == []


def _rows(line: bytes) -> int:
    """Tell how many rows a line makes: a nested one stands twice in its record."""
    return sum(call.lines for call in oracle.count([line]).values())
