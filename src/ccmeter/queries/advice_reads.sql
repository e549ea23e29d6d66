-- Files that were read again where they had been read before, unchanged as far as can be known: the same part of the same file,
-- in the same context (a thread up to where its prompt became shorter by a fifth, as by compaction), with no tool changing
-- that file in between. A command or a person may have changed it, which no log tells: so what is found is an upper bound.
--
-- What a read brought is bounded too: no more than the prompt grew by from the call that asked for it to the next one, at
-- whichever of its reads that was least; and what was read again by one call brought together no more than that.
-- It cost what the next call paid for new tokens, and then the price of a cache read with every later call of the context.
with /* chosen */
call_in_thread as (
    select
        call_key,
        logged_us,
        session_id,
        is_sidechain,
        agent_id,
        cwd,
        model_label,
        cache_read_tokens,
        input_tokens,
        cache_creation_5m_tokens,
        cache_creation_1h_tokens,
        input_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens as new_tokens,
        input_tokens + cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens as prompt_tokens,
        input_rate_pico,
        cache_creation_5m_rate_pico,
        cache_creation_1h_rate_pico,
        cache_read_rate_pico
    from chosen
    where logged_us is not null
),
after as (
    select
        *,
        prompt_tokens < lag(prompt_tokens) over thread * 4 // 5 as is_cut,
        row_number() over thread as place
    from call_in_thread
    window thread as (partition by session_id, is_sidechain, agent_id order by logged_us, prompt_tokens, call_key)
),
in_context as (
    select *, count(*) filter (is_cut) over (partition by session_id, is_sidechain, agent_id order by place) as context
    from after
),
-- what the next call paid for a million new tokens, and the later ones for reading them again; null where a price is not known
weighed as (
    select
        *,
        lead(prompt_tokens) over later - prompt_tokens as grown_tokens,
        if(
            least(input_rate_pico, cache_creation_5m_rate_pico, cache_creation_1h_rate_pico) < 0, null,
            (
                input_tokens::hugeint * input_rate_pico
                + cache_creation_5m_tokens::hugeint * cache_creation_5m_rate_pico
                + cache_creation_1h_tokens::hugeint * cache_creation_1h_rate_pico
            )
        ) as new_pico,
        sum(if(cache_read_tokens > 0, cache_read_rate_pico, 0)::hugeint) over after_next as reread_rate_pico,
        coalesce(bool_or(cache_read_rate_pico < 0) over after_next, false) as is_unpriced_later
    from in_context
    window
        later as (partition by session_id, is_sidechain, agent_id, context order by place),
        after_next as (
            partition by session_id, is_sidechain, agent_id, context order by place
            rows between 2 following and unbounded following
        )
),
costed as (
    select
        * exclude (new_pico, new_tokens),
        lead(new_pico) over later as new_pico,
        lead(new_tokens) over later as new_tokens
    from weighed
    window later as (partition by session_id, is_sidechain, agent_id, context order by place)
),
tool_once as (
    select call_key, tool_id, max(file) as file, max(path_digest) as path_digest, max(part_digest) as part_digest,
        min(offset_bytes) as told_at
    from tool_call
    where path_digest <> 0
    group by call_key, tool_id
),
touched as (
    select
        c.*,
        t.* exclude (call_key),
        count(*) filter (t.file = '') over (
            partition by c.session_id, c.is_sidechain, c.agent_id, c.context, t.path_digest
            order by c.place, t.told_at nulls first, t.tool_id
        ) as changes
    from costed c
    join tool_once t using (call_key)
),
numbered as (
    select
        *,
        row_number() over one_reading_after_another as time,
        min(grown_tokens) filter (grown_tokens > 0) over (
            partition by session_id, is_sidechain, agent_id, context, path_digest, part_digest, changes
        ) as most_tokens
    from touched
    where file <> ''
    window one_reading_after_another as (
        partition by session_id, is_sidechain, agent_id, context, path_digest, part_digest, changes
        order by place, told_at nulls first, tool_id
    )
),
again as (
    select
        *,
        most_tokens * grown_tokens // greatest(grown_tokens, sum(most_tokens) over (partition by call_key)) as tokens
    from numbered
    where time > 1 and grown_tokens > 0
),
priced as (
    select
        *,
        if(
            is_unpriced_later, null,
            tokens::hugeint * new_pico // greatest(new_tokens, 1) + tokens::hugeint * coalesce(reread_rate_pico, 0)
        ) as wasted_pico
    from again
    where tokens >= $least_tokens
)
select
    'repeated_read' as kind,
    max(logged_us) as logged_us,
    session_id,
    min(cwd) as cwd,
    min(model_label) as model_label,
    sum(tokens)::bigint as tokens,
    sum(wasted_pico) as wasted_pico,
    min(file) as file,
    count(*) as times
from priced
group by session_id, path_digest
order by wasted_pico desc nulls last, logged_us, session_id, file
