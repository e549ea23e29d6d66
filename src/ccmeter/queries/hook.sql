-- All calls that the status line's snapshot needs, priced once: of today, of the latest block, of sessions that go on, and
-- the last ones of transcripts that changed.
create or replace temp table hook_call as
with /* chosen */
going_on as (
    select o.session_id, max(c.logged_us) as last_us
    from counted c
    join counted_origin o using (origin_id)
    where c.logged_us >= $recent_us::bigint and o.session_id <> '' and not starts_with(o.session_id, '~')
    group by o.session_id
    order by last_us desc, o.session_id
    limit $most_sessions
)
select
    c.call_key,
    g.session_id,
    g.last_us,
    c.logged_us,
    c.local_at::date = $day::date as is_today,
    c.cost_pico,
    c.unpriced_tokens::bigint as unpriced_tokens
from chosen c
left join going_on g using (session_id)
where g.session_id is not null
    or c.logged_us >= $from_us::bigint
    or c.call_key in (select call_key from hook_last)
