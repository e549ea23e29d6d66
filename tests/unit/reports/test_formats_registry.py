import subprocess
import sys

import pytest

from ccmeter.domain.errors import UsageError
from ccmeter.reports.formats import RenderOptions, names, render
from ccmeter.reports.table import Report, Table

EMPTY = Report(table=Table(title="", columns=()), document={})
PEOPLE, FILES = ("table", "markdown", "html"), ("csv", "json", "jsonl", "parquet", "xlsx")


def test_the_folder_is_the_registry() -> None:
    """Every module of the folder is a format."""
    assert set(names()) == {*PEOPLE, *FILES}


@pytest.mark.parametrize("name", ["yaml", "", "..table", "os.path", "formats/json"])
def test_an_unknown_format_is_a_usage_error_that_names_the_known_ones(name: str) -> None:
    """A person learns what there is."""
    with pytest.raises(UsageError, match="There is no format") as caught:
        render(name, EMPTY, RenderOptions())
    assert caught.value.hint == "There are: csv, html, json, jsonl, markdown, parquet, table, xlsx."


def test_a_format_that_misses_a_library_is_not_an_unknown_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation says what is missing."""
    monkeypatch.delitem(sys.modules, "ccmeter.reports.formats.json", raising=False)
    # Python's own way to say that a module cannot be imported.
    monkeypatch.setitem(sys.modules, "json", None)
    with pytest.raises(ModuleNotFoundError, match="json"):
        render("json", EMPTY, RenderOptions())


@pytest.mark.parametrize("name", [*PEOPLE, *FILES])
def test_no_format_imports_rich(name: str) -> None:
    """To lay out and write a report costs no heavy import: it is in the path of every command."""
    program = (
        "import sys; from ccmeter.reports import daily, formats; from ccmeter.reports.table import Report, Table;"
        f"formats.render({name!r}, Report(table=Table(title='', columns=()), document=None), formats.RenderOptions(pack=lambda columns: b''));"
        "print(*{each.partition('.')[0] for each in sys.modules} & {'rich', 'duckdb', 'pydantic', 'typer'})"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
