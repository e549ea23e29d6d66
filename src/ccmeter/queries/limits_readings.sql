-- What the status line hook told of the limits, without what a session only told again: neither the limit nor the session's
-- own cost had moved, so it had no answer meanwhile. Invalid ones and old news are told apart in `domain/readings.py`. Of
-- readings that follow each other, of one session and with one figure, the first and the last decide what counts; the others
-- are only listed.
with told as (
    select
        l.limit_window,
        l.used_bp,
        l.resets_us,
        l.read_us,
        l.session_id,
        max(s.cost_pico) as cost_pico
    from limit_reading l
    left join session_reading s on s.session_id = l.session_id and s.read_us = l.read_us and l.session_id != ''
    where l.source = 'hook'
        and l.read_us >= $since_us::bigint
        and l.read_us < $until_us::bigint
        and ($limit_window::varchar is null or l.limit_window = $limit_window::varchar)
    group by all
),
news as (
    select limit_window, used_bp, resets_us, read_us, session_id
    from told
    window by_session as (partition by limit_window, session_id order by read_us, used_bp)
    qualify coalesce(
        (used_bp, coalesce(resets_us, 0)) is distinct from lag((used_bp, coalesce(resets_us, 0))) over by_session
            or cost_pico > lag(cost_pico) over by_session,
        false
    )
)
select limit_window, used_bp, resets_us, read_us, session_id
from news
window by_time as (partition by limit_window order by read_us, coalesce(resets_us, 0), used_bp, session_id)
qualify $is_listed::boolean
    or (session_id, used_bp, resets_us) is distinct from lag((session_id, used_bp, resets_us)) over by_time
    or (session_id, used_bp, resets_us) is distinct from lead((session_id, used_bp, resets_us)) over by_time
order by read_us, limit_window, session_id
