import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from ccmeter.config import secrets
from ccmeter.config.secrets import Secrets
from ccmeter.domain.errors import ConfigError

SECRET = "t0ps3cret"


class Kept(KeyringBackend):
    """A keyring that keeps things in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class Forgetful(Kept):
    """One that takes everything and keeps something else."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[::-1])


class Locked(Kept):
    """One that refuses, in words that hold what it was asked."""

    is_locked = False

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked or not username.startswith("probe-"):
            raise KeyringLocked(password)
        super().set_password(service, username, password)


@pytest.fixture(autouse=True)
def before() -> Iterator[None]:
    found = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(found)


def test_a_real_keyring_keeps_them(tmp_path: Path) -> None:
    """And no file has them; what is forgotten is gone; the probe leaves nothing."""
    real = Kept()
    keyring.set_keyring(real)
    kept = Secrets(folder=tmp_path)
    assert "in the keyring" in kept.put("hook", SECRET)
    assert kept.get("hook") == SECRET
    assert real.kept == {("ccmeter", "hook"): SECRET}
    assert list(tmp_path.iterdir()) == []
    assert (kept.remove("hook"), kept.remove("hook"), real.kept) == (True, False, {})


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring, Forgetful])
def test_without_a_real_keyring_a_file_does(backend: type[KeyringBackend], tmp_path: Path) -> None:
    """For its owner alone, and it is said."""
    keyring.set_keyring(backend())
    kept = Secrets(folder=tmp_path / "new")
    assert str(kept.file) in kept.put("hook", SECRET)
    assert kept.get("hook") == SECRET
    assert os.name != "posix" or stat.S_IMODE(kept.file.stat().st_mode) == 0o600
    kept.put("other", "x")
    assert (kept.remove("hook"), kept.remove("hook")) == (True, False)
    assert json.loads(kept.file.read_text()) == {"other": "x"}
    assert kept.remove("other")
    assert not kept.file.exists()


def test_the_settings_choose(tmp_path: Path) -> None:
    """The file though there is a keyring; the keyring or nothing."""
    real = Kept()
    keyring.set_keyring(real)
    Secrets(folder=tmp_path, place="file").put("hook", SECRET)
    assert real.kept == {}
    with pytest.raises(ConfigError, match="no secret hook"):
        Secrets(folder=tmp_path, place="keyring").get("hook")
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(ConfigError, match="no keyring here"):
        Secrets(folder=tmp_path, place="keyring").put("hook", SECRET)


def test_a_keyring_takes_over_what_the_file_had(tmp_path: Path) -> None:
    """An old one in the file would else be taken for the new."""
    Secrets(folder=tmp_path).put("hook", "old")
    keyring.set_keyring(Kept())
    kept = Secrets(folder=tmp_path)
    assert kept.get("hook") == "old"
    kept.put("hook", "new")
    assert kept.get("hook") == "new"
    assert not kept.file.exists()


def test_a_keyring_that_refuses_is_told_without_its_words(tmp_path: Path) -> None:
    """Libraries put into errors what they were given. One that is locked from the first is none."""
    locked = Locked()
    keyring.set_keyring(locked)
    with pytest.raises(ConfigError, match="KeyringLocked") as refused:
        Secrets(folder=tmp_path).put("hook", SECRET)
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__
    locked.is_locked = True
    assert not secrets.is_keyring_real()


def test_a_value_may_name_a_secret(tmp_path: Path) -> None:
    """Or be itself."""
    kept = Secrets(folder=tmp_path)
    kept.put("hook", SECRET)
    assert (kept.resolved("keyring:hook"), kept.resolved("https://a.b")) == (SECRET, "https://a.b")
    with pytest.raises(ConfigError, match="no secret other"):
        kept.resolved("keyring:other")


@pytest.mark.parametrize("name", ["", "a b", "../x", "a" * 61])
def test_names_are_plain(name: str, tmp_path: Path) -> None:
    """For every keyring and every shell."""
    with pytest.raises(ConfigError, match="no name"):
        Secrets(folder=tmp_path).put(name, SECRET)


def test_a_file_that_is_not_right_is_refused(tmp_path: Path) -> None:
    """Others may read it; it is no JSON, or not ours; it is a folder; it cannot be written."""
    kept = Secrets(folder=tmp_path, place="file")
    kept.put("hook", SECRET)
    kept.file.chmod(0o644)
    with pytest.raises(ConfigError, match="Others may read"):
        kept.get("hook")
    for content in ("{", "[]", '{"a": 1}'):
        kept.file.write_text(content)
        kept.file.chmod(0o600)
        with pytest.raises(ConfigError, match="not as ccmeter writes"):
            kept.get("hook")
    kept.file.unlink()
    kept.file.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        kept.get("hook")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be (read|written)"):
        Secrets(folder=tmp_path / "file", place="file").put("hook", SECRET)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays, the new one is gone."""
    kept = Secrets(folder=tmp_path, place="file")
    kept.put("hook", SECRET)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigError, match="No space left"):
        kept.put("other", "x")
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.json"]
    assert kept.get("hook") == SECRET
