"""`ccmeter serve`: the small server that a person's machines agree through, and what whoever runs it needs."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from ccmeter.cli import options as o
from ccmeter.cli.handle import DefaultHandles

SECTION = "Sync"

app = typer.Typer(
    cls=DefaultHandles,
    help="Run the server that machines sync through, and look after it.\n\n"
    "Without a command, `ccmeter serve` means `ccmeter serve run`. It needs the extra: pip install 'ccmeter-cli[server]'",
)

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without being asked.")]


@app.command()
def run(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Listen here.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="Listen on this port; 0 takes a free one.")] = 8484,
    registration: Annotated[
        str, typer.Option(metavar="open|invite|closed", help="Who may make an account.")
    ] = "invite",
    server_name: Annotated[
        str, typer.Option(metavar="TEXT", help="What the server calls itself.")
    ] = "ccmeter",
    notice: Annotated[str, typer.Option(metavar="TEXT", help="Shown to everybody who syncs.")] = "",
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NET",
            help="Believe this proxy who asks (X-Forwarded-For, -Proto): address or network, repeatable.",
        ),
    ] = None,
    admin: Annotated[
        list[str] | None,
        typer.Option(metavar="NET", help="May read /metrics, repeatable. [default: this machine]"),
    ] = None,
    database_url: o.DatabaseUrl = None,
    data_dir: o.DataDir = None,
) -> None:
    """Run the server until it is ended (Ctrl-C or SIGTERM).

    Log lines go to standard output, one JSON object each. While there is no account, each start prints an invite.

    Example: ccmeter serve --port 8484
    """
    from ccmeter.cli import asking, serving

    asking.chosen(registration, "--registration", ("open", "invite", "closed"))
    serving.run(
        serving.Wanted(
            url=serving.url_of(database_url, data_dir),
            host=host,
            port=port,
            registration=registration,
            name=server_name,
            notice=notice,
            trusted_proxies=tuple(trusted_proxy or ()),
            admins=None if admin is None else tuple(admin),
        )
    )


@app.command()
def invite(
    hours: Annotated[int, typer.Option(metavar="N", help="How long it can be used.", min=1)] = 24,
    database_url: o.DatabaseUrl = None,
    data_dir: o.DataDir = None,
) -> None:
    """Print a code that lets one account be made, once.

    Example: ccmeter serve invite --hours 48
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import serving

    out.write(f"{serving.invited(serving.url_of(database_url, data_dir), hours)}\n")


@app.command()
def migrate(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database.")],
    database_url: o.DatabaseUrl = None,
    data_dir: o.DataDir = None,
) -> None:
    """Copy everything into another database, and prove it by counts and digests. Stop the server first.

    Example: ccmeter serve migrate --to postgresql://ccmeter@localhost/ccmeter
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import serving

    for line in serving.copied(serving.url_of(database_url, data_dir), to):
        out.write(f"{line}\n")
    out.say("Start the server with --database-url from now on; the old database was left as it is.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.", show_default=False)],
    database_url: o.DatabaseUrl = None,
    data_dir: o.DataDir = None,
) -> None:
    """Write all that the server holds into one file, and prove it by counts and digests. The server may run.

    Example: ccmeter serve backup ccmeter-server-backup.db
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import serving

    for line in serving.backed_up(serving.url_of(database_url, data_dir), file):
        out.write(f"{line}\n")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", show_default=False)],
    database_url: o.DatabaseUrl = None,
    data_dir: o.DataDir = None,
    *,
    yes: Yes = False,
) -> None:
    """Put a backup in the place of what the server holds. Stop the server first.

    Clients notice that the server went back, and give it again what it lost.

    Example: ccmeter serve restore ccmeter-server-backup.db
    """
    from ccmeter.cli import confirming, serving
    from ccmeter.cli import output as out

    url = serving.url_of(database_url, data_dir)
    if not confirming.is_confirmed("All that the server holds is replaced by the backup.", yes=yes):
        return
    for line in serving.restored(file, url):
        out.write(f"{line}\n")


@app.command()
def purge(
    database_url: o.DatabaseUrl = None,
    data_dir: o.DataDir = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take it out; else it is only counted.")] = False,
) -> None:
    """Say what has had its time (expired codes, old marks, audit rows of two years ago); with --yes, take it out.

    Example: ccmeter serve purge --yes
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import serving

    for line in serving.purged(serving.url_of(database_url, data_dir), yes=yes):
        out.write(f"{line}\n")
    if not yes:
        out.say("Nothing was changed. Add --yes to take it out.")


@app.command()
def doctor(database_url: o.DatabaseUrl = None, data_dir: o.DataDir = None) -> None:
    """Look at all that the server holds: is it whole, does it add up, would it outlive a crash. Status 1 if not.

    Example: ccmeter serve doctor
    """
    from ccmeter.cli import output as out
    from ccmeter.cli import serving

    found = serving.examined(serving.url_of(database_url, data_dir))
    out.write("".join(f"{'ok ' if is_good else 'BAD'}  {text}\n" for is_good, text in found))
    if not all(is_good for is_good, _ in found):
        raise typer.Exit(1)


@app.command()
def audit(
    action: Annotated[str, typer.Argument(metavar="verify|show", help="What to do.", show_default=False)],
    expect: Annotated[
        str | None, typer.Option(metavar="HASH", help="What the last row's hash was when you noted it.")
    ] = None,
    database_url: o.DatabaseUrl = None,
    data_dir: o.DataDir = None,
) -> None:
    """Verify the log of what was done: is any row changed, or missing; or show it, as JSON lines.

    Rows hold no ids; each names its account by a hash that nobody can undo once the account is erased.

    Example: ccmeter serve audit verify
    """
    from ccmeter.cli import asking, serving
    from ccmeter.cli import output as out

    asking.chosen(action, "audit", ("verify", "show"))
    url = serving.url_of(database_url, data_dir)
    if action == "show":
        out.stream(serving.audit_lines(url))
        return
    out.write(f"{serving.verified(url, expect)}\n")
