-- The calls of the last hours, one by one: the screen of now tells them, marks the odd ones and adds up minutes.
with /* chosen */
select
    call_key,
    logged_us,
    session_id,
    agent_id,
    is_sidechain or agent_id <> '' as is_agent,
    cwd,
    git_branch,
    model_label,
    input_tokens,
    output_tokens,
    cache_creation_5m_tokens,
    cache_creation_1h_tokens,
    cache_read_tokens,
    cost_pico::bigint,
    unpriced_tokens::bigint,
    priced_model,
    input_rate_pico::bigint
from chosen
where logged_us > $from_us::bigint and logged_us <= $now_us::bigint
order by
    logged_us,
    input_tokens + cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens,
    call_key
