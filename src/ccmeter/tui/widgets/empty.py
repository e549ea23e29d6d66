"""What stands where there is nothing to show, and what to do next."""

from __future__ import annotations

from typing import Final

from textual.content import Content
from textual.widgets import Static

NO_LOGS: Final = "Nothing to show yet."
NO_LOGS_NEXT: Final = (
    "Use Claude Code once, and its first call appears here by itself. `ccmeter doctor` says which folders are read, "
    "`ccmeter monitor --demo` shows what this will look like."
)
NOT_READ_NEXT: Final = (
    "With --no-ingest logs are not read: start without it, and what they hold appears here. `ccmeter doctor` says which "
    "folders there are."
)
NO_USAGE: Final = "No usage is chosen here."
NO_USAGE_NEXT: Final = "g chooses other days, projects or models; { goes back a day, \\ comes back to now."
NO_LIMITS: Final = "No limits known yet."
NO_LIMITS_NEXT: Final = (
    "`ccmeter statusline install` lets Claude Code tell them after each answer; nothing is fetched."
)


class Empty(Static):
    """A sentence, and below it what a person can do."""

    def __init__(self, said: str = NO_LOGS, next_step: str = NO_LOGS_NEXT, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes="empty", markup=False)
        self.tell(said, next_step)

    def say_why(self, *, knows_usage: bool, said: str = NO_USAGE) -> None:
        """Say why nothing is shown: none of what is stored was chosen (`said`), or nothing is stored."""
        from ccmeter.tui.app import Monitor

        if knows_usage:
            self.tell(said, NO_USAGE_NEXT)
        elif isinstance(self.app, Monitor) and not self.app.setup.reads_logs:
            self.tell(NO_LOGS, NOT_READ_NEXT)
        else:
            self.tell(NO_LOGS, NO_LOGS_NEXT)

    def tell(self, said: str, next_step: str = "") -> None:
        """Say something else."""
        self.update(Content.assemble((said, "bold"), "\n" if next_step else "", (next_step, "dim")))
