-- Calls that wrote into the prompt cache what the call before them in the same thread had there already: after a pause
-- longer than the cache lives, or without any (its beginning had changed). A thread is a session, or one of its sub-agents.
with /* chosen */
call_in_thread as (
    select
        logged_us,
        session_id,
        agent_id,
        cwd,
        model_label,
        cache_read_tokens,
        cache_creation_5m_tokens + cache_creation_1h_tokens as written_tokens,
        cache_creation_5m_tokens,
        cache_creation_1h_tokens,
        input_tokens + cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens as prompt_tokens,
        cache_read_rate_pico,
        cache_creation_5m_rate_pico,
        cache_creation_1h_rate_pico
    from chosen
    where logged_us is not null
),
after as (
    select
        *,
        lag(logged_us) over thread as before_us,
        lag(model_label) over thread as before_model,
        lag(cache_read_tokens + written_tokens) over thread as cached_tokens,
        -- how long the cache lives is said by whoever wrote into it last
        last_value(if(written_tokens > 0, cache_creation_1h_tokens > cache_creation_5m_tokens, null) ignore nulls) over (
            thread rows between unbounded preceding and 1 preceding
        ) as is_hourly
    from call_in_thread
    window thread as (partition by session_id, agent_id order by logged_us, prompt_tokens)
),
again as (
    select
        *,
        -- no more than what was there, and than what was written
        least(written_tokens, cached_tokens - cache_read_tokens) as again_tokens,
        logged_us - before_us > if(is_hourly, 3600000000, 300000000) as is_idle
    from after
    -- a prompt that shrank was compacted or cleared; another model has a cache of its own
    where before_model = model_label
        and cached_tokens >= $least_tokens
        and prompt_tokens >= cached_tokens * 4 // 5
        and cache_read_tokens < cached_tokens // 2
)
select
    if(is_idle, 'idle_cache', 'broken_cache') as kind,
    logged_us,
    session_id,
    cwd,
    model_label,
    again_tokens::bigint,
    -- in proportion to the classes that it was written in; null where a price is not known
    if(
        least(cache_read_rate_pico, cache_creation_5m_rate_pico, cache_creation_1h_rate_pico) < 0, null,
        (
            again_tokens::hugeint * cache_creation_5m_tokens * (cache_creation_5m_rate_pico - cache_read_rate_pico)
            + again_tokens::hugeint * cache_creation_1h_tokens * (cache_creation_1h_rate_pico - cache_read_rate_pico)
        ) // greatest(written_tokens, 1)
    ) as wasted_pico,
    (logged_us - before_us) // 1000000 as pause_s
from again
where again_tokens > 0
order by wasted_pico desc nulls last, logged_us, session_id
