-- One row per billed call, in order of time: what every report adds up, as it is exported and as `ccmeter sql` sees it.
-- Columns are named and typed for good (docs/sql.md); an amount is null where nothing of the call could be priced.
with /* chosen */
priced as (
    select *, cost_pico::decimal(26, 0) * 0.000000000001::decimal(12, 12) as cost_usd from chosen
)
select
    make_timestamptz(logged_us) as logged_at,
    local_at,
    local_at::date as day,
    session_id,
    project,
    nullif(cwd, '') as cwd,
    nullif(git_branch, '') as branch,
    nullif(agent_id, '') as agent_id,
    is_sidechain or agent_id <> '' as is_subagent,
    model_label as model,
    nullif(version, '') as version,
    input_tokens,
    output_tokens,
    thinking_tokens,
    cache_creation_5m_tokens,
    cache_creation_1h_tokens,
    cache_read_tokens,
    total_tokens,
    unpriced_tokens::bigint as unpriced_tokens,
    web_searches,
    web_fetches,
    cost_usd,
    is_final,
    nullif(stop_reason, '') as stop_reason,
    if(starts_with(call_key, 'fact:'), null, call_key) as message_id
from priced
order by logged_us nulls last, call_key
