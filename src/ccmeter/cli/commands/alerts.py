"""`ccmeter alerts`: the rules, what was told by them, and whether a channel works.

These commands take no settings of their own: `[[alerts]]` is what the rules are.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.config.secrets import Secrets

SECTION = "Live"
SETTABLE = False

app = typer.Typer(help="Show the alerts that were told, try a channel, or check the rules now.")
_MOST = 50

AsJson = Annotated[bool, typer.Option("--json", "-j", help="As JSON.")]


@app.command(name="list")
def list_(data_dir: o.DataDir = None, time_zone: o.TimeZone = None, *, as_json: AsJson = False) -> None:
    """Show the rules, and what they told lately.

    Example: ccmeter alerts list
    """
    from zoneinfo import ZoneInfo

    from ccmeter.cli import asking, opening
    from ccmeter.cli import output as out
    from ccmeter.config import budgets, settings
    from ccmeter.reports import alerts as report
    from ccmeter.reports import formats
    from ccmeter.store import episodes, lease

    zone = ZoneInfo(asking.zone_name(time_zone))
    with opening.found(None, data_dir) as where:
        assert where.settings is not None
        chosen = settings.load(where.settings)
        found, sent = [], []
        if where.store.exists():
            with lease.reading(where.store) as connection:
                found = episodes.latest(connection, _MOST)
                sent = episodes.deliveries(connection, found[-1].began_us) if found else []
    wanted = budgets.of(chosen, dt.datetime.now(zone).date())
    laid_out = report.lay_out(chosen, wanted, found, sent, zone)
    out.write(formats.render("json" if as_json else "table", laid_out, out.render_options(None)))


@app.command()
def test(
    channel: Annotated[
        str,
        typer.Argument(metavar="CHANNEL", help="bell, osc, desktop, command or webhook.", show_default=False),
    ],
) -> None:
    """Send a test by one channel.

    Example: ccmeter alerts test desktop
    """
    from ccmeter.alerts import channels, check
    from ccmeter.cli import alerting, asking, opening
    from ccmeter.cli import output as out
    from ccmeter.config import settings
    from ccmeter.domain.errors import OutputError

    asking.chosen(channel, "CHANNEL", channels.names())
    with opening.found(None, None) as where:
        assert where.settings is not None
        means = alerting.means_of(where.settings, settings.load(where.settings))
    failed = check.tried(channel, means, dt.datetime.now(dt.UTC))
    if failed:
        raise OutputError(
            f"The channel {channel} failed: {failed.rstrip('.')}.",
            hint="docs/alerts.md says what each takes.",
        )
    out.say(f"Sent by {channel}.")


@app.command()
def check(
    claude_dirs: o.ClaudeDirs = None,
    data_dir: o.DataDir = None,
    time_zone: o.TimeZone = None,
    *,
    no_ingest: o.NoIngest = False,
) -> None:
    """Check all rules now, and tell what is new. `ccmeter ingest` and the monitor do so, too.

    Example: ccmeter alerts check
    """
    from ccmeter.cli import alerting, asking, opening, progress
    from ccmeter.cli import output as out

    zone = asking.zone_name(time_zone)
    with (
        opening.found(claude_dirs, data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=not no_ingest, narration=narration) as opened,
    ):
        found = alerting.look(opened.connection, where, time_zone=zone, now=dt.datetime.now(dt.UTC))
    if found is None:
        out.say("There are no alerts and no budgets in the settings; docs/alerts.md says how to write some.")
        return
    said = alerting.tell(where, found)
    met = sum(each.is_met for each in found.seen.conditions)
    out.write("\n".join([*said, f"{met} of {len(found.seen.conditions)} conditions met."]) + "\n")


@app.command()
def secret(
    action: Annotated[str, typer.Argument(metavar="set|remove", help="What to do.", show_default=False)],
    name: Annotated[str, typer.Argument(metavar="NAME", help='As in "keyring:NAME".', show_default=False)],
) -> None:
    """Keep a secret for `keyring:NAME` in the settings, read from a prompt or standard input; or forget it.

    Example: ccmeter alerts secret set slack
    """
    from ccmeter.cli import asking
    from ccmeter.cli import output as out
    from ccmeter.config.secrets import checked
    from ccmeter.domain.errors import UsageError

    asking.chosen(action, "secret", ("set", "remove"))
    keeper = _keeper()
    checked(name)
    if action == "remove":
        if not keeper.remove(name):
            raise UsageError(f"There is no secret {name}.", hint="")
        out.say(f"The secret {name} is forgotten.")
        return
    kept = _asked(name).strip()
    if not kept:
        raise UsageError("Nothing was given to keep.", hint="Type it, or pipe it in.")
    out.say(f"The secret {name} is kept {keeper.put(name, kept)}")


def _asked(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    import getpass

    return getpass.getpass(f"Secret {name}: ")


def _keeper() -> Secrets:
    from ccmeter.cli import opening
    from ccmeter.config import settings
    from ccmeter.config.secrets import Secrets

    with opening.found(None, None) as where:
        assert where.settings is not None
        return Secrets(folder=where.settings.parent, place=settings.load(where.settings).secrets)
