"""Shows how reading goes on standard error: a bar for a person who has waited half a second, nothing for a script."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Final, TypeVar

from ccmeter.cli.output import say
from ccmeter.ingest.update import Narration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.progress import Progress, TaskID

_PATIENCE_S: Final = 0.5
_EACH: Final = 1_000
"""Rows between two looks at the clock."""
_Row = TypeVar("_Row")


class _Bar:
    """Counts what is read, and draws it once that has taken long enough."""

    def __init__(self, *, at_once: bool) -> None:
        self._draw_from_s = time.monotonic() + (0 if at_once else _PATIENCE_S)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._total_bytes = self._total_files = 0
        self.bytes = self.files = 0

    def planned(self, more_bytes: int, more_files: int) -> None:
        self._total_bytes += more_bytes
        self._total_files += more_files

    def advance(self, more_bytes: int, more_files: int) -> None:
        self.bytes += more_bytes
        self.files += more_files
        if self._progress is None and sys.stderr.isatty() and time.monotonic() >= self._draw_from_s:
            self._start()
        if self._progress is not None and self._task is not None:
            files = f"{self.files:,}/{self._total_files:,} files"
            self._progress.update(self._task, completed=self.bytes, total=self._total_bytes, files=files)

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        self._progress = Progress(
            TextColumn("Reading logs"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TextColumn("{task.fields[files]}"),
            TransferSpeedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=self._total_bytes, files="")
        self._progress.start()


@contextlib.contextmanager
def shown(*, at_once: bool = False) -> Iterator[tuple[Narration, _Bar]]:
    """Lend a narration that draws a bar, and the bar, which keeps the counts."""
    bar = _Bar(at_once=at_once)
    try:
        yield Narration(planned=bar.planned, progress=bar.advance, waiting=say), bar
    finally:
        bar.stop()


@contextlib.contextmanager
def waiting(words: str) -> Iterator[None]:
    """Show that something goes on whose end cannot be told, once it has taken long enough."""
    if not sys.stderr.isatty():
        yield
        return
    import threading

    bar: list[Progress] = []
    timer = threading.Timer(_PATIENCE_S, lambda: bar.append(_started(words, None)))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for each in bar:
            each.stop()


def counted(rows: Iterable[_Row], total: int, *, thing: str) -> Iterator[_Row]:
    """Give rows on, and draw how many of them are through once that has taken long enough."""
    if not sys.stderr.isatty():
        yield from rows
        return
    draw_from_s = time.monotonic() + _PATIENCE_S
    progress: Progress | None = None
    try:
        for number, row in enumerate(rows):
            if not number % _EACH and time.monotonic() >= draw_from_s:
                progress = progress or _started(f"Writing {thing}", total)
                progress.update(progress.task_ids[0], completed=number)
            yield row
    finally:
        if progress is not None:
            progress.stop()


def _started(words: str, total: int | None) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    progress = Progress(
        TextColumn(words),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    progress.add_task("", total=total)
    progress.start()
    return progress
