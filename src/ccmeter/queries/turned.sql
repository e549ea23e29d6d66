-- Which turn each call of a session belongs to: the last that began before it. A sub-agent belongs with all its calls to
-- the turn that it began in. Turns begin with prompts, or, where the log has none, with its records of turns.
-- `turn` is 0 before the first one, and null for a call without a time.
/* once */
began as (
    select at_us from prompt_once where session_id = $session
    union
    select start_us
    from turn_once
    where session_id = $session and not exists (select 1 from prompt_once where session_id = $session)
),
started as (
    select at_us, row_number() over (order by at_us) as turn from began
),
own as (
    select
        call_key,
        logged_us,
        is_sidechain or agent_id <> '' as is_agent,
        agent_id,
        if(
            agent_id = '', logged_us, min(logged_us) over (partition by agent_id)
        ) as begun_us
    from chosen
    where session_id = $session
),
turned as (
    select o.call_key, o.is_agent, if(o.begun_us is null, null, coalesce(s.turn, 0)) as turn
    from own o
    asof left join started s on s.at_us <= o.begun_us
),
