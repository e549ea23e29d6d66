"""Keeps secrets by name: in the keyring of the system where there is a real one, else in a file for the owner alone.

A keyring is only believed after it kept a random entry and gave it back: some take everything and keep nothing. Only
this module knows the library, and loads it where it is needed: that takes as long as a whole report. No error and no
log record has a secret in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets as random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccmeter.config.addresses import KEYRING
from ccmeter.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.config.settings import SecretsPlace

SERVICE: Final = "ccmeter"
FILE: Final = "secrets.json"
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,60}")
_REFUSED: Final = ("keyring.backends.fail", "keyring.backends.null")
_PRIVATE: Final = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Where secrets are kept."""

    folder: Path
    """That of the settings file."""
    place: SecretsPlace = "auto"

    @property
    def file(self) -> Path:
        """The file, whether or not it is there."""
        return self.folder / FILE

    def put(self, name: str, secret: str) -> str:
        """Keep a secret; give in words where. Raises ConfigError."""
        checked(name)
        if self._uses_keyring():
            with _refused("keep the secret"):
                _keyring().set_password(SERVICE, name, secret)
            self._write({key: value for key, value in self._read().items() if key != name})
            return f"in the keyring of this system ({_backend()})"
        self._write({**self._read(), name: secret})
        why = "" if self.place == "file" else ", because there is no keyring here"
        return f"in a file that only you may read{why}: {self.file}"

    def get(self, name: str) -> str:
        """Give a secret. Raises ConfigError if there is none of that name."""
        checked(name)
        kept = self._read().get(name) if self.place != "keyring" else None
        if kept is None and self._uses_keyring():
            with _refused("be read"):
                kept = _keyring().get_password(SERVICE, name)
        if not kept:
            raise ConfigError(
                f"There is no secret {name}.", hint=f"`ccmeter alerts secret set {name}` keeps one."
            )
        return str(kept)

    def where(self, name: str) -> str:
        """Say in words where a secret lies, without looking at it. Raises ConfigError."""
        checked(name)
        if name in self._read():
            return f"in a file that only you may read: {self.file}"
        if self._uses_keyring():
            with _refused("be read"):
                if _keyring().get_password(SERVICE, name) is not None:
                    return f"in the keyring of this system ({_backend()})"
        return "nowhere: they are missing"

    def remove(self, name: str) -> bool:
        """Forget a secret; False if there is none of that name. Raises ConfigError."""
        checked(name)
        kept = self._read()
        if name in kept:
            self._write({key: value for key, value in kept.items() if key != name})
        was_there = name in kept
        if self._uses_keyring():
            with _refused("be changed"):
                if _keyring().get_password(SERVICE, name) is not None:
                    _keyring().delete_password(SERVICE, name)
                    was_there = True
        return was_there

    def resolved(self, value: str) -> str:
        """Give what a setting means: itself, or the secret that it names. Raises ConfigError."""
        return self.get(value.removeprefix(KEYRING)) if value.startswith(KEYRING) else value

    def _uses_keyring(self) -> bool:
        if self.place == "file":
            return False
        if is_keyring_real():
            return True
        if self.place == "keyring":
            raise ConfigError(
                'There is no keyring here that keeps anything, and the settings say secrets = "keyring".',
                hint="`ccmeter config set secrets file` keeps them in a file that only you may read.",
            )
        return False

    def _read(self) -> dict[str, str]:
        try:
            content = self.file.read_text("utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The secrets {self.file} cannot be read.") from error
        if os.name == "posix" and self.file.stat().st_mode & _PRIVATE:
            raise ConfigError(
                f"Others may read the secrets {self.file}.",
                hint=f"chmod 600 {self.file}, and change the secrets.",
            )
        try:
            found: Any = json.loads(content)
        except json.JSONDecodeError:
            found = None
        if not (isinstance(found, dict) and all(isinstance(each, str) for each in found.values())):
            raise ConfigError(f"The secrets {self.file} are not as ccmeter writes them.") from None
        return found

    def _write(self, kept: dict[str, str]) -> None:
        """Put a file in the place of the old one, in one step; none where there is nothing to keep."""
        try:
            if not kept:
                self.file.unlink(missing_ok=True)
                return
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=f".{FILE}.")  # 0600 from the first
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as made:
                    json.dump(kept, made, indent=1)
                Path(name).replace(self.file)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise ConfigError(f"The secrets {self.file} cannot be written: {error.strerror}.") from error


def checked(name: str) -> str:
    """Give the name of a secret. Raises ConfigError where it is none."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "This is no name of a secret.", hint="Letters, digits, dots and dashes, 60 at most."
        )
    return name


def is_keyring_real() -> bool:
    """Tell whether there is a keyring that keeps what it is given: by trying."""
    keyring = _keyring()
    if type(keyring.get_keyring()).__module__.startswith(_REFUSED):
        return False
    name, secret = f"probe-{random.token_hex(8)}", random.token_hex(16)
    try:
        keyring.set_password(SERVICE, name, secret)
        try:
            return bool(keyring.get_password(SERVICE, name) == secret)
        finally:
            keyring.delete_password(SERVICE, name)
    except Exception:  # noqa: BLE001 - backends raise what their libraries do; one that fails at all is none
        return False


def _backend() -> str:
    backend = type(_keyring().get_keyring())
    return f"{backend.__module__}.{backend.__qualname__}".removeprefix("keyring.backends.")


def _keyring() -> Any:
    import keyring

    return keyring


@contextlib.contextmanager
def _refused(what: str) -> Iterator[None]:
    """Turn what a keyring's library raises into our own error, without its words: they may hold anything."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - backends raise what their libraries do
        raise ConfigError(
            f"The keyring would not {what} ({type(error).__name__}).", hint="Is it locked?"
        ) from None
