import json
import runpy
from pathlib import Path

import ccmeter.cli
from ccmeter.cli import sample

PACKAGED = Path(ccmeter.cli.__file__).parent / "sample_logs"
SCRIPT = Path(__file__).parents[3] / "fixtures" / "make_sample_logs.py"
MOST_BYTES = 120_000


def content(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.jsonl")}


def test_the_packaged_logs_are_what_the_script_makes(tmp_path: Path) -> None:
    """Nobody edits them by hand, and any Python makes the same bytes."""
    runpy.run_path(str(SCRIPT))["make"](tmp_path)
    assert content(tmp_path) == content(PACKAGED)


def test_the_sample_is_small_and_says_nothing_personal() -> None:
    """It travels with every installation; no line holds text that somebody wrote."""
    files = content(PACKAGED)
    assert sum(map(len, files.values())) < MOST_BYTES
    assert any("/subagents/agent-" in name for name in files)
    for text in files.values():
        for line in text.decode().splitlines():
            said = json.loads(line)["message"]["content"]
            assert said == "…" or set(said[0]) == {"type"}


def test_the_sample_has_a_place_to_be_kept_that_goes_away() -> None:
    """The store of a demo is thrown away with its folder."""
    with sample.places() as where:
        assert where.existing_claude_dirs == where.claude_dirs
        where.store.write_bytes(b"x")
    assert not where.store.parent.exists()
