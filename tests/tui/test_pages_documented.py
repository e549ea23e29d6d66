"""The page about the monitor says of each screen what the screen says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmeter.tui import screens

PAGE = Path(__file__).parents[2] / "docs" / "monitor.md"


@pytest.mark.parametrize("name", screens.ORDER)
def test_the_page_on_the_monitor_has_every_screens_help(name: str) -> None:
    """Word for word, wherever its lines break."""
    page = screens.page(name)
    assert f"**{screens.ORDER.index(name) + 1} {page.TITLE_TEXT}.** {page.HELP_TEXT}" in " ".join(
        PAGE.read_text("utf-8").split()
    )
