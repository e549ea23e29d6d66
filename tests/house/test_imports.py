"""Who may know whom, and what a start may cost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import bulk
from support.command import TIMEOUT_S, Command

ROOT = Path(__file__).parents[2]

HEAVY = (
    "pydantic",
    "pydantic_core",
    "rich",
    "msgspec",
    "nanoarrow",
    "duckdb",
    "numpy",
    "pandas",
    "pyarrow",
    "multiprocessing",
    "concurrent",
    "asyncio",
    "email",
    "http",
    "socket",
    "ssl",
    "sqlite3",
    "tomllib",
    "unittest",
    "xml",
)
"""What neither help nor a report on an unchanged store may load, but for msgspec to write JSON. DuckDB's compiled module
alone is `_duckdb`."""
NOT_FOR_HELP = (
    "_duckdb",
    "platformdirs",
    "tzlocal",
    "zoneinfo",
    "decimal",
    "hashlib",
    "ccmeter.store",
    "ccmeter.ingest",
    "ccmeter.queries",
    "ccmeter.reports",
    "ccmeter.pricing",
    "ccmeter.parsers",
)
NOT_FOR_UNCHANGED = (
    "ccmeter.parsers",
    "ccmeter.ingest.load",
    "ccmeter.ingest.tail",
    "ccmeter.store.writer",
    "hashlib",
)
NOT_FOR_THE_HOOK = (
    "typing",
    "dataclasses",
    "pathlib",
    "subprocess",
    "datetime",
    "typer",
    "ccmeter.cli",
    "ccmeter.domain",
)
_LIST = """
import atexit, json, runpy, sys
target = sys.argv[1]
atexit.register(lambda: open(target, "w").write(json.dumps(sorted(sys.modules))))
sys.argv[1:2] = []
runpy.run_module("ccmeter", run_name="__main__")
"""


def _modules(person: Command, *arguments: str) -> list[str]:
    """Give what a command has loaded by its end."""
    target = person.home / "modules.json"
    subprocess.run(
        [sys.executable, "-I", "-c", _LIST, str(target), *arguments],
        env=person.env(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    modules: list[str] = json.loads(target.read_text("utf-8"))
    return modules


def _loaded(modules: list[str], unwanted: tuple[str, ...]) -> list[str]:
    return [
        module
        for module in modules
        if any(module == name or module.startswith(name + ".") for name in unwanted)
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["daily", "--help"], ["--version"]])
def test_help_is_light(arguments: list[str], person: Command) -> None:
    """Help loads the handles of the commands, and nothing that does their work."""
    assert _loaded(_modules(person, *arguments), (*HEAVY, *NOT_FOR_HELP)) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["daily", "--json"],
        ["daily"],
        ["daily", "--csv"],
        ["daily", "--no-ingest"],
        ["ingest"],
        ["blocks", "--json"],
        ["stats"],
        ["compare", "7d", "14d..8d"],
        ["trend"],
    ],
)
def test_report_on_an_unchanged_store_is_light(arguments: list[str], person: Command) -> None:
    """A report on logs that were all read before loads neither what reads nor what checks, draws or writes."""
    bulk.write(person.claude, files=2, calls=5)
    assert person.run("ingest").status == 0
    written = ("msgspec",) if "--json" in arguments else ()
    unwanted = tuple(name for name in HEAVY if name not in written)
    assert _loaded(_modules(person, *arguments), (*unwanted, *NOT_FOR_UNCHANGED)) == []


def test_the_last_screen_of_the_monitor_is_drawn_before_anything_is_loaded() -> None:
    listed = "import json, sys, ccmeter.tui.afterimage; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-I", "-c", listed], capture_output=True, timeout=TIMEOUT_S, check=True
    )
    before = subprocess.run(
        [sys.executable, "-I", "-c", listed.replace(", ccmeter.tui.afterimage", "")],
        capture_output=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    loaded = sorted(set(json.loads(run.stdout)) - set(json.loads(before.stdout)))
    assert _loaded(loaded, (*HEAVY, *NOT_FOR_THE_HOOK, "textual", "shutil")) == []


def test_settings_that_are_options_are_light(person: Command) -> None:
    """A settings file of options alone costs its decoder, and no library that checks."""
    bulk.write(person.claude, files=2, calls=5)
    assert person.run("ingest").status == 0
    file = person.home / "config.toml"
    file.write_text('order = "desc"\n[daily]\nbreakdown = true\n', encoding="utf-8")
    unwanted = tuple(name for name in HEAVY if name != "tomllib")
    assert _loaded(_modules(person, "daily", "--config", str(file)), (*unwanted, *NOT_FOR_UNCHANGED)) == []


def _loaded_by_the_hook(person: Command, *arguments: str) -> set[str]:
    """Give what the hook loads beyond what lists it."""
    listing = _LIST.replace('runpy.run_module("ccmeter", run_name="__main__")', "")
    target = person.home / "bare.json"
    subprocess.run(
        [sys.executable, "-I", "-c", listing, str(target)], env=person.env(), timeout=TIMEOUT_S, check=True
    )
    return set(_modules(person, "statusline", *arguments)) - set(json.loads(target.read_text("utf-8")))


def test_status_line_hook_is_lightest(person: Command) -> None:
    """The hook loads JSON and itself: without a store, with a snapshot, and with settings that the snapshot knows."""
    bulk.write(person.claude, files=2, calls=5)
    config = person.home / ".config" / "ccmeter" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        'currency.code = "EUR"\ncurrency.rates.EUR = 0.92\n[statusline]\ntemplate = "{model} {today}"\n',
        "utf-8",
    )
    assert "tomllib" in _loaded_by_the_hook(person, "--no-refresh")
    assert person.run("ingest").status == 0
    for arguments in ((), ("--template", "{model}"), ("--no-refresh",), ("--currency", "USD")):
        loaded = _loaded_by_the_hook(person, *arguments)
        assert _loaded(sorted(loaded), (*HEAVY, *NOT_FOR_THE_HOOK)) == []
        assert (
            sorted(name for name in loaded if not name.startswith("ccmeter") and name not in ("gc", "fcntl"))
            == []
        )


def test_small_update_is_light(person: Command) -> None:
    """A few new lines are stored without Arrow, worker processes, settings checks or drawing."""
    bulk.write(person.claude, files=2, calls=5)
    assert person.run("ingest").status == 0
    text, _ = bulk.content(0, 5, 5)
    with bulk.place(person.claude, 0).open("a", encoding="utf-8") as log:
        log.write(text)
    allowed = ("msgspec",)
    unwanted = tuple(name for name in HEAVY if name not in allowed)
    assert _loaded(_modules(person, "daily", "--json"), unwanted) == []


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache', '--config', 'pyproject.toml'])",
        ],
        cwd=folder,
        env={**Command(folder).env(), "PYTHONPATH": str(folder / "src"), "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )


def test_import_contracts_are_kept() -> None:
    """Imports go down the stairs only; siblings do not know each other; only the store knows DuckDB."""
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "content", "contract"),
    [
        ("store/lease.py", "from ccmeter.pricing import cards", "The stairs"),
        ("domain/money.py", "from ccmeter.store import lease", "The stairs"),
        ("queries/summary.py", "from ccmeter.ingest import discover", "The stairs"),
        ("basement/__init__.py", '"""A room that no contract knows."""', "The stairs"),
        ("cli/daily.py", "import duckdb", "Only the store knows DuckDB"),
        ("domain/money.py", "import msgspec", "What is true"),
        ("reports/formats/csv.py", "from ccmeter.reports.formats import json", "Formats"),
        ("server/seats.py", "from ccmeter.store import lease", "The server knows"),
        ("cli/serving.py", "import sqlalchemy", "Only the server knows"),
        ("parsers/other.py", "from ccmeter.parsers import claude", "Parsers"),
    ],
)
def test_import_contracts_bite(file: str, content: str, contract: str, tmp_path: Path) -> None:
    """A import that breaks a rule, or a room that no rule names, is found by that rule."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / "src" / "ccmeter" / file
    target.parent.mkdir(exist_ok=True)
    with target.open("a", encoding="utf-8") as source:
        source.write(f"\n{content}\n")
    done = _lint(tmp_path)
    assert done.returncode != 0
    found = [line for line in done.stdout.splitlines() if "BROKEN" in line or "not configured" in line]
    assert (
        any(contract in line for line in found) or contract in done.stdout.partition("Broken contracts")[2]
    ), done.stdout
