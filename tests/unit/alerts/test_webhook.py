import json
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ccmeter.alerts.channels import webhook
from ccmeter.alerts.message import Undelivered
from ccmeter.config.settings import NotifySettings, WebhookForm, WebhookSettings
from support.alerting import MESSAGE, means

SECRET = "t0ps3cret"


@dataclass
class Server:
    """A server that answers as it was told, in order."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["content-length"])))
            made.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, content))
            status, headers = made.answers.pop(0) if made.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{running.server_port}"
    yield made
    running.shutdown()
    running.server_close()
    thread.join()


def to(
    url: str, *, form: WebhookForm = "json", headers: dict[str, str] | None = None, timeout_s: int = 5
) -> NotifySettings:
    return NotifySettings(
        webhook=WebhookSettings(url=url, form=form, headers=headers or {}, timeout_s=timeout_s)
    )


def test_an_alert_is_sent_as_json(server: Server, tmp_path: Path) -> None:
    """Once."""
    webhook.send(MESSAGE, means(tmp_path, to(f"{server.url}/x")))
    ((path, headers, content),) = server.got
    assert (path, content) == ("/x", MESSAGE.document)
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("slack", {"text": "ccmeter: &lt;!channel&gt; &amp;"}),
        (
            "discord",
            {"content": "ccmeter: <!channel> &", "username": "ccmeter", "allowed_mentions": {"parse": []}},
        ),
    ],
)
def test_others_get_their_form_and_call_nobody(form: str, content: object) -> None:
    """What looks like mark-up is a text; nobody is mentioned."""
    from dataclasses import replace

    assert webhook.body(replace(MESSAGE, text="<!channel> &"), form) == content


@pytest.mark.parametrize("status", [500, 429, 503])
def test_a_busy_server_is_tried_again(status: int, server: Server, tmp_path: Path) -> None:
    """And a third time at the most."""
    server.answers = [(status, {}), (200, {})]
    webhook.send(MESSAGE, means(tmp_path, to(server.url)))
    assert len(server.got) == 2


def test_tries_are_bounded(server: Server, tmp_path: Path) -> None:
    """A server that never recovers is left alone for this time; a long wait that it asks for is not waited."""
    server.answers = [(429, {"retry-after": "0"}), (500, {"retry-after": "soon"}), (502, {}), (200, {})]
    with pytest.raises(Undelivered, match="status 502"):
        webhook.send(MESSAGE, means(tmp_path, to(server.url)))
    assert len(server.got) == 3


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_final(status: int, server: Server, tmp_path: Path) -> None:
    """Asking again would not help."""
    server.answers = [(status, {})]
    with pytest.raises(Undelivered, match=f"status {status}"):
        webhook.send(MESSAGE, means(tmp_path, to(server.url)))
    assert len(server.got) == 1


def test_no_redirect_is_followed(server: Server, tmp_path: Path) -> None:
    """Neither to another place nor to the same: what was meant for one address goes nowhere else."""
    server.answers = [(307, {"location": f"{server.url}/elsewhere"})]
    with pytest.raises(Undelivered, match="status 307"):
        webhook.send(MESSAGE, means(tmp_path, to(server.url, headers={"Authorization": SECRET})))
    assert [path for path, _, _ in server.got] == ["/"]


def test_a_silent_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It takes the connection and says nothing."""
    monkeypatch.setattr(webhook, "_TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Undelivered, match="in time"):
            webhook.send(MESSAGE, means(tmp_path, to(url, timeout_s=1)))


def test_nobody_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A port that nobody listens on."""
    monkeypatch.setattr(webhook, "_TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Undelivered, match="could not be reached"):
        webhook.send(MESSAGE, means(tmp_path, to(f"http://127.0.0.1:{port}/{SECRET}")))


def test_secrets_come_by_name_and_are_never_told(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Address and header from where secrets are kept; not in logs at any level, nor in errors."""
    notify = to("keyring:hook", headers={"Authorization": "keyring:auth"})
    given = means(tmp_path, notify)
    given.secrets.put("hook", f"{server.url}/{SECRET}")
    given.secrets.put("auth", SECRET)
    server.answers = [(200, {}), (404, {})]
    with caplog.at_level(logging.DEBUG):
        webhook.send(MESSAGE, given)
        with pytest.raises(Undelivered) as refused:
            webhook.send(MESSAGE, given)
    assert server.got[0][0] == f"/{SECRET}"
    assert server.got[0][1]["authorization"] == SECRET
    assert SECRET not in caplog.text + str(refused.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/t0ps3cret", "must begin with https"),
        ("ftp://127.0.0.1/t0ps3cret", "must begin with https"),
        ("https://[t0ps3cret", "cannot be read"),
        ("http://127.0.0.1.example.com/t0ps3cret", "must begin with https"),
        ("t0ps3cret", "must begin with https"),
    ],
)
def test_nothing_goes_out_in_the_open(url: str, reason: str, tmp_path: Path) -> None:
    """A secret address is looked at as any other, when it is known; and is not told."""
    given = means(tmp_path, to("keyring:hook"))
    given.secrets.put("hook", url)
    with pytest.raises(Undelivered, match=reason) as refused:
        webhook.send(MESSAGE, given)
    assert SECRET not in str(refused.value)


def test_what_is_not_set_or_not_known_is_told(server: Server, tmp_path: Path) -> None:
    """No webhook; no secret of that name; a header that no request can have."""
    with pytest.raises(Undelivered, match="is not set"):
        webhook.send(MESSAGE, means(tmp_path))
    with pytest.raises(Undelivered, match="There is no secret hook"):
        webhook.send(MESSAGE, means(tmp_path, to("keyring:hook")))
    with pytest.raises(Undelivered, match="a header cannot be used") as refused:
        webhook.send(MESSAGE, means(tmp_path, to(server.url, headers={"X": f"{SECRET}\nY: 1"})))
    assert SECRET not in str(refused.value)
    assert server.got == []
