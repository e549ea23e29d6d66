"""What the engine asks of a remote: the calls of the protocol, with its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ccmeter.domain.errors import SyncError

if TYPE_CHECKING:
    from ccmeter.wire.v1 import (
        Changes,
        Claimed,
        Commit,
        CommitGeneration,
        Devices,
        Head,
        Info,
        Key,
        Mail,
        Mailbox,
        NewAccount,
        NewDevice,
        NewGeneration,
        NewRecovery,
        NewTicket,
        Push,
        Stage,
    )


class RemoteError(SyncError):
    """The remote refused, by a code of the protocol."""

    code = "sync-refused"

    def __init__(
        self, message: str, *, answer: str, hint: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.answer = answer
        """The protocol's code: `version_conflict`, `wrong_generation`, …"""
        self.retry_after_s = retry_after_s


class UnreachableError(SyncError):
    """The remote did not answer, or what answered is no ccmeter server. Whether a request was carried out is unknown."""

    code = "sync-unreachable"
    hint = "Nothing is lost: the next sync begins where this one ended."


class Remote(Protocol):
    """A vault as one device sees it. Every call raises RemoteError and UnreachableError."""

    def info(self) -> Info:
        """Say what the server is."""

    def register(self, account: NewAccount) -> Head:
        """Make an account with its vault and first device."""

    def allow(self, ticket: NewTicket) -> None:
        """Let whoever has a ticket enrol one device."""

    def enrol(self, device: NewDevice) -> Head:
        """Enrol a device, with the ticket or the recovery token that this remote was made with."""

    def devices(self) -> Devices:
        """List the devices."""

    def revoke(self, device: bytes) -> None:
        """Take a device's right to ask, at once."""

    def replace_recovery(self, recovery: NewRecovery) -> None:
        """Put a new recovery phrase in the place of the old one."""

    def head(self) -> Head:
        """Say where the vault stands."""

    def changes(self, gen: int, seq: int, tick: bytes, witness: bytes) -> Changes:
        """Give what changed after a cursor; one page."""

    def push(self, push: Push) -> Commit:
        """Store records, all or none."""

    def begin(self, generation: NewGeneration) -> None:
        """Begin a new generation."""

    def stage(self, gen: int, stage: Stage) -> None:
        """Add records to it."""

    def commit(self, gen: int, commit: CommitGeneration) -> Commit:
        """Put it in the place of the old one."""

    def key(self) -> Key:
        """Give the current keys, sealed for whoever asks."""

    def leave_mail(self, mailbox: bytes, mail: Mail) -> None:
        """Leave something for a device that only has a code."""

    def claim_mail(self, mailbox: bytes) -> Claimed:
        """Take it out; it is there once."""

    def mail_state(self, mailbox: bytes) -> Mailbox:
        """Tell whether it was taken out."""

    def delete_vault(self) -> None:
        """Erase all records and keys of the vault."""

    def delete_account(self) -> None:
        """Erase the account with everything."""

    def export(self) -> bytes:
        """Give all that the server holds of the account, as lines of JSON."""
