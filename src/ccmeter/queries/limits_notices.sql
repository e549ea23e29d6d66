-- Limits that Claude Code said were hit, each once: a copied log says it again with the same uuid.
select epoch_us(logged_at) as read_us, session_id, reason, resets
from notice
where kind = 'limit'
    and logged_at is not null
    and epoch_us(logged_at) >= $since_us::bigint
    and epoch_us(logged_at) < $until_us::bigint
qualify row_number() over (
    partition by coalesce(uuid::varchar, file_id || ':' || offset_bytes)
    order by offset_bytes is null, session_id, logged_at
) = 1
order by read_us, session_id, reason
