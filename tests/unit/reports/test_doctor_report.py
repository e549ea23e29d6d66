"""How a diagnosis is laid out. `CCMETER_UPDATE_GOLDEN=1 pytest tests/unit/reports` writes the golden files anew."""

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path

import pytest

from ccmeter.queries.health import FilesRead, Health, UnpricedModel, VersionHealth
from ccmeter.reports import doctor
from ccmeter.reports.doctor import Diagnosis, Folder
from ccmeter.reports.formats import RenderOptions, render
from support.rendered import text

GOLDEN = Path(__file__).parents[2] / "golden" / "doctor"
TODAY = dt.date(2026, 11, 21)


def version(
    name: str, calls: int, nonfinal: int, missing: int, pico: int, *, without: int = 0
) -> VersionHealth:
    return VersionHealth(
        version=name,
        calls=calls,
        nonfinal_calls=nonfinal,
        recorded_tokens=4 * nonfinal,
        calls_without_estimate=without,
        missing_tokens=missing,
        missing_pico=pico,
    )


def diagnosis() -> Diagnosis:
    """Give what somebody sees who has used Claude Code for a year on two machines."""
    health = Health(
        files=FilesRead(
            paths=tuple(f"/logs/{number}" for number in range(1_288)),
            size_bytes=1_288_490_188,
            kinds={"assistant": 57_267, "user": 32_882, "progress": 53_695},
            rejected={"malformed line": 3, "no timestamp": 1},
        ),
        usage_lines=64_303,
        calls=31_075,
        undated_calls=1,
        versions=(
            version("1.0.53", 3, 3, 0, 0, without=3),
            version("2.1.12", 6_297, 6_296, 2_851_004, 71_275_100_000_000),
            version("2.1.200", 797, 0, 0, 0),
            version("2.1.39", 12, 12, 3_687, 92_175_000_000, without=6),
            version("2.1.7", 1, 1, 1, 1_000),
            version("", 1, 1, 12, 0),
        ),
        first_on=dt.date(2025, 11, 2),
        days=(dt.date(2025, 11, 2), dt.date(2026, 10, 21), dt.date(2026, 10, 22), TODAY),
        schema_version=1,
        finished_at=dt.datetime(2026, 11, 21, 3, 4, 5, tzinfo=dt.UTC),
        problems={},
    )
    return Diagnosis(
        version="ccmeter 1.2.3",
        folders=(
            Folder(
                path=Path("/home/somebody/.claude"),
                exists=True,
                files=1,
                cleanup_days=30,
                is_cleanup_default=True,
            ),
            Folder(
                path=Path("/mnt/backup/of/the/other/machine/home/somebody/.config/claude"),
                exists=True,
                files=1_287,
                cleanup_days=365,
                is_cleanup_default=False,
            ),
            Folder(
                path=Path("/home/somebody/.config/claude"),
                exists=False,
                files=0,
                cleanup_days=1,
                is_cleanup_default=False,
            ),
        ),
        problems={"Permission denied: a folder that somebody else owns": 2},
        health=health,
        unpriced=(UnpricedModel(model="gpt-7", calls=1, tokens=12_345),),
        prices_as_of=dt.date(2026, 11, 20),
        store=Path("/home/somebody/.local/share/ccmeter/ccmeter.duckdb"),
        store_bytes=12_582_912,
        gone_files=1_100,
        today=TODAY,
    )


CASES = [
    *(("table", f"table-{width}.txt", RenderOptions(width=width)) for width in (60, 80, 120)),
    ("table", "table-colour-80.txt", RenderOptions(width=80, colour=True)),
    ("csv", "csv.csv", RenderOptions()),
    ("json", "json.json", RenderOptions()),
    ("markdown", "markdown.md", RenderOptions()),
]


@pytest.mark.parametrize(("name", "file", "options"), CASES, ids=lambda each: str(each)[:20])
def test_a_diagnosis_is_the_golden_one(name: str, file: str, options: RenderOptions) -> None:
    """What people and scripts see changes only on purpose."""
    shown = text(render(name, doctor.lay_out(diagnosis()), options)).encode()
    if os.environ.get("CCMETER_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / file).write_bytes(shown)
    assert (GOLDEN / file).read_bytes() == shown


def test_a_day_is_lost_when_it_is_older_than_the_strictest_folder_keeps() -> None:
    """A folder that is not there deletes nothing; without any the default holds."""
    full = diagnosis()
    assert (full.cleanup_days, full.kept_days) == (30, 2)
    one = replace(full, folders=full.folders[1:])
    assert (one.cleanup_days, one.kept_days) == (365, 1)
    assert replace(full, folders=full.folders[2:]).cleanup_days == 30


def test_versions_come_in_the_order_they_came_out() -> None:
    """2.1.7 before 2.1.12; a log may hold anything, and no number in it is too long."""
    names = ["2.1.12", "2.1.7", "", "10.0", "9" * 10_000, "v3", "²", "2.1.7-beta", "2.1"]
    health = replace(diagnosis().health, versions=tuple(version(name, 1, 1, 1, 1) for name in names))
    ordered = [each.version for each in replace(diagnosis(), health=health).versions]
    assert ordered[:6] == ["", "²", "2.1", "2.1.7", "2.1.7-beta", "2.1.12"]


def test_prices_are_never_of_tomorrow() -> None:
    """In the west it may still be the day before the one they are of."""
    assert replace(diagnosis(), today=dt.date(2026, 11, 19)).prices_age == "0 days"
    assert diagnosis().prices_age == "1 day"
