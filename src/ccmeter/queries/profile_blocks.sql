-- What was used in windows, by steps of their time and by model. Each call is in at most one of them.
with /* chosen */
stretch as (
    select
        unnest($numbers::bigint[]) as number,
        unnest($starts::bigint[]) as start_us,
        unnest($begins::bigint[]) as begins_us,
        unnest($lasts::bigint[]) as lasts_us
)
select
    s.number,
    least(greatest(c.logged_us - s.start_us, 0) // $step_us, $last_step) as step,
    c.model_label,
    sum(c.total_tokens)::bigint,
    coalesce(sum(c.cost_pico), 0),
    sum(c.unpriced_tokens)::bigint,
    count(*),
    min(c.logged_us),
    max(c.logged_us)
from chosen c
asof join stretch s on c.logged_us >= s.begins_us
where c.logged_us <= s.lasts_us
group by all
order by s.number, min(c.logged_us)
