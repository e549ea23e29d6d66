-- Sessions as people may ask for them: the sums are made over the view `usage`, so they cannot differ from it.
with used as (
    select
        session_id,
        min(logged_at) as first_at,
        max(logged_at) as last_at,
        count(*) as messages,
        count(*) filter (not is_final) as non_final_messages,
        count(distinct agent_id) as agents,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_creation_5m_tokens + cache_creation_1h_tokens)::bigint as cache_creation_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(total_tokens)::bigint as total_tokens,
        sum(unpriced_tokens)::bigint as unpriced_tokens,
        sum(cost_usd) as cost_usd,
        coalesce(sum(cost_usd) filter (is_subagent), 0)::decimal(38, 12) as agents_cost_usd
    from usage
    group by session_id
)
select
    session_id, f.title, f.project, f.branch, first_at, last_at, f.active_s, messages, non_final_messages, agents,
    input_tokens, output_tokens, cache_creation_tokens, cache_read_tokens, total_tokens, unpriced_tokens, cost_usd,
    agents_cost_usd
from used
left join /* facts */ f using (session_id)
order by last_at nulls last, session_id
