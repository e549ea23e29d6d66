-- Usage by local day and model, by local day, and in all; by project too where asked. `level` tells the three apart.
-- Money is summed in 128 bits. Tokens cannot outgrow 64, and reach Python three times as fast so.
with asked_origin as (
    select
        origin_id,
        case when model = '' then 'unknown' when speed = 'fast' then model || '-fast' else model end as model_label
    from origin
    where (
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
),
chosen as (
    select
        if($by_project, c.cwd, null) as project,
        (make_timestamptz(c.logged_us) at time zone $time_zone)::date as starts_on,
        o.model_label,
        c.logged_us,
        c.input_tokens,
        c.output_tokens,
        c.cache_creation_5m_tokens,
        c.cache_creation_1h_tokens,
        c.cache_read_tokens,
        c.is_final,
        case $mode
            when 'display' then coalesce(c.recorded_pico, 0)
            when 'auto' then coalesce(c.recorded_pico, c.list_pico)
            else c.list_pico
        end as cost_pico,
        if($mode = 'display' or ($mode = 'auto' and c.recorded_pico is not null), 0, c.unpriced_tokens)
            as unpriced_tokens,
        c.unpriced_models
    from priced_call c
    join asked_origin o using (origin_id)
    -- only so that days far away are not looked at: a day more at either end, for a calendar that is not ours
    where ($since_us::bigint is null or c.logged_us >= $since_us::bigint - 86400000000)
        and ($until_us::bigint is null or c.logged_us < $until_us::bigint + 86400000000)
),
by_model as (
    select
        project,
        starts_on,
        model_label,
        min(logged_us) as first_us,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_creation_5m_tokens)::bigint as cache_creation_5m_tokens,
        sum(cache_creation_1h_tokens)::bigint as cache_creation_1h_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        coalesce(sum(cost_pico), 0) as cost_pico,
        sum(unpriced_tokens)::bigint as unpriced_tokens,
        flatten(coalesce(list(unpriced_models) filter (unpriced_tokens > 0), [])) as unpriced_models,
        count(*) as calls,
        count(*) filter (not is_final) as nonfinal_calls
    from chosen
    -- by the same calendar that the rows are made by: Python's time zones may be older or newer than DuckDB's
    where ($since_on::date is null or starts_on >= $since_on::date)
        and ($until_on::date is null or starts_on <= $until_on::date)
    group by all
)
select
    grouping(model_label) + grouping(starts_on) as level,
    project,
    starts_on,
    model_label,
    min(first_us),
    coalesce(sum(input_tokens), 0)::bigint,
    coalesce(sum(output_tokens), 0)::bigint,
    coalesce(sum(cache_creation_5m_tokens), 0)::bigint,
    coalesce(sum(cache_creation_1h_tokens), 0)::bigint,
    coalesce(sum(cache_read_tokens), 0)::bigint,
    coalesce(sum(cost_pico), 0),
    coalesce(sum(unpriced_tokens), 0)::bigint,
    coalesce(list_sort(list_distinct(flatten(list(unpriced_models)))), []),
    coalesce(sum(calls), 0)::bigint,
    coalesce(sum(nonfinal_calls), 0)::bigint
from by_model
group by grouping sets ((project, starts_on, model_label), (project, starts_on), ())
