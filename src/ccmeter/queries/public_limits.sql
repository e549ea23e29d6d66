-- Limits that Claude Code said were hit, each once: a copied log says it again with the same uuid.
select
    make_timestamptz(epoch_us(logged_at)) as hit_at,
    make_timestamptz(epoch_us(logged_at)) at time zone $time_zone as local_at,
    session_id,
    nullif(reason, '') as limit_name,
    nullif(resets, '') as resets
from notice
where kind = 'limit'
qualify row_number() over (
    partition by coalesce(uuid::varchar, file_id || ':' || offset_bytes)
    order by offset_bytes is null, session_id, logged_at
) = 1
order by hit_at, session_id
