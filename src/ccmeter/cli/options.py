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
        readable=False,  # whoever opens it says why it cannot be read
        help="Read this Claude Code folder, repeatable. [default: CLAUDE_CONFIG_DIR, else ~/.claude and ~/.config/claude]",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        readable=False,
        help="Keep the store here. [default: CCMETER_DATA_DIR, else your data folder]",
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="The server's database: postgresql://user:password@host/name. [default: server.db in the data folder]",
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
        "--project",
        "-p",
        metavar="PATH",
        help="Only this project: its path or the end of it, its alias or group. Repeatable.",
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="Only projects with this tag. Repeatable."),
]
MergeWorktrees = Annotated[
    bool,
    typer.Option(
        "--merge-worktrees/--no-merge-worktrees",
        help="Take a repository's worktrees and sub-folders for one project, or keep them apart.",
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
Device = Annotated[
    str,
    typer.Option(
        "--device", metavar="NAME", help="What this machine of your vault knows: all, this, or its name."
    ),
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
Rank = Annotated[str, typer.Option("--order", "-o", metavar="asc|desc", help="Dearest first (desc) or last.")]
ActiveTime = Annotated[bool, typer.Option("--active-time", help="How long was worked on each day.")]
SortSessions = Annotated[
    str | None,
    typer.Option("--sort", metavar="KEY", help="time (the default), cost, tokens or duration."),
]
OrderOf = Annotated[
    str | None,
    typer.Option(
        "--order",
        "-o",
        metavar="asc|desc",
        help="Least first (asc) or greatest. [default: asc by time, else desc]",
    ),
]
Breakdown = Annotated[bool, typer.Option("--breakdown", "-b", help="A line per model under each row.")]
ByProject = Annotated[
    bool, typer.Option("--by-project", "--instances", "-i", help="The rows of each project apart.")
]
StartOfWeek = Annotated[
    str | None, typer.Option("--start-of-week", "-w", metavar="DAY", help="The day that weeks begin with.")
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
        help="table, json, jsonl, csv, markdown, html, xlsx or parquet. [default: by --output, else table]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", "-j", help="Short for --format json.")]
JsonShape = Annotated[
    str,
    typer.Option(
        "--json-shape",
        metavar="claude|unified",
        help="JSON as `ccusage claude` writes it, or as its reports over all agents do.",
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Short for --format csv.")]
Output = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", readable=False, help="Write to this file.")
]
Force = Annotated[bool, typer.Option("--force", help="Let --output replace a file.")]
Currency = Annotated[
    str | None,
    typer.Option(
        "--currency", metavar="CODE", help="Show money in this currency, at the rate in your settings: EUR."
    ),
]
Numbers = Annotated[
    str,
    typer.Option(
        "--numbers", metavar="comma|point|space|plain", help="1,234.5 or 1.234,5 or 1 234,5 or 1234.5."
    ),
]
Dates = Annotated[
    str, typer.Option("--dates", metavar="iso|eu|us", help="2026-11-20 or 20.11.2026 or 11/20/2026.")
]
Theme = Annotated[
    str,
    typer.Option("--theme", metavar="auto|dark|light|mono", help="The colours of what you read it on."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which usage."""

    since: Since = None
    until: Until = None
    last: Last = None
    time_zone: TimeZone = None
    projects: Projects = None
    tags: Tags = None
    merge_worktrees: MergeWorktrees = True
    models: Models = None
    sessions: Sessions = None
    device: Device = "all"
    mode: Mode = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How it is shown."""

    compact: Compact = False
    no_cost: NoCost = False
    currency: Currency = None
    numbers: Numbers = "comma"
    dates: Dates = "iso"
    theme: Theme = "auto"
    format_name: Format = None
    as_json: AsJson = False
    json_shape: JsonShape = "claude"
    as_csv: AsCsv = False
    output: Output = None
    force: Force = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How it is written: of reports that are not about usage."""

    currency: Currency = None
    numbers: Numbers = "comma"
    dates: Dates = "iso"
    theme: Theme = "auto"
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
