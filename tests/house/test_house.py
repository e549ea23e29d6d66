"""What a release holds, and rules of the house that a machine can see to."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ccmeter.store import schema
from support import bulk
from support.command import TIMEOUT_S, Command

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ccmeter"
README = ROOT / "README.md"
MOST_LINES = 400
MOST_FUNCTION_LINES = 60


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    script = (
        "import sys; from hatchling.builders.wheel import WheelBuilder; "
        "print(next(iter(WheelBuilder(sys.argv[1]).build(directory=sys.argv[2], versions=['standard']))))"
    )
    built = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    if "No module named 'hatchling'" in built.stderr:
        pytest.skip("hatchling is not installed")
    assert built.returncode == 0, built.stderr
    return Path(built.stdout.splitlines()[-1])


def _packaged() -> set[str]:
    return {
        str(path.relative_to(ROOT / "src"))
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".DS_Store"
    }


def test_wheel_holds_the_package(wheel: Path) -> None:
    """The wheel holds every file of the package, and besides it only what describes it."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    assert {name for name in names if ".dist-info/" not in name} == _packaged()
    for ending, least in ((".sql", 4), (".json", 2), (".jsonl", 1), ("py.typed", 1)):
        assert len([name for name in names if name.endswith(ending)]) >= least, ending
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_runs(wheel: Path, person: Command, tmp_path: Path) -> None:
    """The package as it stands in the wheel reads logs, migrates a new store, prices and shows the demo."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "unpacked")
    sums = bulk.write(person.claude, files=2, calls=10)
    unpacked = Command(person.home, {"PYTHONPATH": str(tmp_path / "unpacked")})
    where = subprocess.run(
        [sys.executable, "-c", "import ccmeter; print(ccmeter.__file__)"],
        env=unpacked.env(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(tmp_path / "unpacked"))
    assert unpacked.totals()["messages"] == sums.calls
    assert unpacked.totals("--demo")["messages"] > 0
    assert unpacked.run("prices", "--json").status == 0


def test_migrations_are_numbered() -> None:
    """Migrations are numbered from 1 without a gap, and the last is the schema that this version knows."""
    names = sorted(path.name for path in (SOURCE / "store" / "migrations").glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, schema.LATEST + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)


def test_files_are_short() -> None:
    """No file of the package is longer than 400 lines: a longer one lacks a concept."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".sql"}
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_functions_are_short() -> None:
    """No function of the package is longer than 60 lines."""
    long = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MOST_FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


def test_modules_say_what_they_are_for() -> None:
    """Every module of the package, and every public function and class in it, has a docstring."""
    bare = []
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        if ast.get_docstring(tree) is None:
            bare.append(str(path))
        bare += [
            f"{path}:{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert bare == []


def test_nothing_names_a_machine() -> None:
    """No file that is kept names a folder of the machine that it was written on."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git work tree")
    places = [str(place) for place in (ROOT, Path.home()) if len(place.parts) > 2]
    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".sql", ".md", ".toml", ".yml", ".json", ".sh", ".txt"}:
            text = path.read_text("utf-8")
            found += [f"{name}: {place}" for place in places if place in text]
    assert found == []


def test_readme_names_every_dependency(project: dict[str, Any]) -> None:
    """Whoever installs ccmeter can read what comes with it."""
    names = [re.split(r"[<>=!~;\[ ]", each)[0] for each in project["project"]["dependencies"]]
    text = README.read_text("utf-8").lower()
    assert [name for name in names if name.lower() not in text] == []


def _blocks() -> list[list[str]]:
    """Give the shell blocks of the README, line by line."""
    fenced: list[str] = re.findall(r"^```sh\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [block.strip().splitlines() for block in fenced]


def test_readme_has_its_two_commands() -> None:
    """Installing and testing are one command each, to be copied as they are."""
    install, test, *_ = _blocks()
    assert len(install) == len(test) == 1
    assert "pip install" in install[0]
    assert "ccmeter" in install[0]
    assert "pytest" in test[0]


def test_readme_examples_run(person: Command, tmp_path: Path) -> None:
    """Every example of the README is a command that runs."""
    bulk.write(person.claude, files=1, calls=3)
    examples = [
        line.partition("#")[0].strip() for block in _blocks() for line in block if line.startswith("ccmeter")
    ]
    assert examples
    for example in examples:
        ended = subprocess.run(
            ["bash", "-c", example.replace("ccmeter", f"{sys.executable} -m ccmeter", 1)]
            if os.name == "posix"
            else [sys.executable, "-m", *example.split()],
            env=person.env(),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        assert ended.returncode == 0, (example, ended.stderr)
