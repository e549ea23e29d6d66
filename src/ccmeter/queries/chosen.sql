-- The calls that a question is about, each with its cost as `--mode` means it and its local time: what every question on
-- usage begins with, so that no two reports can choose or price the same call differently.
asked_origin as (
    select
        origin_id,
        -- as in priced_origin.sql, which a question asked beside others cannot see
        case when model = '' then 'unknown' when speed = 'fast' then model || '-fast' else model end as model_label /* place */
    from counted_origin /* placed */
    where (
            len($models::varchar[]) = 0
            or len(list_filter($models::varchar[], lambda wanted: contains(lower(model_label), lower(wanted)))) > 0
        )
        and (
            len($sessions::varchar[]) = 0
            or len(list_filter($sessions::varchar[], lambda wanted: starts_with(session_id, wanted))) > 0
        )
),
near as (
    select
        c.* exclude (model) /* place */,
        make_timestamptz(c.logged_us) at time zone $time_zone as local_at,
        case $mode
            when 'display' then coalesce(c.recorded_pico, 0)
            when 'auto' then coalesce(c.recorded_pico, c.list_pico)
            else c.list_pico
        end as cost_pico,
        if($mode = 'display' or ($mode = 'auto' and c.recorded_pico is not null), 0, c.unpriced_tokens)
            as unpriced_left_tokens
    from priced_call/* of_device */ c /* asked_origins */
    -- only so that days far away are not looked at: a day more at either end, for a calendar that is not ours
    where ($since_us::bigint is null or c.logged_us >= $since_us::bigint - 86400000000)
        and ($until_us::bigint is null or c.logged_us < $until_us::bigint + 86400000000)
),
chosen as (
    select * exclude (unpriced_tokens, unpriced_left_tokens), unpriced_left_tokens as unpriced_tokens
    from near
    -- by the same calendar that the rows are made by: Python's time zones may be older or newer than DuckDB's
    where ($since_on::date is null or local_at::date >= $since_on::date)
        and ($until_on::date is null or local_at::date <= $until_on::date)
        and ($before_us::bigint is null or logged_us < $before_us::bigint)
)
