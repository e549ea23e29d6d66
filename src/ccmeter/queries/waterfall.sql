-- Where a session wrote into the prompt cache once more what the call before in the same thread had there already, with
-- the turn that it happened in. The rule is that of advice_cache.sql, which leaves out what cannot be helped: here another
-- model, whose cache is its own, and a prompt that was compacted are told as such.
with /* chosen */
/* beside */
call_in_thread as (
    select
        t.turn,
        t.is_agent,
        c.agent_id,
        c.logged_us,
        c.model_label,
        c.cache_read_tokens,
        c.cache_creation_1h_tokens > c.cache_creation_5m_tokens as is_hourly,
        c.cache_creation_5m_tokens + c.cache_creation_1h_tokens as written_tokens,
        c.input_tokens + c.cache_read_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens as prompt_tokens
    from turned t
    join chosen c using (call_key)
    where c.logged_us is not null
),
after as (
    select
        *,
        lag(logged_us) over thread as before_us,
        lag(model_label) over thread as before_model,
        lag(cache_read_tokens + written_tokens) over thread as cached_tokens,
        -- how long the cache lives is said by whoever wrote into it last
        last_value(if(written_tokens > 0, is_hourly, null) ignore nulls) over (
            thread rows between unbounded preceding and 1 preceding
        ) as lived_hourly
    from call_in_thread
    window thread as (partition by is_agent, agent_id order by logged_us, prompt_tokens)
)
select
    turn,
    is_agent,
    agent_id,
    logged_us,
    case
        when before_model <> model_label then 'model'
        when prompt_tokens < cached_tokens * 4 // 5 then 'shorter'
        when logged_us - before_us > if(lived_hourly, 3600000000, 300000000) then 'idle'
        else 'changed'
    end as reason,
    (cached_tokens - cache_read_tokens)::bigint as lost_tokens,
    ((logged_us - before_us) // 1000000)::bigint as pause_s
from after
where cached_tokens >= $least_tokens and cache_read_tokens < cached_tokens // 2
order by logged_us, agent_id
