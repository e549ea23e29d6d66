"""`ccmeter sync`: makes a person's machines agree, sealed, through a server of their choice."""

from __future__ import annotations

from typing import Annotated

import typer

from ccmeter.cli import options as o

SECTION = "Sync"
SETTABLE = False

app = typer.Typer(help="Add up all your machines, encrypted end to end. Off until you begin it.")

Server = Annotated[
    str, typer.Argument(metavar="URL", help="Such as https://sync.example.org.", show_default=False)
]
Name = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="What this machine is called. [default: its host name]"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Which = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE", help="Its name, or the first digits of its id: see `devices`.", show_default=False
    ),
]


@app.command()
def init(
    server: Server,
    *,
    invite: Annotated[
        str, typer.Option("--invite", metavar="CODE", help="Where the server asks for one.")
    ] = "",
    name: Name = None,
    dry_run: DryRun = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="For scripts: print the recovery phrase, and do not ask.")
    ] = False,
    kept: o.Kept,
) -> None:
    """Begin a vault with this machine: shows its recovery phrase once, and sends what was used, sealed.

    Example: ccmeter sync init https://sync.example.org --invite CODE
    """
    from ccmeter.cli import entering

    entering.begin(kept, server, invite=invite, name=name, dry_run=dry_run, yes=yes)


@app.command()
def pair(
    *,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Print the code and end; it holds for ten minutes.")
    ] = False,
    dry_run: DryRun = False,
    data_dir: o.DataDir = None,
) -> None:
    """Let another machine in: prints a code for `ccmeter sync join`, and waits until it is taken.

    Example: ccmeter sync pair
    """
    from ccmeter.cli import entering

    entering.let_in(o.Kept(data_dir=data_dir), waits=not no_wait, dry_run=dry_run)


@app.command()
def join(
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE", help="What `pair` printed; - reads it from standard input.", show_default=False
        ),
    ],
    *,
    name: Name = None,
    dry_run: DryRun = False,
    kept: o.Kept,
) -> None:
    """Enter the vault of another machine with the code that it shows.

    Example: ccmeter sync join -
    """
    from ccmeter.cli import entering

    entering.join(kept, code, name=name, dry_run=dry_run)


@app.command()
def recover(server: Server, *, name: Name = None, dry_run: DryRun = False, kept: o.Kept) -> None:
    """Enter the vault with nothing but its recovery phrase, asked for or from standard input.

    Example: ccmeter sync recover https://sync.example.org
    """
    from ccmeter.cli import entering

    entering.recover(kept, server, name=name, dry_run=dry_run)


@app.command()
def now(
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing, and end where another sync is at work.")
    ] = False,
    dry_run: DryRun = False,
    kept: o.Kept,
) -> None:
    """Sync now: take what other machines told, and tell them what is new here.

    Example: ccmeter sync now
    """
    if quiet and not dry_run:
        from ccmeter.cli import quiet as in_silence

        in_silence.now(kept)
        return
    from ccmeter.cli import agreeing

    agreeing.now(kept, dry_run=dry_run)


@app.command()
def status(
    *,
    check: Annotated[bool, typer.Option("--check", help="Ask the server, too.")] = False,
    as_json: o.AsJson = False,
    time_zone: o.TimeZone = None,
    kept: o.Kept,
) -> None:
    """Say what is where: machines, what each knows and since when it was heard of, what would be sent, keys, timer.

    Asks nobody, unless with --check.

    Example: ccmeter sync status --check
    """
    from ccmeter.cli import standing

    standing.show(kept, check=check, as_json=as_json, time_zone=time_zone)


@app.command()
def devices(*, as_json: o.AsJson = False, time_zone: o.TimeZone = None, data_dir: o.DataDir = None) -> None:
    """List the machines of the vault, as this one knows them.

    Example: ccmeter sync devices
    """
    from ccmeter.cli import standing

    standing.devices(o.Kept(data_dir=data_dir), as_json=as_json, time_zone=time_zone)


