-- What would go if the chosen calls were forgotten: by folder, and in all.
with /* chosen */
going as (
    select cwd, session_id, logged_us, local_at::date as used_on, total_tokens, cost_pico, unpriced_tokens from chosen
)
select
    grouping(cwd) as level,
    cwd,
    count(*),
    coalesce(sum(total_tokens), 0)::bigint,
    coalesce(sum(cost_pico), 0),
    coalesce(sum(unpriced_tokens), 0)::bigint,
    count(distinct used_on),
    count(distinct session_id),
    min(used_on),
    max(used_on),
    list_sort(list(distinct session_id)),
    max(logged_us)
from going
group by grouping sets ((cwd), ())
order by level, cwd
