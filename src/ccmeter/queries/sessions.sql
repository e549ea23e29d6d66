-- Where a session was, when it was used, and what of it sub-agents used; usage itself is asked as in every other report.
with /* chosen */
at_origin as (
    select
        origin_id,
        min(logged_us) as first_us,
        max(logged_us) as last_us,
        sum(cost_pico) as cost_pico,
        sum(total_tokens)::bigint as total_tokens,
        sum(unpriced_tokens)::bigint as unpriced_tokens
    from chosen
    group by origin_id
)
select
    session_id,
    -- where it began, which is where its log is kept; sub-agents may have been sent elsewhere
    coalesce(
        arg_min(cwd, coalesce(first_us, 576460752303423488)) filter (not is_sidechain and cwd <> ''),
        arg_min(cwd, coalesce(first_us, 576460752303423488)) filter (cwd <> ''),
        ''
    ),
    coalesce(
        arg_max(git_branch, coalesce(last_us, 0)) filter (not is_sidechain and git_branch <> ''),
        arg_max(git_branch, coalesce(last_us, 0)) filter (git_branch <> ''),
        ''
    ),
    min(first_us),
    max(last_us),
    count(distinct agent_id) filter (agent_id <> ''),
    coalesce(sum(cost_pico) filter (is_sidechain or agent_id <> ''), 0),
    coalesce(sum(total_tokens) filter (is_sidechain or agent_id <> ''), 0)::bigint,
    coalesce(sum(unpriced_tokens) filter (is_sidechain or agent_id <> ''), 0)::bigint
from at_origin
join counted_origin using (origin_id)
group by session_id
