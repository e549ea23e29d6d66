"""The five classes of tokens that a Claude call is billed by, and what they add up to.

The classes never overlap: `input_tokens` leaves out what went through the prompt cache, and
`output_tokens` includes thinking. Whoever reads another agent's log translates into these first.
"""

from typing import NamedTuple

MOST_TOKENS = 10**9
"""Above this a count is impossible (the largest context is 1,000,000) and reads as 0, with a report."""

MOST_REQUESTS = 10**6
"""The same for web searches and fetches of one call."""


class TokenCounts(NamedTuple):
    """Tokens of one billed request, by billing class."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_5m_tokens: int = 0
    cache_creation_1h_tokens: int = 0
    cache_read_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        """Everything the model read: what long-context thresholds are compared with."""
        return (
            self.input_tokens
            + self.cache_creation_5m_tokens
            + self.cache_creation_1h_tokens
            + self.cache_read_tokens
        )

    @property
    def total_tokens(self) -> int:
        """Everything that was read, written or produced."""
        return self.prompt_tokens + self.output_tokens
