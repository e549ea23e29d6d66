-- In how many sessions and on how many days a project, group or tag was worked on, and when; usage itself is asked as
-- in every other report.
with /* chosen */
told as (
    select /* key */ as key, session_id, local_at::date as used_on, logged_us from chosen /* tagged */
)
select
    grouping(key) as level,
    key,
    count(distinct session_id) filter (session_id <> ''),
    count(distinct used_on),
    min(logged_us),
    max(logged_us)
from told
group by grouping sets ((key), ())
