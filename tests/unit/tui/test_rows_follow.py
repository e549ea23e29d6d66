"""A stream shows what comes at its top until somebody goes down in it."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from ccmeter.tui.widgets.rows import Column, Rows


class Streamed(App[None]):
    """One table of six lines."""

    def __init__(self, *, follows: bool) -> None:
        super().__init__()
        self._follows = follows

    def compose(self) -> ComposeResult:
        """Show the table."""
        columns: list[Column[str]] = [Column(key="name", title="name", text=str, width=10)]
        yield Rows(columns, str, id="rows", follows=self._follows)


def calls(newest: int) -> list[str]:
    return [f"call {number}" for number in range(newest, -1, -1)]


@pytest.mark.parametrize(("follows", "newest"), [(True, True), (False, False)])
async def test_a_stream_stays_at_its_newest_row_while_nobody_has_gone_down(
    *, follows: bool, newest: bool
) -> None:
    app = Streamed(follows=follows)
    async with app.run_test(size=(40, 6)) as pilot:
        rows = app.query_one("#rows", Rows)
        rows.put(calls(5))
        await pilot.pause()
        rows.put(calls(50))
        await pilot.pause()
        assert (rows.current == "call 50", rows.scroll_offset.y == 0) == (newest, newest)


async def test_whoever_reads_in_a_stream_keeps_the_row() -> None:
    app = Streamed(follows=True)
    async with app.run_test(size=(40, 6)) as pilot:
        rows = app.query_one("#rows", Rows)
        rows.put(calls(5))
        rows.focus()
        await pilot.press("down")
        rows.put(calls(50))
        await pilot.pause()
        assert rows.current == "call 4"
        await pilot.press("home")
        rows.put(calls(60))
        await pilot.pause()
        assert (rows.current, rows.scroll_offset.y) == ("call 60", 0)
