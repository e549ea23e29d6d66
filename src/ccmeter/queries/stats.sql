-- Usage by weekday, by hour of the day, and in all dated, with what only the page of statistics needs. `level` is the
-- bit mask of what a row is not grouped by: 1 a weekday, 2 an hour, 3 all.
with /* chosen */
timed as (
    select
        *,
        isodow(local_at) as weekday,
        hour(local_at) as hour_of_day,
        cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens as cached_tokens
    from chosen
)
select
    grouping(weekday, hour_of_day) as level,
    weekday,
    hour_of_day,
    coalesce(sum(total_tokens), 0)::bigint as tokens,
    count(*) as calls,
    coalesce(sum(cost_pico), 0) as cost_pico,
    coalesce(sum(unpriced_tokens), 0)::bigint as unpriced_tokens,
    coalesce(sum(output_tokens) filter (cost_pico is not null), 0)::bigint as priced_output_tokens,
    coalesce(sum(cache_saved_pico), 0) as saved_pico,
    coalesce(sum(cached_tokens) filter (cache_saved_pico is null), 0)::bigint as unknown_cached_tokens,
    count(distinct session_id) as sessions,
    coalesce(sum(total_tokens) filter (logged_us is not null), 0)::bigint as dated_tokens,
    count(logged_us) as dated_calls,
    coalesce(sum(cost_pico) filter (logged_us is not null), 0) as dated_cost_pico
from timed
group by grouping sets ((weekday), (hour_of_day), ())
