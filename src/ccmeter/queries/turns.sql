-- When the turns of a session, and their sub-agents, began and ended, and how long the log says that they took.
with /* chosen */
/* beside */
lasted as (
    select s.turn, (sum(t.end_us - t.start_us) // 1000000)::bigint as seconds
    from turn_once t
    asof join started s on s.at_us < t.end_us
    where t.session_id = $session
    group by s.turn
),
part as (
    select t.turn, t.is_agent, c.agent_id, min(c.logged_us) as first_us, max(c.logged_us) as last_us
    from turned t
    join chosen c using (call_key)
    group by all
)
select
    /* key */ as key,
    p.turn,
    p.is_agent,
    p.agent_id,
    if(p.is_agent, p.first_us, coalesce(s.at_us, p.first_us)),
    p.last_us,
    if(p.is_agent, null, l.seconds)
from part p
left join started s using (turn)
left join lasted l using (turn)
order by p.turn is null, p.turn, p.is_agent, p.first_us, p.agent_id
