-- Days that another tool reported, for periods of which the store has no call on that very day: by period and
-- model, by period, and in all. Of several reports of one machine the fullest speaks for a day; machines add up.
with real_day as (
    select distinct (make_timestamptz(logged_us) at time zone $time_zone)::date as used_on
    from counted
    where logged_us is not null
),
told as (
    select
        machine,
        used_on,
        source,
        sum(input_tokens + output_tokens + cache_creation_tokens + cache_read_tokens) as tokens
    from imported_day
    group by all
),
fullest as (
    select machine, used_on, arg_max(source, (tokens, source)) as source from told group by all
),
shown as (
    select
        used_on as local_day,
        if(model = '', 'unknown', model) as model_label,
        d.* exclude (used_on, model)
    from imported_day d
    semi join fullest using (machine, used_on, source)
    anti join real_day using (used_on)
    where $is_whole
        and ($since_on::date is null or used_on >= $since_on::date)
        and ($until_on::date is null or used_on <= $until_on::date)
        and (
            len($models::varchar[]) = 0
            or len(list_filter($models::varchar[], lambda wanted: contains(lower(model), lower(wanted)))) > 0
        )
)
select
    grouping(model_label) + grouping(key) as level,
    key,
    model_label,
    coalesce(sum(input_tokens), 0)::bigint,
    coalesce(sum(output_tokens), 0)::bigint,
    coalesce(sum(cache_creation_tokens), 0)::bigint,
    coalesce(sum(cache_read_tokens), 0)::bigint,
    coalesce(sum(cost_pico), 0),
    coalesce(
        sum(input_tokens + output_tokens + cache_creation_tokens + cache_read_tokens) filter (cost_pico is null), 0
    )::bigint,
    coalesce(list_sort(list(distinct model_label) filter (cost_pico is null)), []),
    count(distinct local_day)
from (select *, /* key */ as key from shown)
group by grouping sets ((key, model_label), (key), ())
order by level, key, sum(cost_pico) desc nulls last, model_label
