"""The dialog that asks which days, project and model all screens are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccmeter.domain.errors import UsageError
from ccmeter.tui.setup import Asked
from ccmeter.tui.widgets.dialog import Dialog, Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccmeter.domain.filters import Filters


class RangeDialog(Dialog[Asked]):
    """Asks for days, project and model. Gives what was typed once it means something."""

    def __init__(self, asked: Asked, parse: Callable[[Asked], Filters]) -> None:
        self._parse = parse
        super().__init__(
            "Which usage",
            (
                Field(key="since", label="Since", value=asked.since, hint="2026-11-20, 2026-11, monday, 7d"),
                Field(key="until", label="Until", value=asked.until, hint="the last day, included"),
                Field(key="last", label="Last days", value=asked.last, hint="30"),
                Field(
                    key="project",
                    label="Project",
                    value=asked.project,
                    hint="the end of its path, an alias or a group",
                ),
                Field(key="model", label="Model", value=asked.model, hint="a part of its name: opus"),
            ),
            advice="Empty fields leave nothing out.",
        )

    def wrong(self, values: dict[str, str]) -> str:
        """Say what cannot be meant."""
        try:
            self._parse(Asked(**values))
        except UsageError as error:
            return f"{error} {error.hint}"
        return ""

    def made(self, values: dict[str, str]) -> Asked:
        """Give what was typed."""
        return Asked(**values)
