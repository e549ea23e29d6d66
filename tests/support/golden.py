"""Holds what a report looks like in every format against files that people read the difference of.

`CCMETER_UPDATE_GOLDEN=1` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ccmeter.reports.formats import RenderOptions, render

if TYPE_CHECKING:
    from ccmeter.reports.table import Report

FOLDER = Path(__file__).parents[1] / "golden"
LOOKS = {
    **{f"table-{width}.txt": ("table", RenderOptions(width=width)) for width in (60, 80, 120, 200)},
    "table-colour-80.txt": ("table", RenderOptions(width=80, colour=True)),
    "table-ascii-80.txt": ("table", RenderOptions(width=80, unicode=False)),
    "csv.csv": ("csv", RenderOptions()),
    "json.json": ("json", RenderOptions()),
    "markdown.md": ("markdown", RenderOptions()),
}


def shown(look: str, report: Report) -> str:
    """Give a report as text, in one of the looks."""
    name, options = LOOKS[look]
    text = render(name, report, options)
    assert isinstance(text, str)
    return text


def agrees(name: str, look: str, report: Report) -> bool:
    """Tell whether a report in one of the looks is the golden one of its name."""
    content = shown(look, report).encode()
    file = FOLDER / name / look
    if os.environ.get("CCMETER_UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    return file.read_bytes() == content
