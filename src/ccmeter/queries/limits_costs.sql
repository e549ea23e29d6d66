-- Local cost up to and with each of some instants: all usage there is, for a limit is of an account.
with /* chosen */
instant as (
    select unnest($instants::bigint[]) as at_us
),
spent as (
    select i.at_us, sum(c.cost_pico) as cost_pico
    from chosen c
    asof join instant i on i.at_us >= c.logged_us
    where c.logged_us > $first_us::bigint
    group by i.at_us
)
select i.at_us, coalesce(sum(s.cost_pico) over (order by i.at_us), 0)::hugeint
from instant i
left join spent s on s.at_us = i.at_us
order by i.at_us
