-- Active time by session, day or folder: spans of work, cut to the days asked for, each key's united so that what
-- overlaps counts once.
--
-- A session with a record of a turn's duration is active during its turns, any other between calls and prompts that
-- are less than `$idle_us` apart. Both are decided over all of the session, whatever days are asked for, so that parts
-- are measured alike. A span belongs to the folder of the last call in it. Sessions (and, by folder, their folders)
-- with a call that fits the filters apart from the days are counted; time cannot be told apart by model.
--
-- What only folders need is left out where they are not asked for: planning it takes twice as long as all the rest.
with /* chosen */
/* once */
called as (
    select o.session_id, o.cwd, c.logged_us as at_us
    from counted/* of_device */ c
    join counted_origin o using (origin_id)
    -- of a session that only another machine knows (`~`), times are told to a quarter of an hour: too little for this
    where c.logged_us is not null and o.session_id <> '' and not starts_with(o.session_id, '~')
),
event as (
    select session_id, cwd, at_us from called
    union all
    select session_id, null, at_us from prompt_once
),
gap as (
    select
        session_id,
        lag(at_us) over before as before_us,
        at_us /* gap_cwd */
    from event
    anti join turn_once using (session_id)
    window before as (partition by session_id order by at_us)
),
every_span as (
    select t.session_id, t.start_us, t.end_us, true as is_turn /* turn_cwd */
    from turn_once t /* turn_called */
    union all
    select session_id, if(at_us - before_us < $idle_us, before_us, at_us), at_us, false /* cwd */
    from gap
),
span as (
    -- in whole seconds from here on: the same work comes to the same by session, day and folder
    select
        * exclude (start_us, end_us),
        greatest(start_us, coalesce($since_us::bigint, start_us)) // 1000000 * 1000000 as start_us,
        least(end_us, coalesce($until_us::bigint, end_us)) // 1000000 * 1000000 as end_us
    from every_span /* asked */
    where ($since_us::bigint is null or end_us >= $since_us::bigint)
        and ($until_us::bigint is null or start_us < $until_us::bigint)
),
keyed as (
    /* keyed */
),
-- what a span adds to those of its key that begin before it
fresh as (
    select
        key,
        is_turn,
        start_us,
        end_us,
        max(end_us) over (
            partition by key order by start_us, end_us rows between unbounded preceding and 1 preceding
        ) as reached_us
    from keyed
),
active as (
    select
        key,
        (sum(greatest(end_us - greatest(start_us, coalesce(reached_us, start_us)), 0)) // 1000000)::bigint as seconds,
        bool_or(is_turn) as has_turns,
        bool_or(not is_turn) as has_gaps
    from fresh
    group by key
)
select grouping(key) as level, key, coalesce(sum(seconds), 0)::bigint, coalesce(bool_or(has_turns), false),
    coalesce(bool_or(has_gaps), false)
from active
group by grouping sets ((key), ())
