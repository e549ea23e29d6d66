"""`ccmeter project`: usage and cost by project, and what a person calls and groups their projects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ccmeter.cli import options as o
from ccmeter.cli.handle import Handles

if TYPE_CHECKING:
    from typer._click.core import Context

SECTION = "Reports"
DEFAULT: Final = "report"
_LONGEST: Final = 80
"""Characters of an alias, a group or a tag; the settings take no more."""


class _Projects(Handles):
    """The commands on projects; options alone are those of the report."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put the report's name before options that stand alone."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Projects,
    help="Show usage and cost by project, or say what projects are called.\n\n"
    "Without a command it is the report: `ccmeter project --last 30`.",
)

GroupBy = Annotated[
    str,
    typer.Option(
        "--group-by", metavar="WHAT", help="group: projects of one group are one row; project; tag."
    ),
]
SortProjects = Annotated[
    str, typer.Option("--sort", metavar="KEY", help="cost, tokens, duration, time (last activity) or name.")
]
Folder = Annotated[str, typer.Argument(metavar="PATH", help="A folder of the project.", show_default=False)]
Folders = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Folders of the projects.", show_default=False)
]
Remove = Annotated[bool, typer.Option("--remove", help="Take it away again.")]


@app.command(DEFAULT)
def report(
    which: o.Which,
    *,
    group_by: GroupBy = "group",
    sort: SortProjects = "cost",
    order: o.OrderOf = None,
    breakdown: o.Breakdown = False,
    shown: o.Shown,
    source: o.Source,
) -> None:
    """Show usage and cost by project: what `ccmeter project` alone does.

    Example: ccmeter project --last 30 --group-by tag
    """
    from typing import get_args

    from ccmeter.cli import periods, reporting
    from ccmeter.cli.asking import chosen
    from ccmeter.queries import project as question
    from ccmeter.reports import project as page
    from ccmeter.reports.usage_table import UsageOptions

    kinds: tuple[question.GroupBy, ...] = get_args(question.GroupBy)
    sorts: tuple[question.Sort, ...] = get_args(question.Sort)
    by = kinds[kinds.index(chosen(group_by, "--group-by", kinds))]
    sorted_by = sorts[sorts.index(chosen(sort, "--sort", sorts))]
    way = chosen(order or ("asc" if sorted_by == "name" else "desc"), "--order", ("asc", "desc"))
    has_budgets = not source.demo and not shown.no_cost
    reporting.show(
        "project",
        lambda connection, limits: (
            question.report(connection, limits, by=by, sort=sorted_by, greatest_first=way == "desc"),
            periods.budgets(connection, limits) if has_budgets else (),
        ),
        lambda found, empty: periods.with_budgets(
            page.lay_out(
                found[0],
                options=UsageOptions(
                    breakdown=breakdown, compact=shown.compact, no_cost=shown.no_cost, empty=empty
                ),
            ),
            found[1],
        ),
        which=which,
        shown=shown,
        source=source,
    )


@app.command("list")
def list_(
    *,
    merge_worktrees: o.MergeWorktrees = True,
    written: o.Written,
    source: o.Source,
) -> None:
    """List the projects that are known, with their aliases, groups and tags.

    Example: ccmeter project list
    """
    from ccmeter.cli import opening, progress, reporting, sample
    from ccmeter.domain.filters import Filters
    from ccmeter.queries.placing import placed
    from ccmeter.reports import project as page

    name = reporting.format_of(written)
    grouping = (sample if source.demo else opening).grouping(merges_worktrees=merge_worktrees)
    with (
        sample.places() if source.demo else opening.found(source.claude_dirs, source.data_dir) as where,
        progress.shown() as (narration, _),
        opening.store(where, ingest=source.demo or not source.no_ingest, narration=narration) as opened,
    ):
        known = placed(opened.connection, Filters(time_zone="UTC", grouping=grouping))
    empty = reporting.NOTHING_FOUND + reporting.TRY_DEMO.format("project list")
    reporting.write(name, page.lay_out_list(known, empty=empty), written)


