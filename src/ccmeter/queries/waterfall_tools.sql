-- Which tools the calls of a session asked for, by the turn or sub-agent that asked; copies of a line count once.
with /* chosen */
/* beside */
tool_once as (
    select call_key, tool_id, max(name) as name from tool_call group by call_key, tool_id
)
select t.turn, t.is_agent, c.agent_id, o.name, count(*) as calls
from turned t
join chosen c using (call_key)
join tool_once o using (call_key)
group by all
order by calls desc, o.name
