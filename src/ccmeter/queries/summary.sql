-- Usage by local day and model, by local day, and in all; by project too where asked. The level tells the three apart.
with chosen as (
    select
        if($by_project, cwd, null) as project,
        (make_timestamptz(logged_us) at time zone $time_zone)::date as starts_on,
        case when model = '' then 'unknown' when speed = 'fast' then model || '-fast' else model end as model_label,
        logged_us,
        input_tokens,
        output_tokens,
        cache_creation_5m_tokens,
        cache_creation_1h_tokens,
        cache_read_tokens,
        is_final,
        case $mode
            when 'display' then coalesce(recorded_pico, 0)
            when 'auto' then coalesce(recorded_pico, list_pico)
            else list_pico
        end as cost_pico,
        if($mode = 'display' or ($mode = 'auto' and recorded_pico is not null), 0, unpriced_tokens) as unpriced_tokens,
        unpriced_models
    from priced_call
    where ($since_us::bigint is null or logged_us >= $since_us::bigint)
        and ($until_us::bigint is null or logged_us < $until_us::bigint)
        and (
            len($projects::varchar[]) = 0
            or len(list_filter($projects::varchar[], lambda wanted: cwd = wanted
                or (wanted <> '' and (ends_with(cwd, '/' || wanted) or ends_with(cwd, '\' || wanted)))
                or regexp_replace(cwd, '[^A-Za-z0-9]', '-', 'g') = wanted)) > 0
        )
        and (
            len($models::varchar[]) = 0
            or len(list_filter($models::varchar[], lambda wanted: contains(lower(model), lower(wanted)))) > 0
        )
        and (
            len($sessions::varchar[]) = 0
            or len(list_filter($sessions::varchar[], lambda wanted: starts_with(session_id, wanted))) > 0
        )
)
select
    grouping(model_label) + grouping(starts_on) as level,
    project,
    starts_on,
    model_label,
    min(logged_us) as first_us,
    coalesce(sum(input_tokens), 0),
    coalesce(sum(output_tokens), 0),
    coalesce(sum(cache_creation_5m_tokens), 0),
    coalesce(sum(cache_creation_1h_tokens), 0),
    coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cost_pico), 0),
    coalesce(sum(unpriced_tokens), 0),
    coalesce(list_sort(list_distinct(flatten(list(unpriced_models) filter (unpriced_tokens > 0)))), []),
    count(*),
    count(*) filter (not is_final)
from chosen
group by grouping sets ((project, starts_on, model_label), (project, starts_on), ())
