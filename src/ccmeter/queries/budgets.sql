-- What each local day came to.
with /* chosen */
days as (
    select local_at::date as day_on, cost_pico, unpriced_tokens
    from chosen
)
select day_on, coalesce(sum(cost_pico), 0)::hugeint, sum(unpriced_tokens)::bigint
from days
where day_on is not null
group by day_on
