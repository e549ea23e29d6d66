import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccmeter.config.secrets import Secrets
from ccmeter.domain.errors import ConfigError, SyncError
from ccmeter.sync import cipher, keystore, subkeys
from ccmeter.sync.keystore import DeviceKeys

KEYS = DeviceKeys(
    vault=b"v" * 16,
    device=b"d" * 16,
    identity=b"I" * 32,
    private=b"P" * 32,
    token="ccm_d_secret",
    generations={0: b"G" * 32, 1: b"H" * 32},
)
NAME = "sync-" + KEYS.device.hex()


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(folder=tmp_path / "config", place="file")


def test_keys_come_back_from_a_file_for_the_owner_alone(secrets: Secrets) -> None:
    assert str(secrets.file) in keystore.save(secrets, KEYS)
    assert keystore.load(secrets, KEYS.device) == KEYS
    assert secrets.file.stat().st_mode & 0o077 == 0


def test_saving_replaces_and_leaves_other_secrets_alone(secrets: Secrets) -> None:
    secrets.put("webhook", "other")
    keystore.save(secrets, KEYS)
    rotated = KEYS.with_generation(2, b"J" * 32)
    keystore.save(secrets, rotated)
    assert keystore.load(secrets, KEYS.device) == rotated
    assert secrets.get("webhook") == "other"
    assert keystore.remove(secrets, KEYS.device)
    assert not keystore.remove(secrets, KEYS.device)
    assert secrets.get("webhook") == "other"


def test_keys_that_are_not_there_are_told_with_what_to_do(secrets: Secrets) -> None:
    with pytest.raises(SyncError, match="not there") as caught:
        keystore.load(secrets, KEYS.device)
    assert "sync recover" in caught.value.hint


def test_the_newest_generations_are_kept_and_fit_an_entry_of_windows(secrets: Secrets) -> None:
    many = replace(KEYS, token="ccm_d_" + "t" * 43, generations={n: bytes([n] * 32) for n in range(90, 120)})
    keystore.save(secrets, many)
    assert sorted(keystore.load(secrets, KEYS.device).generations) == list(range(112, 120))
    assert len(secrets.get(NAME)) < 1_280


def test_keys_are_given_by_generation() -> None:
    assert KEYS.newest == 1
    assert KEYS.keyed(1) == cipher.Keyed(
        vault=KEYS.vault, gen=1, identity=KEYS.identity, generation=b"H" * 32
    )
    assert KEYS.of(0) == subkeys.of_generation(b"G" * 32)
    with pytest.raises(SyncError, match="generation 2"):
        KEYS.of(2)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"device": "AAAA"},
        {"identity": "AAAA"},
        {"identity": "not base64!"},
        {"generations": {}},
        {"generations": {"0": "AAAA"}},
        {"generations": {"-1": "AAAA"}},
        {"token": 7},
    ],
)
def test_other_contents_are_refused_without_telling_them(secrets: Secrets, change: dict[str, object]) -> None:
    keystore.save(secrets, KEYS)
    secrets.put(NAME, json.dumps({**json.loads(secrets.get(NAME)), **change}))
    with pytest.raises(SyncError, match="not as ccmeter keeps them") as caught:
        keystore.load(secrets, KEYS.device)
    assert caught.value.__cause__ is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_any_content_gives_an_error(secrets: Secrets, content: str) -> None:
    secrets.put(NAME, content)
    with pytest.raises(SyncError):
        keystore.load(secrets, KEYS.device)


def test_a_file_that_others_may_read_is_refused(secrets: Secrets) -> None:
    keystore.save(secrets, KEYS)
    secrets.file.chmod(0o644)
    with pytest.raises((SyncError, ConfigError), match="Others may read"):
        keystore.load(secrets, KEYS.device)


def test_no_secret_is_shown() -> None:
    shown = repr(KEYS)
    assert not any(each in shown for each in ("III", "PPP", "GGG", "HHH", "ccm_d_"))
