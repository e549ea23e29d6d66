"""What every route works with: the database, the clock, chance, and how often who may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from ccmeter.server.rates import address_of
from ccmeter.server.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from ccmeter.server.measures import Measures
    from ccmeter.server.options import Options
    from ccmeter.server.rates import Rates
    from ccmeter.server.storage.database import Database

T = TypeVar("T")
_RETRY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A server without its HTTP."""

    database: Database
    options: Options
    rates: Rates
    measures: Measures
    clock: Callable[[], float]
    draw: Callable[[int], bytes]

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction; once more if another made the same rows at the same moment."""
        try:
            try:
                return await self.database.write(work)
            except IntegrityError:
                return await self.database.write(work)
        except DBAPIError as error:
            raise _unavailable() from error

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads."""
        try:
            return await self.database.read(work)
        except DBAPIError as error:
            raise _unavailable() from error

    async def scrub(self) -> None:
        """See that what was erased is not left in files of the database either."""
        await self.database.scrub()

    async def limit(self, name: str, who: str) -> None:
        """Count a request. Raises Refusal where it is one too many."""
        now = self.clock()
        if self.rates.is_kept(name):
            await self.write(lambda connection: self.rates.take_kept(connection, name, who, now))
        else:
            self.rates.take(name, who, now)

    async def limit_address(self, name: str, host: str) -> None:
        """Count a request by where it comes from."""
        await self.limit(name, address_of(host))


def _unavailable() -> Refusal:
    return Refusal("maintenance", "The database does not answer just now.", retry_after_s=_RETRY_S)
