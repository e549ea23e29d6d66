"""What the server refuses, by the codes of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATUS: Final[Mapping[str, int]] = {
    "bad_json": 400,
    "bad_token": 401,
    "device_revoked": 401,
    "registration_closed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "version_conflict": 409,
    "wrong_generation": 409,
    "base_moved": 409,
    "stage_mismatch": 409,
    "device_exists": 409,
    "cursor_unknown": 410,
    "mailbox_gone": 410,
    "too_large": 413,
    "not_json": 415,
    "invalid": 422,
    "bad_padding": 422,
    "upgrade_required": 426,
    "rate_limited": 429,
    "maintenance": 503,
    "quota_exceeded": 507,
}
"""Every code that an answer can have, and its HTTP status."""


class Refusal(Exception):  # noqa: N818 - an answer, no fault
    """An answer that is no."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry_after_s: float | None = None,
        details: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after_s = code, message, retry_after_s
        self.details = {name: list(values) for name, values in (details or {}).items()} or None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code]


def not_found() -> Refusal:
    """Give the answer for what is not there, or is not the caller's: nobody can tell which."""
    return Refusal("not_found", "There is nothing of that name.")
