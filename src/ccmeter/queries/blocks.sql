-- Usage by block and model, by block, and in all; `level` tells the three apart. `$first_us` are the first calls of the
-- blocks, which are found over all usage whatever the filters; usage without a time belongs to none.
with /* chosen */
found as (
    select unnest($first_us::bigint[]) as first_us, unnest(range(len($first_us::bigint[]))) as number
),
placed as (
    select c.*, f.number
    from chosen c
    asof left join found f on c.logged_us >= f.first_us
),
by_model as (
    select
        number,
        model_label,
        min(logged_us) as first_us,
        max(logged_us) as last_us,
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
    from placed
    where $shown_from::bigint is null or (number >= $shown_from::bigint and number < $shown_below::bigint)
    group by all
)
select
    grouping(model_label) + grouping(number) as level,
    null as project,
    number,
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
    coalesce(sum(nonfinal_calls), 0)::bigint,
    max(last_us)
from by_model
group by grouping sets ((number, model_label), (number), ())
