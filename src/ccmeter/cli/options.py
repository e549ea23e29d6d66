"""The options that commands share, each defined once: what it is called, what it takes, what its help says.

Options that go together are a group: a command with a parameter of that type takes them all (`app.flat`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

ClaudeDirs = Annotated[
    list[Path] | None,
    typer.Option(
        "--claude-dir",
        metavar="DIR",
        help="Read this Claude Code folder, repeatable. [default: CLAUDE_CONFIG_DIR, else ~/.claude and ~/.config/claude]",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Keep the store here. [default: CCMETER_DATA_DIR, else your data folder]",
    ),
]
NoIngest = Annotated[
    bool, typer.Option("--no-ingest", help="Report from the store alone, without reading logs.")
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", "-s", metavar="DAY", help="From this day on: 2026-11-20, 2026-11, today, monday, 7d."
    ),
]
Until = Annotated[str | None, typer.Option("--until", "-u", metavar="DAY", help="Up to and with this day.")]
Last = Annotated[
    int | None,
    typer.Option(
        "--last", metavar="N", help="The last N days (weeks, months: those of the report), this one included."
    ),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        "--timezone", "-z", metavar="ZONE", help="Whose days: Europe/Berlin, UTC. [default: this machine's]"
    ),
]
Projects = Annotated[
    list[str] | None,
    typer.Option(
        "--project", "-p", metavar="PATH", help="Only this project: its path, or the end of it. Repeatable."
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="TEXT", help="Only models with this in their id. Repeatable."),
]
Sessions = Annotated[
    list[str] | None,
    typer.Option("--session", metavar="ID", help="Only sessions whose id begins so. Repeatable."),
]
Mode = Annotated[
    str,
    typer.Option(
        "--mode", "-m", metavar="MODE", help="auto: the cost a log states, else computed; calculate; display."
    ),
]
Order = Annotated[
    str, typer.Option("--order", "-o", metavar="asc|desc", help="Oldest first (asc) or newest first.")
]
Breakdown = Annotated[bool, typer.Option("--breakdown", "-b", help="A line per model under each row.")]
ByProject = Annotated[
    bool, typer.Option("--by-project", "--instances", "-i", help="The rows of each project apart.")
]
StartOfWeek = Annotated[
    str, typer.Option("--start-of-week", "-w", metavar="DAY", help="The day that weeks begin with.")
]
Compact = Annotated[bool, typer.Option("--compact", help="Fewer columns, whatever the width.")]
NoCost = Annotated[bool, typer.Option("--no-cost", help="Tokens only.")]
Demo = Annotated[bool, typer.Option("--demo", help="Show it on sample logs; yours are not read.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help="table, json, csv or markdown. [default: by --output, else table]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", "-j", help="Short for --format json.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Short for --format csv.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write to this file.")]
Force = Annotated[bool, typer.Option("--force", help="Let --output replace a file.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which usage."""

    since: Since = None
    until: Until = None
    last: Last = None
    time_zone: TimeZone = None
    projects: Projects = None
    models: Models = None
    sessions: Sessions = None
    mode: Mode = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How it is shown."""

    compact: Compact = False
    no_cost: NoCost = False
    format_name: Format = None
    as_json: AsJson = False
    as_csv: AsCsv = False
    output: Output = None
    force: Force = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How it is written: of reports that are not about usage."""

    format_name: Format = None
    as_json: AsJson = False
    as_csv: AsCsv = False
    output: Output = None
    force: Force = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Where it is read and kept."""

    claude_dirs: ClaudeDirs = None
    data_dir: DataDir = None
    no_ingest: NoIngest = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Kept):
    """Where it is read and kept, or the sample logs in its place."""

    demo: Demo = False
