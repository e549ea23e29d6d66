"""One run of the hook, in this process, with standard input and output put in the place of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.statusline import hook, refresh, settings, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = "Callable[..., str]"
KNOWN: dict[str, Any] = {
    "session_id": "s1",
    "model": {"display_name": "Opus 5"},
    "cost": {"total_cost_usd": 0.5},
}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Give what refreshes were started with, none of which is."""
    found: list[tuple[str, str]] = []

    def start(folder: str, made_at_us: int, now_us: int, *, data_dir: str, config: str) -> bool:
        found.append((data_dir, config))
        return True

    monkeypatch.setattr(refresh, "start", start)
    return found


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """Give a way to run the hook in an empty home."""
    for name in os.environ:
        if name.startswith(("CCMETER_", "XDG_", "COLUMNS", "TERM")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str, said: Any = KNOWN) -> str:
        source, sink = tmp_path / "in", tmp_path / "out"
        source.write_bytes(said if isinstance(said, bytes) else json.dumps(said).encode())
        kept = os.dup(0), os.dup(1)
        with source.open("rb") as stdin, sink.open("wb") as stdout:
            os.dup2(stdin.fileno(), 0)
            os.dup2(stdout.fileno(), 1)
        try:
            assert hook.answer(list(arguments))
        finally:
            for place, descriptor in enumerate(kept):
                os.dup2(descriptor, place)
                os.close(descriptor)
        return sink.read_text("utf-8")

    return run


def leave(folder: Path, **more: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    now_us = time.time_ns() // 1_000
    document = {"made_at_us": now_us, "day_ends_us": now_us + 10**10, "today": {"pico": 3 * 10**12}}
    snapshot.write(str(folder), document | more)


def test_line_and_reading(run: Callable[..., str], started: list[Any], tmp_path: Path) -> None:
    folder = tmp_path / ".local" / "share" / "ccmeter"
    leave(folder)
    assert run() == "Opus 5 · ~$0.50 · today $3.00\n"
    (file,) = folder.glob("spool/*.jsonl")
    assert json.loads(file.read_text())["cost_usd"] == 0.5
    assert started == [], "nothing is behind"


def test_what_is_no_option_of_the_hook_is_left_to_others() -> None:
    assert not hook.answer(["install"])


def test_stale_snapshot_starts_a_refresh(run: Callable[..., str], started: list[Any], tmp_path: Path) -> None:
    run()
    run("--no-refresh")
    run("--data-dir", str(tmp_path / "kept"))
    assert started == [("", ""), (str(tmp_path / "kept"), "")]
    leave(tmp_path / "kept", day_ends_us=time.time_ns() // 1_000 - 1)
    run("--data-dir", str(tmp_path / "kept"))
    assert len(started) == 3, "the day is over"


def test_young_snapshot_is_good_enough(run: Callable[..., str], started: list[Any], tmp_path: Path) -> None:
    leave(tmp_path / "kept")
    log = tmp_path / "s1.jsonl"
    log.write_text("{}\n")
    later = time.time() + 100
    os.utime(log, (later, later))
    said = KNOWN | {"transcript_path": str(log)}
    run("--data-dir", str(tmp_path / "kept"), said=said)
    assert started == []
    leave(tmp_path / "kept", made_at_us=time.time_ns() // 1_000 - hook.STALE_US - 1)
    run("--data-dir", str(tmp_path / "kept"), said=said)
    assert len(started) == 1


def test_settings_name_folder_and_template(
    run: Callable[..., str], started: list[Any], tmp_path: Path
) -> None:
    kept, config = tmp_path / "kept", tmp_path / "c.toml"
    config.write_text(f'data-dir = "{kept}"\n[statusline]\ntemplate = "{{today}}"\n')
    leave(kept)
    assert run("--config", str(config)) == "$3.00\n"
    leave(kept, made_at_us=0)
    run("--config", str(config))
    assert started == [(str(kept), str(config))]


def test_settings_name_a_currency(run: Callable[..., str], started: list[Any], tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('currency.code = "EUR"\n[currency.rates]\nEUR = 0.5\nJPY = 150.5\n')
    leave(tmp_path / "kept")
    places = ("--config", str(config), "--data-dir", str(tmp_path / "kept"))
    assert run(*places) == "Opus 5 · ~€0.25 · today €1.50\n"
    leave(tmp_path / "kept", settings=settings.taken(str(config)))
    assert run(*places) == "Opus 5 · ~€0.25 · today €1.50\n"
    assert run(*places, "--currency", "jpy") == "Opus 5 · ~¥75 · today ¥452\n"
    assert run(*places, "--currency=CHF") == "Opus 5 · ~$0.50 · today $3.00\n", "there is no rate"


def test_day_of_which_nothing_is_known_yet(
    run: Callable[..., str], started: list[Any], tmp_path: Path
) -> None:
    """The day of the snapshot is over: what this one cost is unknown until the next reading, and not 0."""
    leave(tmp_path / "kept", day_ends_us=time.time_ns() // 1_000 - 1)
    assert run("--data-dir", str(tmp_path / "kept")) == "Opus 5 · ~$0.50 · today ?\n"


def test_config_of_the_environment_is_not_handed_on(
    run: Callable[..., str], started: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.toml").touch()
    monkeypatch.setenv("CCMETER_CONFIG", str(tmp_path / "c.toml"))
    run()
    assert started == [("", "")]


def test_wrapped_command_comes_first(run: Callable[..., str], started: list[Any]) -> None:
    assert run("--wrap", "echo theirs", "--template", "{model}") == "theirs\nOpus 5\n"


def test_too_much_input_says_nothing(run: Callable[..., str], started: list[Any]) -> None:
    assert run(said=b" " * 17_000_000) == "\n"


def test_nothing_is_read_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = os.openpty()
    kept = os.dup(0)
    os.dup2(follower, 0)
    try:
        assert hook.received() == b""
        os.close(0)
        assert hook.received() == b""
    finally:
        os.dup2(kept, 0)
        for descriptor in (kept, leader, follower):
            os.close(descriptor)


def test_disk_that_takes_nothing_costs_no_line(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("in the way")
    assert run("--data-dir", str(tmp_path / "kept")) == "Opus 5 · ~$0.50\n"


def test_closed_output_is_no_error() -> None:
    kept = os.dup(1)
    os.close(1)
    try:
        hook.write("x")
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def test_snapshot_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / snapshot.NAME).mkdir()
    with pytest.raises(OSError, match="directory"):
        snapshot.write(str(tmp_path), {})
    assert [each.name for each in tmp_path.iterdir()] == [snapshot.NAME]
    assert snapshot.load(str(tmp_path)).made_at_us == 0


def test_refresh_runs_this_python(tmp_path: Path) -> None:
    assert refresh.command("", "")[0] == sys.executable
