"""Nothing leaves the machine: no command opens a socket, and all of them work without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support import bulk
from support.command import CCMETER, TIMEOUT_S, Command

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    ["daily", "--demo"],
    ["ingest"],
    ["daily", "--json", "-z", "Asia/Tokyo"],
    ["daily", "--breakdown", "--by-project"],
    ["doctor"],
    ["prices"],
    ["prices", "--unpriced"],
    ["--help"],
)
FOREIGN = {
    "SQLite": b"SQLite format 3\0" + bytes(8_000),
    "Parquet": b"PAR1" + bytes(8_000) + b"PAR1",
    "zip": b"PK\x03\x04" + bytes(8_000),
    "text": b"a,b\n1,2\n",
}
_WATCH = """
import sys

def _refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(_refuse)
import socket

class Refused(socket.socket):
    def __init__(self, *_, **__):
        raise SystemExit("a socket was opened")

socket.socket = Refused
"""


def _isolated() -> list[str]:
    """Give what runs a command without any network, if that can be had here."""
    if shutil.which("unshare"):
        for arguments in (["unshare", "-n"], ["unshare", "-rn"]):
            if subprocess.run([*arguments, "true"], capture_output=True, check=False).returncode == 0:
                return arguments
    pytest.skip("processes cannot be cut off from the network here")


def test_no_socket_is_opened(person: Command, tmp_path: Path) -> None:
    """No command opens a socket in Python, a large first read by worker processes included."""
    bulk.write(person.claude, files=60, calls=1_000)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_WATCH, "utf-8")
    watched = Command(person.home, {"PYTHONPATH": str(tmp_path / "site")})
    check = subprocess.run(
        [sys.executable, "-c", "import socket; socket.socket()"],
        env=watched.env(),
        capture_output=True,
        check=False,
    )
    assert b"a socket was opened" in check.stderr
    for command in COMMANDS:
        done = watched.run(*command)
        assert done.status == 0, done.stderr


def test_commands_work_without_a_network(person: Command) -> None:
    """Every command works in a process that has no network at all, not even to itself."""
    isolated = _isolated()
    bulk.write(person.claude, files=3, calls=40)
    for command in COMMANDS:
        ended = subprocess.run(
            [*isolated, *CCMETER, *command],
            env=person.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize("kind", ["own", *FOREIGN])
def test_no_system_call_for_a_network(kind: str, person: Command, tmp_path: Path) -> None:
    """Neither a store of ours nor a file of another program in its place makes DuckDB ask the network for anything."""
    bulk.write(person.claude, files=3, calls=40)
    if kind != "own":
        person.data.mkdir()
        person.store.write_bytes(FOREIGN[kind])
    trace = tmp_path / "trace"
    for command in (["daily"], ["doctor"], ["ingest"]):
        ended = subprocess.run(
            ["strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", trace, *CCMETER, *command],
            env=person.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        if "PTRACE" in ended.stderr or "ptrace" in ended.stderr:
            pytest.skip("processes cannot be traced here")
        assert ended.returncode == (0 if kind == "own" else 1)
        assert [line for line in trace.read_text("utf-8").splitlines() if "(" in line] == []
