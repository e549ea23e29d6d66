"""Syncing without a word: what is found out by one look and one question, what goes on to a real sync, and the monitor's rounds."""

from __future__ import annotations

import http.server
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.cli import quiet, refused, rounds, syncing, turns
from ccmeter.cli.opening import Places
from ccmeter.config.secrets import Secrets
from ccmeter.config.settings import SyncSettings
from ccmeter.domain.errors import SealError, SyncError
from ccmeter.store import standing
from ccmeter.sync import glance
from ccmeter.sync.remotes.base import RemoteError
from ccmeter.wire.v1 import Info
from support.household import SETTINGS, Home, Household, calls
from support.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.server import Served

FILE = SyncSettings(keystore="file")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(f"sqlite:///{tmp_path / 'server.db'}") as running:
        yield running


@pytest.fixture
def household(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Household:
    return Household(tmp_path / "homes", monkeypatch, capsys)


@pytest.fixture
def desk(household: Household) -> Home:
    desk = household.home("desk")
    desk.log(*calls(1, 3))
    return desk


def _places(home: Home) -> Places:
    return Places(
        store=home.person.store,
        claude_dirs=(home.person.claude,),
        settings=home.person.home / ".config" / "ccmeter" / "config.toml",
    )


def _once(home: Home, chosen: SyncSettings = FILE) -> bool:
    """Sync quietly; tell whether that took more than a look."""
    with turns.taken(str(home.person.data), patience_s=0) as mine:
        assert mine is not None
        return quiet.once(_places(home), chosen, mine) is not None


def test_a_look_is_enough_where_nothing_is_new(served: Served, desk: Home, household: Household) -> None:
    """On either side; and whatever is, is not missed."""
    desk.begin(served.url)
    laptop = household.home("laptop")
    laptop.log(*calls(10, 2))
    desk.let_in(laptop)
    assert _once(desk)  # the other machine told
    assert not _once(desk)
    desk.log(*calls(20, 1), name="two")
    desk.good("ingest")
    assert _once(desk)
    assert not _once(desk)
    desk.good("sync", "phrase", "--yes")
    assert _once(laptop)  # new keys
    assert not _once(laptop)
    assert laptop.totals() == desk.totals()


def test_what_failed_or_was_cut_off_is_looked_at(served: Served, desk: Home) -> None:
    desk.begin(served.url)
    assert not _once(desk)
    for turn in (turns.Turn(tried_s=5, failed="no answer"), turns.Turn()):
        with turns.taken(str(desk.person.data)) as mine:
            assert mine is not None
            turns.write(mine, turn)
        assert _once(desk)
        assert not _once(desk)


def test_changed_settings_are_looked_at(served: Served, desk: Home) -> None:
    """So that names of projects are told, or not any more."""
    desk.begin(served.url)
    assert not _once(desk)
    desk.configure(f'{SETTINGS}projects = "off"\n')
    assert _once(desk, SyncSettings(keystore="file", projects="off"))
    assert not _once(desk, SyncSettings(keystore="file", projects="off"))
    found = standing.look(desk.person.store, time.time_ns() // 1_000, tells_nothing=False)
    assert found is not None
    assert found.has_news


def test_keys_that_are_gone(served: Served, desk: Home) -> None:
    """Said with the way out, which works."""
    phrase = desk.begin(served.url)
    (desk.person.home / ".config" / "ccmeter" / "secrets.json").unlink()
    for words in (["now", "--quiet"], ["status"], ["devices"]):
        done = desk.run("sync", *words)
        assert done.status == 1
        assert "leave --offline" in done.stderr
    desk.good("sync", "leave", "--offline", "--yes")
    desk.good("sync", "recover", served.url, typed=phrase + "\n")
    assert desk.totals()["messages"] == 3
    assert len(desk.status()["devices"]) == 2


def test_a_vault_that_this_store_no_longer_knows(served: Served, desk: Home) -> None:
    """As after the store was thrown away: the file beside it goes, and nothing more is started."""
    desk.begin(served.url)
    desk.person.store.unlink()
    desk.good("sync", "now", "--quiet")
    assert turns.read(str(desk.person.data)) is None


def test_one_at_a_time(served: Served, desk: Home) -> None:
    desk.begin(served.url)
    with turns.taken(str(desk.person.data)) as mine:
        assert mine is not None
        assert desk.good("sync", "now", "--quiet") == ""
        agreed = rounds.round_of(_places(desk))
        assert (agreed.failed, agreed.said) == ("", "")


def test_rounds_of_the_monitor(served: Served, desk: Home, household: Household) -> None:
    """News is told, failure in one line, and what the settings forbid is not done."""
    desk.begin(served.url)
    laptop = household.home("laptop")
    laptop.log(*calls(10, 2))
    desk.let_in(laptop)
    first, second = rounds.round_of(_places(desk)), rounds.round_of(_places(desk))
    assert first.has_news
    assert first.said.startswith("synced ")
    assert first.next_s >= 30
    assert not second.has_news
    assert second.said
    desk.good("sync", "revoke", "laptop", "--yes")
    failed = rounds.round_of(_places(laptop))
    assert "shut out" in failed.failed
    assert "\n" not in failed.failed
    desk.configure(f"{SETTINGS}auto = false\n")
    off = rounds.round_of(_places(desk))
    assert (off.said, off.failed, off.next_s) == ("", "", 300)
    desk.configure(f'{SETTINGS}cadence = "hourly"\n')
    assert rounds.round_of(_places(desk)).next_s >= 3_600


def test_the_monitor_of_a_machine_that_does_not_sync(desk: Home) -> None:
    from ccmeter.cli import monitoring

    desk.good("ingest")
    assert monitoring.syncer(_places(desk)) is None
    assert rounds.round_of(_places(desk)).said == ""


def test_the_monitor_of_one_that_does(served: Served, desk: Home) -> None:
    from ccmeter.cli import monitoring

    desk.begin(served.url)
    sync = monitoring.syncer(_places(desk))
    assert sync is not None
    assert sync().said.startswith("synced ")


class _Odd(http.server.BaseHTTPRequestHandler):
    """A server that answers anything with the same."""

    status, body = 200, b"{}"

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Ccmeter-Protocol", "1")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _answering(status: int, body: bytes) -> http.server.ThreadingHTTPServer:
    odd = type("Odd", (_Odd,), {"status": status, "body": body})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), odd)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a server that answers so."""
    server = _answering(*request.param)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _info(**more: Any) -> tuple[int, bytes]:
    info = Info(name="odd", version="9", features=(), registration="open", server_time=time.time())
    return 200, json.dumps({**info.model_dump(), **more}).encode()


ODD = [
    (200, b"{}"),
    (200, b"[]"),
    (200, b"no JSON"),
    (200, b" " * 10_000),
    (200, b'{"vault": 7, "gen": 0, "seq": 1, "tick": "\xc3\xbc"}'),
    (304, b""),
    (302, b""),
    (500, b""),
]


@pytest.mark.parametrize("told", ODD, indirect=True)
def test_no_odd_answer_means_unchanged(told: str, tmp_path: Path) -> None:
    secrets = Secrets(folder=tmp_path, place="file")
    secrets.put(glance.secret_name("aa"), json.dumps({"token": "ccm_d_x"}))
    where = standing.Standing(told, "aa", "bb", 0, 1, "cc", 0, has_news=False)
    assert not glance.is_unchanged(secrets, where)
    assert not glance.is_unchanged(secrets, where._replace(server="http://127.0.0.1:9"))
    assert not glance.is_unchanged(secrets, where._replace(server="http://far.example"))


@pytest.mark.parametrize("told", [_info(protocol_min=2, protocol_max=3)], indirect=True)
def test_a_server_that_is_too_new(told: str) -> None:
    with pytest.raises(SyncError, match="another version") as found:
        syncing.greeted(told)
    assert "Update this one" in found.value.hint


@pytest.mark.parametrize("told", [_info(protocol_min=0, protocol_max=0)], indirect=True)
def test_a_server_that_is_too_old(told: str) -> None:
    with pytest.raises(SyncError, match="too old"):
        syncing.greeted(told)


@pytest.mark.parametrize("told", [_info(server_time=0.0, notice="Moving on Monday.\x1b[2J")], indirect=True)
def test_a_notice_and_a_wrong_clock(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    syncing.greeted(told)
    said = capsys.readouterr().err
    assert "The server says: Moving on Monday." in said
    assert "\x1b" not in said
    assert "days ahead of the server's" in said


def test_a_clock_that_is_behind() -> None:
    info = Info(name="x", version="1", features=(), registration="open", server_time=time.time() + 10**8)
    assert "days behind the server's" in syncing.clock_off(info)


@pytest.mark.parametrize(
    ("way", "answer", "said"),
    [
        ("", "upgrade_required", "another version"),
        ("", "quota_exceeded", "full"),
        ("", "something_new", "The server refused: words"),
        ("join", "rate_limited", "Too many wrong pairing codes"),
        ("recover", "bad_token", "No vault on this server"),
        ("", "rate_limited", "left alone"),
    ],
)
def test_refusals_in_plain_words(way: str, answer: str, said: str) -> None:
    with pytest.raises(SyncError, match=said) as found, refused.plainly(way):
        raise RemoteError("words", answer=answer, retry_after_s=600)
    assert found.value.hint


def test_a_long_wait_is_said() -> None:
    with pytest.raises(SyncError) as found, refused.plainly():
        raise RemoteError("words", answer="maintenance", retry_after_s=600)
    assert "600 seconds" in found.value.hint


def test_what_does_not_open_while_entering() -> None:
    with pytest.raises(SealError, match="another vault"), refused.plainly("join"):
        raise SealError("words")
    with pytest.raises(SealError, match="words"), refused.plainly():
        raise SealError("words")
