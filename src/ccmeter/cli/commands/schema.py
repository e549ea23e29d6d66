"""`ccmeter schema`: what the JSON of a report looks like, as JSON Schema."""

from __future__ import annotations

from typing import Annotated

import typer

SECTION = "Export"


def schema(
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Of a report. Without it: all names.")
    ] = None,
) -> None:
    """Print the JSON Schema (2020-12) of a report's JSON.

    Example: ccmeter schema daily
    """
    from ccmeter.cli import output
    from ccmeter.reports import schemas

    output.write(schemas.text_of(name) if name else "".join(f"{each}\n" for each in schemas.names()))