@app.command()
def rename(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What this machine is to be called.", show_default=False)
    ],
    *,
    dry_run: DryRun = False,
    data_dir: o.DataDir = None,
) -> None:
    """Give this machine another name.

    Example: ccmeter sync rename laptop
    """
    from ccmeter.cli import agreeing

    agreeing.rename(o.Kept(data_dir=data_dir), name, dry_run=dry_run)


@app.command()
def revoke(device: Which, *, dry_run: DryRun = False, yes: Yes = False, data_dir: o.DataDir = None) -> None:
    """Shut a machine out, and give the vault new keys that it does not get. What it told stays.

    Example: ccmeter sync revoke old-laptop
    """
    from ccmeter.cli import agreeing

    agreeing.revoke(o.Kept(data_dir=data_dir), device, dry_run=dry_run, yes=yes)


@app.command()
def phrase(
    *,
    dry_run: DryRun = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="For scripts: print the phrase, and do not ask.")
    ] = False,
    data_dir: o.DataDir = None,
) -> None:
    """Make a new recovery phrase, shown once. The old one opens nothing any more.

    Example: ccmeter sync phrase
    """
    from ccmeter.cli import agreeing

    agreeing.replace_phrase(o.Kept(data_dir=data_dir), dry_run=dry_run, yes=yes)


@app.command()
def forget(
    device: Annotated[
        str,
        typer.Argument(
            metavar="DEVICE|SELF", help="A machine of the vault; SELF is this one.", show_default=False
        ),
    ],
    *,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="DAY", help="Only what was used before this day: 2026-01-01, 90d."),
    ] = None,
    time_zone: o.TimeZone = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    data_dir: o.DataDir = None,
) -> None:
    """Take what only one machine knows out of the vault, on every machine and on the server.

    Example: ccmeter sync forget old-laptop --before 2026-01-01 --dry-run
    """
    from ccmeter.cli import agreeing

    agreeing.forget(
        o.Kept(data_dir=data_dir), device, before=before, time_zone=time_zone, dry_run=dry_run, yes=yes
    )


@app.command()
def leave(
    *,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Do not ask the server: it is gone for good, and cannot be told."),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    data_dir: o.DataDir = None,
) -> None:
    """End syncing on this machine: what others told goes from here, what this one used stays, here and with them.

    Example: ccmeter sync leave
    """
    from ccmeter.cli import agreeing

    agreeing.leave(o.Kept(data_dir=data_dir), offline=offline, dry_run=dry_run, yes=yes)


@app.command()
def export(*, output: o.Output = None, force: o.Force = False, data_dir: o.DataDir = None) -> None:
    """Fetch all that the server holds of you, as lines of JSON, sealed as it lies there.

    Example: ccmeter sync export --output vault.jsonl
    """
    from ccmeter.cli import agreeing

    agreeing.export(o.Kept(data_dir=data_dir), output, force=force)


@app.command()
def delete(*, dry_run: DryRun = False, yes: Yes = False, data_dir: o.DataDir = None) -> None:
    """Erase the vault with all that the server holds of you, and look that nothing is left.

    Example: ccmeter sync delete
    """
    from ccmeter.cli import agreeing

    agreeing.delete(o.Kept(data_dir=data_dir), dry_run=dry_run, yes=yes)


@app.command()
def schedule(
    action: Annotated[
        str, typer.Argument(metavar="install|status|uninstall", help="What to do.", show_default=False)
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be installed, and change nothing.")
    ] = False,
    kept: o.Kept,
) -> None:
    """Sync by a timer of this system, also while no command runs: systemd, launchd or the Task Scheduler.

    Example: ccmeter sync schedule install
    """
    from ccmeter.cli import asking, scheduling

    asking.chosen(action, "schedule", ("install", "status", "uninstall"))
    scheduling.do(action, kept, dry_run=dry_run)
