"""Prints a screen once, as text, and is done: for a pipe, a log, a look at the shell."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.segment import Segment

from ccmeter.tui.app import Monitor

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ccmeter.domain.errors import CcmeterError
    from ccmeter.tui.setup import Setup

PATIENCE_S: Final = 180.0
"""A first read of many gigabytes takes less."""
_STEP_S: Final = 0.02


def printed(setup: Setup, size: tuple[int, int], *, colour: bool) -> tuple[str, CcmeterError | None]:
    """Give the first screen with all that it has to say, `size` cells wide and high, ending with a newline.

    With it comes what kept it from being whole, which it says as well.
    """

    async def look(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, Monitor)
        waited_s = 0.0
        while not app.is_settled and waited_s < PATIENCE_S:
            await pilot.pause(_STEP_S)
            waited_s += _STEP_S
        await pilot.pause()
        app.exit(_text(app, colour=colour))

    app = Monitor(setup)
    app.animation_level = "none"
    text = app.run(headless=True, size=size, auto_pilot=look) or ""
    return text, app.error


def _text(app: Monitor, *, colour: bool) -> str:
    width, height = app.size
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - what a screenshot is made of; it is nowhere else
    lines = []
    for strip in strips[:height]:
        if not colour:
            lines.append(strip.text.rstrip())
            continue
        console = Console(
            file=io.StringIO(),
            width=width,
            color_system="truecolor",
            force_terminal=True,
            legacy_windows=False,
        )
        segments = [Segment(segment.text, segment.style) for segment in strip]
        lines.append(console._render_buffer(segments))  # noqa: SLF001
    return "\n".join(lines).rstrip("\n") + "\n"
