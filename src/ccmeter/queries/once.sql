-- Prompts and turns, each once: copies of a session's records in other files (forks) have the same uuid. One with a place
-- in its file goes before one that was lost, then the smallest session id, as in merge.sql.
prompt_once as (
    select session_id, epoch_us(logged_at) as at_us
    from prompt
    where logged_at is not null
    qualify row_number() over (
        partition by coalesce(uuid::varchar, file_id || ':' || offset_bytes)
        order by offset_bytes is null, session_id, logged_at
    ) = 1
),
turn_once as (
    select session_id, epoch_us(logged_at) - duration_ms * 1000 as start_us, epoch_us(logged_at) as end_us
    from turn
    where logged_at is not null and duration_ms > 0
    qualify row_number() over (
        partition by coalesce(uuid::varchar, file_id || ':' || offset_bytes)
        order by offset_bytes is null, session_id, logged_at, duration_ms
    ) = 1
),
