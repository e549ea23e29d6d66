"""However history comes in (live logs, copies, archives, stores) and in whichever order: the same calls."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.ingest import importing
from ccmeter.ingest.update import Narration
from ccmeter.store import backup
from support import history, stores
from support.transcripts import Folder, Line, joined

CALLS = st.lists(
    st.builds(
        Line,
        message_id=st.sampled_from([None, "m1", "m2", "m3"]),
        session=st.sampled_from(["s1", "s2"]),
        cwd=st.sampled_from(["/home/dev/a", "/home/dev/b"]),
        at_us=st.sampled_from([None, 1_767_225_600_000_000, 1_767_225_700_000_000]),
        output_tokens=st.integers(0, 3),
        stop_reason=st.sampled_from([None, "end_turn"]),
    ),
    max_size=4,
)
WAYS = st.lists(st.sampled_from(["live", "folder", "zip", "store", "backup"]), min_size=1, max_size=4)


@settings(max_examples=25)
@given(one=CALLS, two=CALLS, ways=WAYS)
def test_any_way_in_counts_the_same(one: list[Line], two: list[Line], ways: list[str]) -> None:
    """Every way, alone or after others, gives the calls that the logs hold."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = Folder(place / "claude")
        folder.write("-a/one.jsonl", joined([line.assistant() for line in one]))
        folder.write("-a/two.jsonl", joined([line.assistant() for line in two]))
        wanted = place / "wanted.duckdb"
        stores.ingest(wanted, folder.path)
        with zipfile.ZipFile(place / "logs.zip", "w") as packed:
            for file in sorted(folder.path.rglob("*.jsonl")):
                packed.write(file, file.relative_to(folder.path).as_posix())
        backup.write(wanted, place / "backup.duckdb")
        paths = {
            "folder": folder.path,
            "zip": place / "logs.zip",
            "store": wanted,
            "backup": place / "backup.duckdb",
        }
        store = place / "data" / "ccmeter.duckdb"
        for way in ways:
            if way == "live":
                stores.ingest(store, folder.path)
            else:
                importing.take(store, paths[way], narration=Narration())
            assert history.counted(store) == history.counted(wanted)
        assert stores.calls(store) == stores.calls_from_scratch(store)
