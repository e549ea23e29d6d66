"""Says in plain words what a server refused, and what a person can do about it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import SealError, SyncError
from ccmeter.sync.remotes.base import RemoteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ALL: Final[Mapping[str, tuple[str, str]]] = {
    "device_revoked": (
        "This machine was shut out of the vault.",
        "`ccmeter sync leave` ends syncing here; a new `ccmeter sync pair` on another machine lets it in again.",
    ),
    "bad_token": (
        "The server does not know this machine.",
        (
            "The vault was deleted, or the server was set up anew. `ccmeter sync leave` ends syncing here; what this machine "
            "used stays."
        ),
    ),
    "registration_closed": (
        "The server lets nobody in with that: the invite is wrong, used up or expired.",
        "Whoever runs the server makes a new one with `ccmeter serve invite`, for `ccmeter sync init URL --invite CODE`.",
    ),
    "mailbox_gone": (
        "The pairing code is used up, or its ten minutes are over.",
        "`ccmeter sync pair` on the other machine prints a new one.",
    ),
    "quota_exceeded": (
        "The vault is full on this server.",
        "Nothing is lost: what is not sent stays here. `ccmeter sync forget` makes room, or whoever runs the server does.",
    ),
    "rate_limited": ("The server wants to be left alone for a while.", "Try again in some minutes."),
    "maintenance": ("The server is being looked after.", "Try again in some minutes; nothing is lost."),
    "wrong_generation": ("The vault has just been given new keys.", "Try again."),
}
_JOINING: Final[Mapping[str, tuple[str, str]]] = {
    "bad_token": _ALL["mailbox_gone"],
    "not_found": _ALL["mailbox_gone"],
    "rate_limited": (
        "Too many wrong pairing codes were tried from this address.",
        "Wait ten minutes, then use a new one from `ccmeter sync pair`.",
    ),
}
_RECOVERING: Final[Mapping[str, tuple[str, str]]] = {
    "bad_token": (
        "No vault on this server opens with this recovery phrase.",
        "Is it the newest one (`ccmeter sync phrase` replaces it), and is this the right server?",
    ),
}
WAYS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {"join": _JOINING, "recover": _RECOVERING}


@contextlib.contextmanager
def plainly(way: str = "") -> Iterator[None]:
    """Let refusals be told in plain words. `way` names what is being done where the same refusal means something else."""
    try:
        yield
    except RemoteError as error:
        if error.answer == "upgrade_required":
            raise too_new() from error
        words = {**_ALL, **WAYS.get(way, {})}.get(error.answer)
        message, hint = words or (
            f"The server refused: {error}",
            "`ccmeter sync status --check` looks closer.",
        )
        if error.retry_after_s:
            hint = f"{hint} It asks for {round(error.retry_after_s):,} seconds."
        raise RemoteError(
            message, answer=error.answer, hint=hint, retry_after_s=error.retry_after_s
        ) from error
    except SealError as error:
        if not way:
            raise
        raise SealError(
            "What the server gave does not open: the code or phrase belongs to another vault, or the server changed it.",
            hint="Nothing was taken from it.",
        ) from error


def too_new() -> SyncError:
    """Give the error for a server of a later protocol, or a much earlier one."""
    return SyncError(
        "This server speaks another version of the protocol than this ccmeter.",
        hint="Update this one (pip install -U ccmeter-cli); if it is new, whoever runs the server should update that.",
    )


def too_old() -> SyncError:
    """Give the error for a server of an earlier protocol."""
    return SyncError(
        "This server is too old for this ccmeter.",
        hint="Whoever runs it should update it: `ccmeter-cli[server]`.",
    )
