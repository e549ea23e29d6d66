"""Answers: messages of the protocol as bytes, and refusals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from ccmeter.server.refusals import STATUS
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.server.refusals import Refusal

_JSON: Final = "application/json"


def said(answer: v1.Answer, headers: Mapping[str, str] | None = None) -> Response:
    """Give a message of the protocol."""
    return Response(answer.model_dump_json(), media_type=_JSON, headers=headers)


def done() -> Response:
    """Give the answer that says nothing but yes."""
    return Response(status_code=204)


def refused(refusal: Refusal) -> Response:
    """Give a refusal, with how long to wait where that helps."""
    failure = v1.Failure(
        code=refusal.code,
        message=refusal.message,
        retry_after=refusal.retry_after_s,
        details=refusal.details,
    )
    headers = {}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(refusal.retry_after_s))
    if refusal.status == STATUS["bad_token"]:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        failure.model_dump_json(exclude_none=True),
        status_code=refusal.status,
        media_type=_JSON,
        headers=headers,
    )


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals that a route can give, beside those that every route can give."""
    by_status: dict[int | str, list[str]] = {}
    for code in (*codes, *_ALWAYS):
        by_status.setdefault(STATUS[code], []).append(f"`{code}`")
    return {
        status: {"model": v1.Failure, "description": ", ".join(names)} for status, names in by_status.items()
    }


_ALWAYS: Final = (
    "too_slow",
    "too_large",
    "not_json",
    "upgrade_required",
    "rate_limited",
    "maintenance",
)
