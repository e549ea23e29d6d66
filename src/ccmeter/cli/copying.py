"""Shows how a copy goes on standard error: a bar for a person who has waited half a second, nothing for a script."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

_PATIENCE_S: Final = 0.5


@contextlib.contextmanager
def shown(title: str) -> Iterator[Callable[[int, int], None]]:
    """Lend what is told of steps done and of all steps."""
    draw_from_s = time.monotonic() + _PATIENCE_S
    drawn: list[Progress] = []

    def advance(done: int, total: int) -> None:
        if not drawn and sys.stderr.isatty() and time.monotonic() >= draw_from_s:
            drawn.append(_started(title))
        if drawn:
            drawn[0].update(drawn[0].task_ids[0], completed=done, total=total)

    try:
        yield advance
    finally:
        if drawn:
            drawn[0].stop()


def _started(title: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    progress = Progress(
        TextColumn(title),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    progress.add_task("", total=None)
    progress.start()
    return progress
