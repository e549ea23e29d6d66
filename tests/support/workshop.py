"""A day's work in a repository: prompts, sub-agents, a cache lost in each way, two branches, a pull request. Made up."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

from support import stores
from support.claude_records import prompt, title, turn
from support.transcripts import Folder, Line, dumped, joined, stamp, tool, us

if TYPE_CHECKING:
    from pathlib import Path

    from support.transcripts import Json

FIRST = "11111111-1111-4111-8111-000000000001"
SECOND = "22222222-2222-4222-8222-000000000002"
THIRD = "33333333-3333-4333-8333-000000000003"
OPUS, HAIKU = "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"
URL = "https://github.com/dev/shop/pull/{}"
_S = 1_000_000


def at(clock: str, day: int = 20) -> int:
    """Give an instant of that November."""
    return us(f"2026-11-{day:02d}T{clock}+00:00")


def call(
    session: str, at_us: int, number: int, cwd: str, *, read: int, written: int = 2_000, **more: object
) -> Line:
    """Make a call."""
    made = Line(
        message_id=f"msg_{session[:4]}{number}",
        request_id=None,
        session=session,
        cwd=cwd,
        branch="feature/cart",
        at_us=at_us,
        input_tokens=10 + number,
        output_tokens=400 + 37 * number,
        cache_creation_tokens=written,
        cache_read_tokens=read,
        stop_reason="end_turn",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def asks(name: str, number: int) -> Json:
    """Give a block that asks for a tool, of a file of its own."""
    return tool(name, f"toolu_{number:02d}", file_path=f"/home/dev/shop/src/{number}.py")


def pull_request(session: str, at_us: int, number: int) -> bytes:
    """Write that a pull request was made."""
    return dumped(
        {
            "type": "pr-link",
            "sessionId": session,
            "prNumber": number,
            "prUrl": URL.format(number),
            "prRepository": "dev/shop",
            "timestamp": stamp(at_us),
        }
    )


def _first(cwd: str) -> list[bytes]:
    """Four prompts: the cache is lost by a pause, by another beginning, by another model and by compaction."""

    def said(clock: str, number: int) -> bytes:
        return prompt(call(FIRST, at(clock), 0, cwd, read=0), number)

    def made(clock: str, number: int, read: int, written: int = 2_000, **more: object) -> bytes:
        return call(FIRST, at(clock), number, cwd, read=read, written=written, **more).assistant()

    return [
        title("custom-title", FIRST, "Cart with vouchers"),
        said("09:00:00", 1),
        made("09:00:10", 1, 20_000, 30_000, tools=[asks("Read", 1), asks("Read", 2), asks("Grep", 3)]),
        made("09:02:00", 2, 50_000, tools=[asks("Read", 4)]),
        made("09:03:30", 3, 52_000, tools=[asks("Edit", 5), asks("Read", 6), asks("Bash", 7)]),
        turn(call(FIRST, at("09:04:00"), 0, cwd, read=0), 240_000, 1001),
        said("09:06:00", 2),
        made("09:06:10", 4, 54_000, tools=[asks("mcp__tickets__find_issue", 8)]),
        made("09:09:00", 5, 3_000, 55_000),  # its beginning had changed
        turn(call(FIRST, at("09:10:00"), 0, cwd, read=0), 240_000, 1002),
        said("11:30:00", 3),
        made("11:30:05", 6, 0, 60_000),  # a pause
        made("11:31:00", 7, 0, 62_000, model=HAIKU),  # another model
        said("11:40:00", 4),
        made("11:40:20", 8, 0, 15_000, model=HAIKU),  # compacted
        pull_request(FIRST, at("11:45:00"), 7),
    ]


def _agents(cwd: str) -> list[bytes]:
    def made(clock: str, number: int, agent: str, read: int) -> bytes:
        line = call(FIRST, at(clock), number, cwd, read=read, agent=agent, is_sidechain=True, model=HAIKU)
        return replace(line, tools=[asks("Grep", number)]).assistant()

    return [
        made("09:00:40", 20, "a1b2c3", 4_000),
        made("09:02:30", 21, "a1b2c3", 6_000),
        made("09:01:00", 22, "d4e5f6", 4_000),
        made("09:07:00", 23, "e7f8a9", 9_000),
    ]


def _second(cwd: str) -> list[bytes]:
    """On another branch, without a record of turns, with two pull requests."""
    return [
        title("ai-title", SECOND, "Mend the build"),
        prompt(call(SECOND, at("14:00:00", 19), 0, cwd, read=0, branch="main"), 11),
        call(SECOND, at("14:00:10", 19), 1, cwd, read=9_000, branch="main").assistant(),
        call(SECOND, at("14:20:00", 19), 2, cwd, read=11_000, branch="main").assistant(),
        call(SECOND, at("15:20:00", 19), 3, cwd, read=11_000, branch="gone").assistant(),
        pull_request(SECOND, at("15:21:00", 19), 5),
        pull_request(SECOND, at("15:22:00", 19), 6),
    ]


def _third() -> list[bytes]:
    """In a folder that is no repository, with a model that has no price."""
    return [
        call(
            THIRD, at("08:00:00", 18), 1, "/home/dev/notes", read=100, branch="", model="somebodys-model"
        ).assistant()
    ]


def write(folder: Path, cwd: str = "/home/dev/shop") -> None:
    """Write the transcripts."""
    logs = Folder(folder)
    logs.write(f"-home-dev-shop/{FIRST}.jsonl", joined(_first(cwd)))
    logs.write(f"-home-dev-shop/{FIRST}/subagents/agent-a1b2c3.jsonl", joined(_agents(cwd)))
    logs.write(f"-home-dev-shop/{SECOND}.jsonl", joined(_second(cwd)))
    logs.write(f"-home-dev-notes/{THIRD}.jsonl", joined(_third()))


def made(folder: Path, *, with_repository: bool = False) -> Path:
    """Make transcripts and a store of them; with a repository, make that first. Give the store."""
    cwd = repository(folder / "shop") if with_repository else "/home/dev/shop"
    write(folder / "logs", cwd)
    stores.ingest(folder / "store" / "ccmeter.duckdb", folder / "logs")
    return folder / "store" / "ccmeter.duckdb"


def git(folder: Path, *words: str, at_us: int = 0, mail: str = "dev@example.com") -> str:
    """Run git there as somebody, at an instant, without a person's own settings."""
    dated = f"@{at_us // _S} +0000"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.fspath(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": dated,
        "GIT_COMMITTER_DATE": dated,
        "GIT_AUTHOR_NAME": "Dev",
        "GIT_AUTHOR_EMAIL": mail,
        "GIT_COMMITTER_NAME": "Dev",
        "GIT_COMMITTER_EMAIL": mail,
    }
    done = subprocess.run(
        ["git", "-C", os.fspath(folder), *words], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, subject: str, at_us: int, *, mail: str = "dev@example.com") -> str:
    """Commit nothing, at an instant; give the commit."""
    git(folder, "commit", "--quiet", "--allow-empty", "-m", subject, at_us=at_us, mail=mail)
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path) -> str:
    """Make a repository with the branches `main` and `feature/cart`; give its path."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.email", "dev@example.com")
    commit(folder, "Begin", at("08:00:00", 19))
    commit(folder, "Mend the build", at("14:10:00", 19))
    git(folder, "checkout", "--quiet", "-b", "feature/cart")
    commit(folder, "Add a cart", at("09:05:00"))
    commit(folder, "Take vouchers", at("11:30:30"))
    git(folder, "checkout", "--quiet", "main")
    return os.fspath(folder)
