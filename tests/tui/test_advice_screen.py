"""The screen Advice: findings with their money, and the cases that each rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.rows import Rows
from support import stores
from support.claude_records import prompt
from support.transcripts import Folder, Line, joined, tool, us

from .conftest import SIZES, THEMES, MakesMonitor, settled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccmeter.domain.advice import Evidence, Finding

    from .conftest import Looks

AT = us("2026-11-20T10:00:00+00:00")
MINUTE = 60_000_000
OPUS, HAIKU = "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"


def _call(minute: int, model: str = OPUS, session: str = "5f0c1d2e-cache", **more: Any) -> Line:
    values: dict[str, Any] = {
        "output_tokens": 900,
        "stop_reason": "end_turn",
        "cwd": "/home/sam/work/webshop",
        **more,
    }
    at_us = AT + minute * MINUTE
    return Line(
        message_id=f"m{minute}{session}", request_id=None, session=session, model=model, at_us=at_us, **values
    )


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store with four kinds of findings."""
    logs, made = Folder(tmp_path / "logs"), tmp_path / "store"
    written: dict[str, Any] = {"cache_creation_tokens": 120_000, "split": (120_000, 0)}
    cache = [
        _call(0, **written),
        _call(1, cache_read_tokens=120_000),
        _call(13, **written),
        _call(14, **written),
    ]
    small = _call(40, session="small", output_tokens=90, input_tokens=4_000)
    other = _call(60, HAIKU, session="other")
    logs.write("p/1.jsonl", joined([each.assistant() for each in cache]))
    logs.write("p/2.jsonl", joined([prompt(_call(39, session="small")), small.assistant()]))
    logs.write("p/3.jsonl", joined([other.assistant()]))
    logs.write("p/4.jsonl", joined(list(_reading())))
    stores.ingest(made, logs.path)
    return made


def _reading() -> Iterator[bytes]:
    """Read one file three times, another twice; the last call pays for what it read."""
    cached = 30_000
    for minute, file in enumerate(
        ["src/checkout/cart.py", "b.py", "b.py", *["src/checkout/cart.py"] * 2, ""]
    ):
        asked = [tool("Read", f"toolu_{minute}", file_path=f"/home/sam/work/webshop/{file}")] if file else []
        fresh = 6_000 if minute else 30_000
        yield _call(
            minute,
            session="reader",
            cache_creation_tokens=fresh,
            split=(fresh, 0),
            cache_read_tokens=cached if minute else 0,
            tools=asked,
        ).assistant()
        cached += fresh if minute else 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_it_looks_as_it_did(look: Looks, store: Path, size: tuple[int, int], theme: str) -> None:
    """At every size, dark and light."""
    look("advice", size, theme, store=store)


async def test_the_cases_are_those_of_the_finding_under_the_cursor(
    monitor: MakesMonitor, store: Path
) -> None:
    """Moving shows others, Enter goes to them; what is an upper bound says so."""
    async with monitor(screen="advice", store=store).run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        page = pilot.app.screen
        findings: Rows[Finding] = page.query_one("#findings", Rows)
        cases: Rows[Evidence] = page.query_one("#cases", Rows)
        assert {each.kind for each in findings.rows} == {
            "idle_cache",
            "broken_cache",
            "strong_model",
            "repeated_read",
        }
        findings.focus()
        for _ in findings.rows:
            current = findings.current
            assert current is not None
            assert cases.rows == current.evidence
            if current.kind == "strong_model":
                assert "At most" in str(page.query_one("#meaning", Static).render())
                assert "≤" in findings.text(current)
            if current.kind == "repeated_read":
                assert "≤" in findings.text(current)
                assert "src/checkout/cart.py 2x" in cases.text(current.evidence[0])
                assert [(each.file, each.times) for each in current.evidence] == [
                    ("src/checkout/cart.py", 2),
                    ("b.py", 1),
                ]
            await pilot.press("down")
        await pilot.press("enter")
        assert pilot.app.focused is cases


async def test_where_nothing_stands_out_it_says_what_was_looked_at(
    monitor: MakesMonitor, tmp_path: Path
) -> None:
    """Nothing found is an answer; nothing to look at is another."""
    logs = Folder(tmp_path / "logs")
    stores.ingest(tmp_path / "empty", logs.path)
    logs.write("p/1.jsonl", joined([_call(0).assistant()]))
    stores.ingest(tmp_path / "calm", logs.path)
    for name, said in (("calm", "1 call from"), ("empty", "ccmeter doctor")):
        async with monitor(screen="advice", store=tmp_path / name).run_test() as pilot:
            await settled(pilot)
            empty = pilot.app.screen.query_one("#none", Empty)
            assert empty.display
            assert said in str(empty.render())
