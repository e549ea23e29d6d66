"""`ccmeter prices`: the rate cards in force, or the models met without one."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Annotated

import typer

from ccmeter.cli import options as o

if TYPE_CHECKING:
    from ccmeter.pricing.cards import Card


SECTION = "Settings"


def prices(
    *,
    model: Annotated[
        str | None, typer.Option("--model", metavar="TEXT", help="Only models with this in their name.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="DAY", help="As of this day. [default: today]")
    ] = None,
    unpriced: Annotated[
        bool, typer.Option("--unpriced", help="The models met that have no price, and their tokens.")
    ] = False,
    written: o.Written,
    kept: o.Kept,
) -> None:
    """Show what models cost, where each price is from and how old.

    Example: ccmeter prices --model opus --at 2026-03-01
    """
    from ccmeter.cli import opening, progress, reporting
    from ccmeter.config import paths
    from ccmeter.domain import dates
    from ccmeter.domain.errors import UsageError
    from ccmeter.pricing import cards
    from ccmeter.queries.health import unpriced_models
    from ccmeter.reports import prices as report

    name = reporting.format_of(written)
    today = dt.datetime.now(dt.UTC).date()
    if unpriced:
        if model or at:
            raise UsageError(
                "--unpriced goes without --model and --at.", hint="It lists every model without a price."
            )
        with (
            opening.found(kept.claude_dirs, kept.data_dir) as where,
            progress.shown() as (narration, _),
            opening.store(where, ingest=not kept.no_ingest, narration=narration) as opened,
        ):
            laid_out = report.lay_out_unpriced(unpriced_models(opened.connection))
    else:
        on = dates.first_day(at, today) if at else today
        in_force = [
            card
            for card in cards.load_cards(opening.overrides(paths.config_file(os.environ)))
            if _is_asked(card, on, model)
        ]
        laid_out = report.lay_out(in_force, on=on, as_of=cards.as_of(), today=today)
    reporting.write(name, laid_out, written)


def _is_asked(card: Card, on: dt.date, model: str | None) -> bool:
    has_begun = card.since is None or card.since <= on
    goes_on = card.until is None or on < card.until
    return has_begun and goes_on and (model is None or model.lower() in card.model.lower())
