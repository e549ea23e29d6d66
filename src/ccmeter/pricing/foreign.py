"""Token counts of other agents, translated into Claude's billing classes.

Each agent draws the lines between its counts elsewhere: what one calls input holds the cached tokens, what another
calls output leaves out the thinking. The parameters carry each agent's own names. Where a log
contradicts itself (more cached than input) no class goes below zero.
"""

from ccmeter.domain.tokens import TokenCounts


def codex_counts(
    *, input_tokens: int, output_tokens: int, cached_input_tokens: int = 0, cache_write_input_tokens: int = 0
) -> TokenCounts:
    """Translate one `last_token_usage` of Codex.

    Input holds the cached and the cache-writing tokens; output holds the reasoning (Codex SDK typings). There is
    only one lifetime of cache writes: it stands in the 5 minute class.
    """
    return TokenCounts(
        input_tokens=max(0, input_tokens - cached_input_tokens - cache_write_input_tokens),
        output_tokens=output_tokens,
        cache_creation_5m_tokens=cache_write_input_tokens,
        cache_read_tokens=cached_input_tokens,
    )


def gemini_counts(
    *,
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int = 0,
    thoughts_tokens: int = 0,
    tool_tokens: int = 0,
) -> TokenCounts:
    """Translate the `tokens` of one Gemini CLI record: input, output, cached, thoughts, tool.

    Input holds the cached tokens; thoughts come on top of output, and tool prompts on top of input (Gemini API,
    UsageMetadata). A reader should first check that `total` is input + output + thoughts + tool.
    """
    return TokenCounts(
        input_tokens=max(0, input_tokens - cached_tokens) + tool_tokens,
        output_tokens=output_tokens + thoughts_tokens,
        cache_read_tokens=cached_tokens,
    )


def opencode_counts(
    *, input_tokens: int, output_tokens: int, cache_read_tokens: int = 0, cache_write_tokens: int = 0
) -> TokenCounts:
    """Translate the `tokens` of one OpenCode message: input, output, cache.read, cache.write.

    Input leaves out the cache. The lifetime of cache writes is not logged: 5 minutes is what OpenCode asks for.
    Reasoning is taken to be inside output, so it is not a parameter.
    """
    return TokenCounts(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_creation_5m_tokens=cache_write_tokens,
        cache_read_tokens=cache_read_tokens,
    )