@app.command()
def alias(
    path: Folder,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What to call it.", show_default=False)] = "",
    *,
    remove: Remove = False,
) -> None:
    """Call a project by a name of your own.

    Example: ccmeter project alias ~/work/shop Shop
    """
    from ccmeter.cli import output as out
    from ccmeter.domain.errors import UsageError

    if bool(name) == remove:
        raise UsageError("An alias is a name, or --remove.", hint="ccmeter project alias ~/work/shop Shop")
    key = _said_of(path)
    _set(key, "alias", None if remove else _word(name))
    out.write(f"{key} has no alias any more.\n" if remove else f"{key} is called {name.strip()}.\n")


@app.command()
def group(
    words: Annotated[
        list[str],
        typer.Argument(metavar="NAME PATH...", help="The group's name, then folders.", show_default=False),
    ],
    *,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take these folders out of their groups; no NAME then.")
    ] = False,
) -> None:
    """Show several projects as one.

    Example: ccmeter project group client-a ~/work/shop ~/work/shop-api
    """
    from ccmeter.cli import output as out
    from ccmeter.domain.errors import UsageError

    name, paths = ("", words) if remove else (words[0], words[1:])
    if not paths:
        raise UsageError(
            "A group needs folders.", hint="ccmeter project group client-a ~/work/shop ~/work/shop-api"
        )
    keys = [_said_of(path) for path in paths]
    for key in keys:
        _set(key, "group", None if remove else _word(name))
    folders = ", ".join(keys)
    out.write(f"In the group {name}: {folders}.\n" if not remove else f"In no group any more: {folders}.\n")


@app.command()
def tag(
    path: Folder,
    tags: Annotated[list[str], typer.Argument(metavar="TAG...", help="The tags.", show_default=False)],
    *,
    remove: Remove = False,
) -> None:
    """Give a project tags, to filter by with --tag and to add up with --group-by tag.

    Example: ccmeter project tag ~/work/shop work billable
    """
    from ccmeter.cli import opening
    from ccmeter.cli import output as out

    key, tags = _said_of(path), [_word(each) for each in tags]
    labels = {label.path: label for label in opening.grouping(merges_worktrees=True).labels}
    before = labels[key].tags if key in labels else ()
    kept = [each for each in before if each not in tags] if remove else [*dict.fromkeys((*before, *tags))]
    _set(key, "tags", kept or None)
    out.write(f"Tags of {key}: {', '.join(kept)}.\n" if kept else f"{key} has no tags any more.\n")


def _word(text: str) -> str:
    """Give a name as the settings take it. Raises UsageError."""
    from ccmeter.domain.errors import UsageError

    if not 0 < len(text.strip()) <= _LONGEST or not text.isprintable():
        raise UsageError(
            f"'{text}' is no name.", hint=f"A name has 1 to {_LONGEST} characters, and not only spaces."
        )
    return text.strip()


def _said_of(path: str) -> str:
    """Give the key under which the settings speak of a folder: the one they have, else with `~` for the home folder.

    Raises UsageError where nobody can tell which folder is meant.
    """
    from ccmeter.cli import opening
    from ccmeter.domain import projects
    from ccmeter.domain.errors import UsageError

    grouping = opening.grouping(merges_worktrees=True)
    whole = projects.expanded(path, grouping.home)
    if not projects.is_whole(whole):
        if not Path(whole).is_dir():
            raise UsageError(
                f"There is no folder {path} here.", hint="Give its whole path; `ccmeter project list` has it."
            )
        whole = os.path.abspath(whole)  # noqa: PTH100 - links stay as they are
    key = projects.key(whole)
    for label in grouping.labels:
        if projects.key(projects.expanded(label.path, grouping.home)) == key:
            return label.path
    return projects.abbreviated(whole.rstrip("/\\") or whole, grouping.home)


def _set(key: str, name: str, value: str | list[str] | None) -> None:
    """Write what is said of a project to the settings; None takes it out. Raises ConfigError."""
    from ccmeter.config import edit, paths

    file = paths.config_file(os.environ)
    place = ("projects", key, name)
    if value is None:
        edit.unset_value(file, place)
    else:
        edit.set_value(file, place, value)
