"""What a request says about who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ccmeter.server.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEME: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A device's token `ccm_d_…`, a ticket `ccm_e_…` or the recovery phrase's token `ccm_r_…`.",
)


async def token_of(found: Annotated[HTTPAuthorizationCredentials | None, Security(SCHEME)]) -> str:
    """Give the token of a request. Raises Refusal where there is none."""
    if found is None or not found.credentials:
        raise Refusal("bad_token", "A token is needed here.")
    return found.credentials


async def address(request: Request) -> str:
    """Give where a request comes from, as the trusted proxies say."""
    return request.client.host if request.client else ""


Token = Annotated[str, Depends(token_of)]
Address = Annotated[str, Depends(address)]

EMPTY: Final[Mapping[int | str, Mapping[str, str]]] = {204: {"description": "Done"}}
