-- What a session is called, where it was, when it was used, and what of it sub-agents used; usage itself is asked as in
-- every other report.
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
),
told as (
    select
        session_id,
        min(first_us) as first_us,
        max(last_us) as last_us,
        -- where it began, which is where its log is kept; sub-agents may have been sent elsewhere
        arg_min(cwd, coalesce(first_us, 576460752303423488)) filter (not is_sidechain and cwd <> '') as main_cwd,
        arg_min(cwd, coalesce(first_us, 576460752303423488)) filter (cwd <> '') as any_cwd,
        arg_max(git_branch, coalesce(last_us, 0)) filter (not is_sidechain and git_branch <> '') as main_branch,
        arg_max(git_branch, coalesce(last_us, 0)) filter (git_branch <> '') as any_branch,
        count(distinct agent_id) filter (agent_id <> '') as agents,
        coalesce(sum(cost_pico) filter (is_sidechain or agent_id <> ''), 0) as agents_pico,
        coalesce(sum(total_tokens) filter (is_sidechain or agent_id <> ''), 0)::bigint as agents_tokens,
        coalesce(sum(unpriced_tokens) filter (is_sidechain or agent_id <> ''), 0)::bigint as agents_unpriced_tokens
    from at_origin
    join counted_origin using (origin_id)
    group by session_id
),
-- a summary names its session by one of its records
known_leaf as (
    select distinct leaf_uuid as uuid from title where leaf_uuid is not null
),
leaf as (
    select l.uuid, o.session_id from line l semi join known_leaf using (uuid) join origin o using (origin_id)
    union
    select uuid, session_id from prompt semi join known_leaf using (uuid)
    union
    select uuid, session_id from turn semi join known_leaf using (uuid)
),
named as (
    select session_id, kind, offset_bytes, title from title where leaf_uuid is null
    union all
    select l.session_id, t.kind, t.offset_bytes, t.title from title t join leaf l on l.uuid = t.leaf_uuid
),
-- what a person chose goes before what Claude Code made up; of several the last
best as (
    select
        session_id,
        arg_max(title, (kind = 'custom-title', kind = 'ai-title', coalesce(offset_bytes, -1), title)) as title
    from named
    group by session_id
)
select
    false as is_total,
    session_id,
    coalesce(b.title, ''),
    coalesce(main_cwd, any_cwd, ''),
    coalesce(main_branch, any_branch, ''),
    first_us,
    last_us,
    agents,
    agents_pico,
    agents_tokens,
    agents_unpriced_tokens
from told
left join best b using (session_id)
union all
select
    true, '', '', '', '', min(first_us), max(last_us), coalesce(sum(agents), 0)::bigint,
    coalesce(sum(agents_pico), 0), coalesce(sum(agents_tokens), 0)::bigint,
    coalesce(sum(agents_unpriced_tokens), 0)::bigint
from told
