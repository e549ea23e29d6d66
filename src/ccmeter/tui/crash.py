"""What a crash of the screen prints: where the program went wrong and where to say so, and nothing that was read from logs.

Textual would print the local variables of every frame, which hold answers, and those hold names and titles of a person's own.
"""

from __future__ import annotations

from typing import Final

from rich.segment import Segments
from rich.text import Text
from textual.app import App

REPORT: Final = (
    "ccmeter monitor stopped because of a mistake of its own; what is stored is safe. Please report it to whoever gave you "
    "ccmeter, with the lines above and what `ccmeter doctor` prints. Look them over first: the last line may quote a value."
)


class Discreet(App[str]):
    """A program on the screen whose crash keeps local variables to itself."""

    def _fatal_error(self) -> None:
        """Print the frames and the error, without variables, in place of what Textual prints."""
        import rich
        import textual
        from rich.traceback import Traceback

        self.bell()
        trace = Traceback(show_locals=False, width=None, suppress=[rich, textual])
        said = [*self.console.render(trace), *self.console.render(Text(REPORT))]
        self._exit_renderables.append(Segments(said))
        self._close_messages_no_wait()
