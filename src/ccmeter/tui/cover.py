"""The cover: what hides the screen until it has something to show, so that nothing empty is drawn, and nothing twice.

While it lies the afterimage stays on the terminal, or nothing at all; widgets are laid out but not drawn. The first answer
lifts it, or, where that takes long, its patience ends. What the screen shows afterwards is left as the next afterimage.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Final

from ccmeter.tui import afterimage
from ccmeter.tui.widgets.header import TopLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccmeter.tui.app import Monitor
    from ccmeter.tui.moment import Moment

PATIENCE_S: Final = 0.4
"""How long a terminal may stay empty for the first answer,"""
LONGER_S: Final = 3.0
"""and how long with an afterimage on it."""
KEEP_AFTER_S: Final = 3.0
"""How long after an answer it is left for the next time: answers that come in a row are one."""


class Cover:
    """The cover of one run of the monitor."""

    def __init__(self, app: Monitor) -> None:
        self._app = app
        self._image = app.setup.afterimage
        self._drawn = ""
        self._moment: Moment | None = None
        self.lies = False

    def take(self) -> None:
        """Take the terminal over, with what stands there."""
        if self._image is not None:
            self._drawn = self._image.take_over()

    def lay(self) -> None:
        """Lay it. What stands there is drawn again, because some terminals clear the screen that Textual asks for."""
        self.lies = True
        self._app.write(self._drawn)
        self._app.set_timer(LONGER_S if self._drawn else PATIENCE_S, self.lift)

    def lift(self, *, before: Callable[[], object] | None = None) -> None:
        """Draw from now on, and do the rest when that is done: beside reading logs it would take twice as long."""
        if self.lies:
            self.lies = False
            self._app.screen.refresh()
        if before is not None:
            self._app.screen.call_after_refresh(before)

    def keep_soon(self, moment: Moment) -> None:
        """Leave what is shown as of a moment for the next time, once it is drawn."""
        if self._image is None:
            return
        if self._moment is None:
            self._app.set_timer(KEEP_AFTER_S, self._keep)
        self._moment = moment

    def _keep(self) -> None:
        """Leave what is shown, if the next start would show the same; where that cannot be written nothing is left."""
        app, image, page = self._app, self._image, self._app.page
        moment, self._moment = self._moment, None
        if image is None or moment is None or page is None or not app.is_as_begun or app.size != image.size:
            return
        colours = app.console._color_system  # noqa: SLF001 - what it draws with; told in words only
        strips = page._compositor.render_strips()  # noqa: SLF001 - Textual gives whole screens as SVG only
        tomorrow_on = moment.now.date() + dt.timedelta(days=1)
        midnight = dt.datetime.combine(tomorrow_on, dt.time(), moment.now.tzinfo)
        with contextlib.suppress(OSError):
            image.keep(
                {
                    "as_of_us": moment.now_us,
                    "day_ends_us": round(midnight.timestamp() * 1_000_000),
                    "at": f"{moment.now:%H:%M}",
                    "title": page.TITLE_TEXT,
                    "head": page.query_one(TopLine).rich_style.render(afterimage.TEXT, color_system=colours),
                    "lines": [strip.render(app.console) for strip in strips],
                }
            )
