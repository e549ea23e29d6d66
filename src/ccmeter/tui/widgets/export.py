"""The dialog that asks where to write a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.domain.errors import OutputError
from ccmeter.tui import exporting
from ccmeter.tui.widgets.dialog import Dialog, Field

if TYPE_CHECKING:
    from ccmeter.reports.table import Report


class ExportDialog(Dialog[str]):
    """Asks for a name, writes, and gives the name. A file that is there is replaced only if its name is given twice."""

    def __init__(self, report: Report, name: str) -> None:
        self._report = report
        self._refused = ""
        super().__init__(
            "Write this report",
            (Field(key="file", label="File", value=name, hint="usage.csv"),),
            advice="Its ending says what it becomes: .csv .json .md .html .svg. Filters of the screen count, `/` does not.",
        )

    def wrong(self, values: dict[str, str]) -> str:
        """Write it, or say why not."""
        named = values["file"]
        if not named:
            return "It needs a name."
        file = Path(named).expanduser()
        try:
            text = exporting.rendered(self._report, exporting.format_of(file))
            exporting.write(file, text, replaces=named == self._refused)
        except OutputError as error:
            self._refused = named if file.exists() else ""
            return f"{error} {error.hint}"
        return ""

    def made(self, values: dict[str, str]) -> str:
        """Give the name."""
        return values["file"]
