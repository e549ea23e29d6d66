"""Draws the pictures of the README and of these pages: what the program prints on its sample logs, as SVG.

    python docs/pictures.py

The pictures stand in `docs/pictures/`; run it again after a change of what a report looks like.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

FOLDER = Path(__file__).with_name("pictures")
PICTURES = {
    "daily": ("daily --demo", 100),
    "trend": ("trend --demo --by day --metric cost", 80),
    "stats": ("stats --demo", 80),
    "session": ("session --demo", 120),
    "blocks": ("blocks --demo", 100),
    "monitor": ("monitor --demo --once --screen sessions", 110),
}
_FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""rich's own frame without its fonts, which would be fetched from elsewhere."""


def printed(arguments: str, width: int) -> str:
    """Give what a command prints on a colour terminal of a width."""
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            [sys.executable, "-m", "ccmeter", *arguments.split()],
            env={
                "PATH": os.environ.get("PATH", ""),
                "HOME": home,
                "COLUMNS": str(width),
                "LINES": "26",
                "FORCE_COLOR": "1",
                "LANG": "C.UTF-8",
                "TZ": "UTC",
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (arguments, width) in PICTURES.items():
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            console = Console(
                width=width, record=True, file=nowhere, force_terminal=True, color_system="truecolor"
            )
            console.print(Text.from_ansi(printed(arguments, width)), soft_wrap=True, end="")
        svg = console.export_svg(
            title=f"ccmeter {arguments}".replace(" --demo", "").replace(" --once", ""),
            theme=SVG_EXPORT_THEME,
            code_format=_FRAME,
            unique_id=name,
        )
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
        print(f"{name}.svg")


if __name__ == "__main__":
    main()
