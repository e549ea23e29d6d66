"""Where the hook finds its settings and folders: as every other command does, without loading what that does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccmeter.config import paths
from ccmeter.statusline import settings, snapshot
from ccmeter.statusline.settings import Settings

NONE = snapshot.Snapshot({})


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ([], {}),
        (["--template", "{model}"], {"template": "{model}"}),
        (["--template={model}=", "--warn", "5"], {"template": "{model}=", "warn": "5"}),
        (["--no-refresh"], {"refresh": "false"}),
        (["--refresh"], {"refresh": "true"}),
        (
            ["--wrap", "--x y", "--data-dir=/d", "--config", "/c"],
            {"wrap": "--x y", "data-dir": "/d", "config": "/c"},
        ),
        (["--wrap"], None),
        (["--help"], None),
        (["install"], None),
        (["-h"], None),
        (["--currency", "EUR"], {"currency": "EUR"}),
        (["--claude-dir", "x"], None),
        (["--refresh=yes"], None),
    ],
)
def test_arguments(arguments: list[str], meant: dict[str, str] | None) -> None:
    assert settings.parsed(arguments) == meant


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"XDG_DATA_HOME": "/x/data", "XDG_CONFIG_HOME": "/x/config"},
        {"XDG_DATA_HOME": "", "XDG_CONFIG_HOME": " "},
        {"XDG_DATA_HOME": "relative"},
        {"CCMETER_DATA_DIR": "~/kept", "CCMETER_CONFIG": "~/c.toml"},
    ],
)
def test_places_are_those_of_the_other_commands(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "CCMETER_DATA_DIR", "CCMETER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    here = dict(os.environ)
    assert Path(settings.config_file({}, here)) == paths.config_file(here)
    found = settings.data_dir({}, here) or settings.default_data_dir(here)
    assert Path(found) == paths.data_dir(None, here)


def test_what_goes_before_what(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        '[statusline]\ntemplate = "file"\nwarn = 1\nalarm = 2\nwrap_timeout = 3\nrefresh = false\n'
    )
    environment = {
        "CCMETER_STATUSLINE_WARN": "10",
        "CCMETER_STATUSLINE_ALARM": "20",
        "CCMETER_STATUSLINE_WRAP": "",
    }
    found = settings.settled({"alarm": "200"}, environment, settings.in_file(str(file), NONE))
    assert (found.template, found.warn, found.alarm, found.wrap_timeout_s) == ("file", 10.0, 200.0, 3)
    assert (found.refresh, found.wrap) == (False, "")


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ('data-dir = "/top"', "/top"),
        ('data_dir = "/top"\n[options]\ndata-dir = "/options"', "/options"),
        ('data_dir = "/top"\n[statusline]\ndata-dir = "/own"', "/own"),
        ('[daily]\ndata-dir = "/daily"', ""),
        ("data-dir = [1]", ""),
        ("data-dir = ", ""),
    ],
)
def test_folder_in_the_file(tmp_path: Path, text: str, folder: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    assert settings.data_dir_in(settings.in_file(str(file), NONE)) == folder


def test_snapshot_keeps_what_the_file_said_until_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[statusline]\ntemplate = "one"\n')
    kept = settings.taken(str(file))
    assert kept is not None
    kept["values"] = {"template": "kept"}
    known = snapshot.Snapshot({"v": 1, "settings": kept})
    assert settings.in_file(str(file), known) == {"template": "kept"}
    file.write_text('[statusline]\ntemplate = "another"\n')
    assert settings.in_file(str(file), known) == {"template": "another"}
    file.unlink()
    assert settings.in_file(str(file), known) == {}
    assert settings.taken(str(file)) is None


def test_values_that_make_no_sense_are_passed_over() -> None:
    found = Settings(
        {"template": 5, "wrap": [], "warn": "x", "alarm": -1, "wrap-timeout": True, "refresh": "perhaps"}
    )
    assert found.template == settings.DEFAULT_TEMPLATE
    assert (found.wrap, found.warn, found.alarm, found.wrap_timeout_s, found.refresh) == ("", 70, 90, 5, True)


def test_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert settings.in_file(str(tmp_path), NONE) == {}
    (tmp_path / "c.toml").write_bytes(b"\xff")
    assert settings.in_file(str(tmp_path / "c.toml"), NONE) == {}


DATED = "[currency.rates.EUR]\n2020-01-01 = 0.8\n2021-01-01 = 0.5\n2999-01-01 = 3.0\n[currency.rates]\nJPY = 150\n"


@pytest.mark.parametrize(
    ("text", "environment", "flags", "code"),
    [
        (DATED, {}, {}, "USD"),
        (f'currency.code = "eur"\n{DATED}'.replace("[currency.rates]\nJPY = 150\n", ""), {}, {}, "EUR"),
        (f'[options]\ncurrency = "JPY"\n{DATED}', {}, {}, "JPY"),
        (f'[statusline]\ncurrency = "EUR"\n[options]\ncurrency = "JPY"\n{DATED}', {}, {}, "EUR"),
        (DATED, {"CCMETER_CURRENCY": "EUR"}, {}, "EUR"),
        (DATED, {"CCMETER_CURRENCY": "EUR", "CCMETER_STATUSLINE_CURRENCY": "JPY"}, {}, "JPY"),
        (f'[options]\ncurrency = "JPY"\n{DATED}', {"CCMETER_CURRENCY": "usd"}, {}, "USD"),
        (DATED, {"CCMETER_CURRENCY": "EUR"}, {"currency": "JPY"}, "JPY"),
        (DATED, {}, {"currency": "CHF"}, "USD"),
    ],
)
def test_currency_is_found_as_other_commands_find_it(
    tmp_path: Path, text: str, environment: dict[str, str], flags: dict[str, str], code: str
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text, "utf-8")
    assert settings.settled(flags, environment, settings.in_file(str(file), NONE)).currency.code == code


def test_snapshot_keeps_the_rates_that_count(tmp_path: Path) -> None:
    """The one in force, and those to come: a snapshot may be older than a rate."""
    file = tmp_path / "c.toml"
    file.write_text(DATED, "utf-8")
    kept = settings.taken(str(file))
    assert kept is not None
    assert kept["values"] == {
        "rates": {"EUR": {"2021-01-01": "0.5", "2999-01-01": "3.0"}, "JPY": {"": "150.0"}}
    }


@pytest.mark.parametrize(
    "rate", ["true", "-1", "0", "nan", "inf", '"x"', "1e7", "[1]", '{ "x" = 1 }', "{ 2999-01-01 = 1 }"]
)
def test_rates_that_are_none_leave_dollars(tmp_path: Path, rate: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f'[currency]\ncode = "EUR"\n[currency.rates]\nEUR = {rate}\n', "utf-8")
    assert settings.settled({}, {}, settings.in_file(str(file), NONE)).currency.code == "USD"
