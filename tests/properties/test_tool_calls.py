"""Tool calls do not depend on how the lines of a log are spread, ordered, cut and read again."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.store import lease
from support import stores
from support.scale import scaled
from support.transcripts import Folder, Line, tool

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

Asked = set[tuple[str, str, str, str]]


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, Asked]:
    """Draw a line from so few values that copies are the rule, and what it asks for."""
    message = draw(st.sampled_from(["msg_a", "msg_b"]))
    numbers = draw(st.lists(st.integers(0, 3), max_size=3, unique=True))
    tools: list[dict[str, Any]] = []
    asked: Asked = set()
    for number in numbers:
        # an id stands for one tool and one input, as in real logs
        name, file = (("Read", "src/a.py"), ("Read", "b.py"), ("Bash", ""), ("Edit", ""))[number]
        tools.append(
            tool(name, f"toolu_{message}{number}", file_path=f"/x/{file or 'secret'}", command="secret")
        )
        asked.add((message, f"toolu_{message}{number}"[-12:], name, file))
    line = Line(message_id=message, session=draw(st.sampled_from(["s1", "s2"])), cwd="/x", tools=tools)
    return (line.nested() if draw(st.booleans()) else line.assistant()), asked


def _found(store: Path) -> Asked:
    with lease.reading(store) as connection:
        rows = connection.execute("select distinct call_key, tool_id, name, file from tool_call").fetchall()
        twice = connection.execute(
            "select 1 from tool_call t join file using (file_id) "
            "group by call_key, tool_id, file_id, t.offset_bytes having count(*) > 2"
        ).fetchall()
    assert not twice
    return set(rows)


@settings(max_examples=scaled(15))
@given(lines=st.lists(written(), min_size=1, max_size=10), seed=st.integers(0, 2**32))
def test_any_order_and_cutting_gives_the_same_tools(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[bytes, Asked]], seed: int
) -> None:
    """A line is cut anywhere and read in parts; a file is read again from its start: every tool is there once per place."""
    rng = random.Random(seed)
    folder = tmp_path_factory.mktemp("tools")
    right = set().union(*(asked for _, asked in lines))
    for way in range(2):
        logs, store = Folder(folder / f"logs-{way}"), folder / f"store-{way}"
        rng.shuffle(lines)
        for line, _ in lines:
            name = f"p/{rng.randrange(1 + 2 * way)}.jsonl"
            cut = rng.randint(0, len(line))
            logs.append(name, line[:cut])
            if way and rng.random() < 0.4:
                stores.ingest(store, logs.path, shuffle=rng)
            logs.append(name, line[cut:] + b"\n")
        stores.ingest(store, logs.path, shuffle=rng)
        if way:
            for name, content in logs.wrote.items():
                logs.swap(name, b"{}\n" + content)
            stores.ingest(store, logs.path, shuffle=rng)
        assert _found(store) == right
    shutil.rmtree(folder)
