"""`ccmeter sync`: everything a person types, against the real server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.household import SETTINGS, Household, Reader, Typed, calls
from support.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.household import Home
    from support.server import Served

NOTHING = "Nothing was sent."


@pytest.fixture
def household(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Household:
    return Household(tmp_path / "homes", monkeypatch, capsys)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(f"sqlite:///{tmp_path / 'server.db'}") as running:
        yield running


@pytest.fixture
def desk(household: Household) -> Home:
    desk = household.home("desk")
    desk.log(*calls(1, 3))
    return desk


@pytest.fixture
def laptop(household: Household) -> Home:
    laptop = household.home("laptop")
    laptop.log(*calls(3, 4))
    return laptop


def _lock(home: Home) -> Path:
    return home.person.data / "sync.lock"


def test_two_machines_come_to_one_total(served: Served, desk: Home, laptop: Home) -> None:
    """From nothing to the same total on both; what both know counts once."""
    assert len(desk.begin(served.url).split()) == 24
    desk.let_in(laptop)
    said = desk.good("sync", "now")
    assert said == "Heard of 3 messages.\n"
    assert desk.totals() == laptop.totals()
    assert desk.totals()["messages"] == 6
    assert desk.totals("--device", "this")["messages"] == 3
    assert desk.good("sync", "now") == "Everything agrees; there was nothing new.\n"


def test_the_phrase_is_shown_and_asked_back(
    served: Served, desk: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    done = desk.run("sync", "init", served.url, typed=Reader(capsys))
    assert done.status == 0, done.stderr
    assert "Told of 3 messages" in done.stdout
    assert not any(len(line.split()) == 24 for line in done.stdout.splitlines())


def test_wrong_words_make_nothing(served: Served, desk: Home, capsys: pytest.CaptureFixture[str]) -> None:
    done = desk.run("sync", "init", served.url, typed=Reader(capsys, slip="wrong"))
    assert done.status == 1
    assert "was not confirmed" in done.stderr
    assert desk.run("sync", "status", "--json").document == {"schemaVersion": 1, "syncs": False}
    assert not _lock(desk).exists()


def test_nobody_to_show_the_phrase_to(served: Served, desk: Home) -> None:
    done = desk.run("sync", "init", served.url)
    assert done.status == 2
    assert "--yes" in done.stderr
    desk.begin(served.url)
    done = desk.run("sync", "phrase")
    assert (done.status, "--yes" in done.stderr) == (2, True)


def test_only_https_leaves_the_machine(desk: Home) -> None:
    done = desk.run("sync", "init", "http://sync.example.org", "--yes")
    assert done.status == 1
    assert "https" in done.stderr


def test_a_server_that_is_not_there(desk: Home) -> None:
    """Said in words, and nothing is left behind."""
    done = desk.run("sync", "init", "http://127.0.0.1:9", "--yes")
    assert done.status == 1
    assert "127.0.0.1:9 cannot be reached" in done.stderr
    assert desk.run("sync", "status", "--json").document["syncs"] is False
    assert not _lock(desk).exists()


def test_a_used_up_invite(tmp_path: Path, household: Household, desk: Home, laptop: Home) -> None:
    from ccmeter.cli import serving as server
    from ccmeter.server.options import Options

    url = f"sqlite:///{tmp_path / 'invites.db'}"
    with serving(url, Options(registration="invite", rates={})) as served:
        code = server.invited(url, 1)
        desk.begin(served.url, "--invite", code)
        done = laptop.run("sync", "init", served.url, "--yes", "--invite", code)
    assert done.status == 1
    assert "used up" in done.stderr
    assert "ccmeter serve invite" in done.stderr
    assert not _lock(laptop).exists()
    with serving(url, Options(registration="closed", rates={})) as served:
        assert "takes nobody new" in laptop.run("sync", "init", served.url, "--yes").stderr


def test_a_code_works_once(served: Served, desk: Home, laptop: Home, household: Household) -> None:
    desk.begin(served.url)
    code = desk.good("sync", "pair", "--no-wait").strip()
    laptop.good("sync", "join", code)
    again = household.home("third")
    again.log(*calls(9, 1))
    done = again.run("sync", "join", code)
    assert done.status == 1
    assert "used up" in done.stderr
    slip = again.run("sync", "join", code.replace("@", "0@"))
    assert slip.status == 2
    assert "pairing code" in slip.stderr
    assert laptop.run("sync", "join", code).status == 1
    assert "already" in laptop.run("sync", "recover", served.url).stderr
    assert not _lock(again).exists()


def test_recovery_with_the_phrase_alone(served: Served, desk: Home, household: Household) -> None:
    phrase = desk.begin(served.url)
    new = household.home("new")
    new.log(*calls(8, 1))
    wrong = new.run("sync", "recover", served.url, typed="abandon " * 23 + "art\n")
    assert "No vault on this server" in wrong.stderr
    assert new.run("sync", "recover", served.url, typed="one two\n").status == 2
    assert not _lock(new).exists()
    new.good("sync", "recover", served.url, typed=phrase + "\n")
    assert new.totals()["messages"] == 4


def test_a_new_phrase_replaces_the_old(
    served: Served, desk: Home, household: Household, capsys: pytest.CaptureFixture[str]
) -> None:
    old = desk.begin(served.url)
    new = desk.good("sync", "phrase", "--yes").strip()
    other = household.home("other")
    other.log(*calls(8, 1))
    assert other.run("sync", "recover", served.url, typed=old + "\n").status == 1
    other.good("sync", "recover", served.url, typed=new + "\n")
    assert desk.run("sync", "phrase", typed=Reader(capsys)).status == 0


def test_status_says_what_is_where(served: Served, desk: Home, laptop: Home) -> None:
    desk.begin(served.url)
    desk.let_in(laptop)
    desk.good("sync", "now")
    desk.log(*calls(20, 2), name="two")
    found = desk.status()
    assert found["syncs"] is True
    assert found["server"] == served.url
    assert found["lastSync"]
    assert found["failed"] is None
    assert found["waiting"]["messages"] == 2
    assert found["waiting"]["bytes"] > 0
    assert "secrets.json" in found["keys"]
    devices = {each["name"]: each for each in found["devices"]}
    assert devices["desk"]["isThis"] is True
    assert devices["desk"]["messages"] == 3
    assert devices["laptop"]["messages"] == 3
    assert devices["laptop"]["newest"]
    assert devices["laptop"]["lastSeen"] is None
    asked = desk.status("--check")
    assert all(each["lastSeen"] for each in asked["devices"])
    assert "ccmeter" in asked["server_said"][0]
    text = desk.good("sync", "status", "--check")
    assert "Would be sent: 2 messages" in text
    assert "this one" in text
    listed = desk.run("sync", "devices", "--json").document["devices"]
    assert [each["name"] for each in listed] == ["desk", "laptop"]


def test_a_failed_sync_is_told_later(tmp_path: Path, desk: Home) -> None:
    """By `status`, for nobody sees what a child says."""
    with serving(f"sqlite:///{tmp_path / 'server.db'}") as served:
        desk.begin(served.url)
        desk.good("sync", "now")
    done = desk.run("sync", "now", "--quiet")
    assert done.status == 1
    found = desk.status()
    assert "cannot be reached" in found["failed"]
    assert "failed: " in desk.good("sync", "status")


def test_rename(served: Served, desk: Home, laptop: Home) -> None:
    desk.begin(served.url)
    desk.let_in(laptop)
    desk.good("sync", "rename", "office")
    laptop.good("sync", "now")
    assert "office" in laptop.good("sync", "devices")
    assert laptop.totals("--device", "office")["messages"] == 3
    assert desk.run("sync", "rename", " ").status == 2
    assert desk.run("sync", "rename", "x" * 41).status == 2


def test_revoke(served: Served, desk: Home, laptop: Home) -> None:
    desk.begin(served.url)
    desk.let_in(laptop)
    desk.good("sync", "now")
    desk.good("sync", "revoke", "laptop", "--yes")
    done = laptop.run("sync", "now")
    assert done.status == 1
    assert "shut out" in done.stderr
    assert "out since" in desk.good("sync", "devices")
    assert desk.totals()["messages"] == 6
    laptop.good("sync", "leave", "--yes")
    assert laptop.totals()["messages"] == 4
    assert not _lock(laptop).exists()
    assert desk.run("sync", "revoke", "nobody", "--yes").status == 2
    assert desk.run("sync", "revoke", "desk", "--yes").status == 1
    assert desk.run("sync", "revoke", "laptop").status == 2
    assert "Nothing was changed" in desk.run("sync", "revoke", "laptop", typed=Typed("no\n")).stderr


def test_forget_shows_first_what_goes(served: Served, desk: Home, laptop: Home) -> None:
    """Only what nobody else knows goes, on every machine."""
    desk.begin(served.url)
    desk.let_in(laptop)
    desk.good("sync", "now")
    said = desk.good("sync", "forget", "laptop", "--dry-run")
    assert "3 messages" in said
    assert NOTHING in said
    assert desk.totals()["messages"] == 6
    kept = desk.good("sync", "forget", "laptop", "--before", "2020-01-01", "--yes")
    assert "told of 0 messages from before 2020-01-01" in kept
    assert desk.totals()["messages"] == 6
    assert desk.run("sync", "forget", "laptop", typed=Typed("no\n")).status == 0
    desk.good("sync", "forget", "laptop", "--yes")
    assert desk.totals()["messages"] == 3
    laptop.good("sync", "now")
    desk.good("sync", "now")
    assert desk.totals()["messages"] == 3
    assert laptop.totals()["messages"] == 6


def test_forget_self(served: Served, desk: Home, laptop: Home) -> None:
    desk.begin(served.url)
    desk.let_in(laptop)
    laptop.good("sync", "forget", "SELF", "--yes")
    desk.good("sync", "now")
    laptop.good("sync", "now")
    desk.good("sync", "now")
    assert desk.totals()["messages"] == 3
    assert laptop.totals()["messages"] == 6


def test_export_and_delete(served: Served, desk: Home, laptop: Home, tmp_path: Path) -> None:
    desk.begin(served.url)
    desk.let_in(laptop)
    desk.good("sync", "now")
    lines = desk.good("sync", "export").splitlines()
    assert all(json.loads(line) for line in lines)
    file = tmp_path / "vault.jsonl"
    desk.good("sync", "export", "--output", str(file))
    assert len(file.read_text("utf-8").splitlines()) == len(lines)
    assert desk.run("sync", "delete").status == 2
    assert "Nothing was changed" in desk.run("sync", "delete", typed=Typed("yes\n")).stderr
    done = desk.run("sync", "delete", typed=Typed("delete\n"))
    assert (done.status, "Erased" in done.stderr) == (0, True)
    assert desk.totals()["messages"] == 3
    assert not _lock(desk).exists()
    gone = laptop.run("sync", "now")
    assert gone.status == 1
    assert "does not know this machine" in gone.stderr
    laptop.good("sync", "leave", "--yes")
    assert laptop.status() == {"schemaVersion": 1, "syncs": False}


def test_leave(served: Served, desk: Home, laptop: Home) -> None:
    desk.begin(served.url)
    desk.let_in(laptop)
    desk.good("sync", "now")
    assert "Nothing was changed" in laptop.run("sync", "leave", typed=Typed("no\n")).stderr
    laptop.good("sync", "leave", "--yes")
    assert laptop.totals()["messages"] == 4
    desk.good("sync", "now")
    assert desk.totals()["messages"] == 6
    for words in (["now"], ["pair"], ["devices"], ["leave", "--yes"], ["now", "--quiet"], ["export"]):
        done = laptop.run("sync", *words)
        assert done.status == 1
        assert "does not sync" in done.stderr


def test_leave_a_server_that_is_gone(tmp_path: Path, desk: Home) -> None:
    with serving(f"sqlite:///{tmp_path / 'server.db'}") as served:
        desk.begin(served.url)
    done = desk.run("sync", "leave", "--yes")
    assert (done.status, "--offline" in done.stderr) == (1, True)
    assert desk.status()["syncs"] is True
    done = desk.run("sync", "leave", "--offline", "--yes")
    assert (done.status, "still holds" in done.stderr) == (0, True)
    assert desk.status()["syncs"] is False
    assert desk.totals()["messages"] == 3


def test_dry_runs_need_no_server(tmp_path: Path, desk: Home, household: Household) -> None:
    """Whatever would be sent is said without asking anybody."""
    with serving(f"sqlite:///{tmp_path / 'server.db'}") as served:
        phrase = desk.begin(served.url)
        code = desk.good("sync", "pair", "--no-wait").strip()
    desk.log(*calls(30, 5), name="two")
    desk.good("ingest")
    other = household.home("other")
    other.log(*calls(50, 2))
    assert "5 messages in " in desk.good("sync", "now", "--dry-run")
    for words in (
        ["pair"],
        ["rename", "x"],
        ["revoke", "desk"],
        ["phrase"],
        ["forget", "SELF"],
        ["leave"],
        ["delete"],
    ):
        assert NOTHING in desk.good("sync", *words, "--dry-run")
    for words in (["init", served.url], ["join", code], ["recover", served.url]):
        said = other.good("sync", *words, "--dry-run", typed=phrase + "\n")
        assert "2 messages would be sealed" in said
    assert not _lock(other).exists()
    assert desk.status()["devices"][0]["name"] == "desk"


@pytest.mark.parametrize(("told", "seen"), [("names", "shop"), ("ids", "project "), ("off", "")])
def test_projects(told: str, seen: str, served: Served, household: Household) -> None:
    """One repository on two machines is one project; what others call it is told only if a person allows it."""
    desk = household.home("desk", settings=f'{SETTINGS}projects = "{told}"\n')
    laptop = household.home("laptop", settings=f'{SETTINGS}projects = "{told}"\n')
    for home, name, remote in (
        (desk, "work/shop", "git@example.org:me/shop.git"),
        (laptop, "code/store", "https://example.org/me/shop"),
    ):
        git = home.person.home / name / ".git"
        git.mkdir(parents=True)
        (git / "config").write_text(f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {remote}\n', "utf-8")
    desk.log(*calls(1, 2, cwd=str(desk.person.home / "work" / "shop")))
    laptop.log(*calls(5, 3, cwd=str(laptop.person.home / "code" / "store")))
    desk.begin(served.url)
    desk.let_in(laptop)
    third = household.home("third")
    third.log(*calls(90, 1))
    desk.let_in(third)
    desk.good("sync", "now")
    projects = desk.run("project", "--json").document["projects"]
    assert sorted(each["messages"] for each in projects) == ([1, 5] if told != "off" else [1, 2, 3])
    names = " ".join(str(each) for each in third.run("project", "--json").document["projects"])
    assert seen in names
    assert ("shop" in names) == (told == "names")


def test_settings_are_checked(desk: Home) -> None:
    assert desk.run("config", "set", "sync.projects", "all").status == 1
    desk.good("config", "set", "sync.projects", "ids")
    desk.good("config", "set", "sync.every", "15")
    assert desk.run("config", "set", "sync.every", "0").status == 1
    assert "is right" in desk.good("config", "check")


def test_quiet_does_what_settings_say(served: Served, desk: Home) -> None:
    """A child syncs nothing where that is switched off since, and says that it need not be asked again."""
    desk.begin(served.url)
    desk.log(*calls(40, 1), name="two")
    desk.configure(f"{SETTINGS}auto = false\n")
    assert desk.good("sync", "now", "--quiet") == ""
    assert desk.status()["waiting"]["messages"] == 1
    assert "never" in desk.status()["auto"]
    desk.configure(f'{SETTINGS}cadence = "daily"\n')
    assert desk.good("sync", "now", "--quiet") == ""
    assert desk.status()["waiting"]["messages"] == 0
    assert "once a day" in desk.status()["auto"]
    desk.log(*calls(60, 1), name="three")
    assert desk.good("sync", "now", "--quiet") == ""
    assert desk.status()["waiting"]["messages"] == 0
