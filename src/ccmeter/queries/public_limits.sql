-- What the official limits stood at, as the status line hook was told, and what Claude Code said was hit, each once: a copied
-- log says it again with the same uuid. Which window a notice means, and when that ends, is found by `domain.readings`.
with noticed as (
    select epoch_us(logged_at) as at_us, session_id, reason, resets
    from notice
    where kind = 'limit'
    qualify row_number() over (
        partition by coalesce(uuid::varchar, file_id || ':' || offset_bytes)
        order by offset_bytes is null, session_id, logged_at
    ) = 1
),
understood as (
    select
        unnest($at_us::bigint[]) as at_us, unnest($reason::varchar[]) as reason, unnest($resets::varchar[]) as resets,
        unnest($limit_window::varchar[]) as limit_window, unnest($resets_us::bigint[]) as resets_us
),
told as (
    select at_us, at_us as hit_us, session_id, reason, resets, limit_window, 10000 as used_bp, resets_us, 'notice' as source
    from noticed
    left join understood using (at_us, reason, resets)
    union all
    select read_us, null, session_id, null, null, limit_window, used_bp, resets_us, source
    from limit_reading
)
select
    make_timestamptz(hit_us) as hit_at,
    make_timestamptz(at_us) at time zone $time_zone as local_at,
    nullif(session_id, '') as session_id,
    nullif(reason, '') as limit_name,
    nullif(resets, '') as resets,
    make_timestamptz(at_us) as read_at,
    limit_window,
    (used_bp / 100)::decimal(5, 2) as percent,
    make_timestamptz(resets_us) as resets_at,
    source
from told
order by read_at, limit_window, session_id
