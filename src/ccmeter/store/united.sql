-- What the calls whose fingerprints stand in `touched_fact` come to, from the table `voice` (voices.sql): makes anew what
-- `united` and `pending` say of them.
--
-- Nearly all of them sound alike, whoever tells them, and are settled at once. The facts of the rest are joined in sides:
-- all that is seen here, what the store's own lines say, what known chunks cover, that with what is due, and that with what
-- was lost with its chunk.
create or replace temp table chorus as
select
    fingerprint,
    min(said) = max(said) and not bool_or(source = 'hidden') as is_unison,
    bool_or(source in ('own', 'kept')) as is_local,
    bool_or(source = 'covered') as is_covered,
    bool_or(source = 'orphan') as is_lost,
    bool_or(source in ('own', 'orphan')) as is_due
from voice
group by fingerprint;

create or replace temp table heard as
select
    *,
    unnest(
        case source
            when 'own' then ['all', 'local', 'due']
            when 'kept' then ['all', 'local']
            when 'orphan' then ['all', 'due', 'lost']
            when 'hidden' then ['covered', 'due', 'lost']
            else ['all', 'covered', 'due', 'lost']
        end
    ) as side
from voice
semi join (from chorus where not is_unison) using (fingerprint);

create or replace temp table sided as
/* joined */;

delete from united where fingerprint in (select fingerprint from touched_fact);

insert into united
select
    -- no key of a call begins so
    'fact:' || printf('%016x', fingerprint),
    origin_id,
    if(slot = 4294967295, null, slot * 900000000),
    1,
    input_tokens,
    output_tokens,
    cache_creation_5m_tokens,
    cache_creation_1h_tokens,
    cache_read_tokens,
    thinking_tokens,
    web_searches,
    web_fetches,
    if(is_refusal, 'refusal', ''),
    is_final,
    nullif(recorded_pico, -1),
    parts,
    fingerprint,
    false
from (
    select v.* exclude (source, said) from voice v semi join (from chorus where is_unison and not is_local) using (fingerprint)
    qualify row_number() over (partition by fingerprint) = 1
    union all by name
    select a.* exclude (side, said)
    from sided a
    anti join (from sided where side = 'local') using (fingerprint)
    where a.side = 'all'
);

insert into united
select
    c.call_key,
    -- where a fact says the same of it, the store's own lines say it more exactly
    if(a.attribution // 2 = l.attribution // 2, c.origin_id, a.origin_id),
    case when a.attribution // 2 = l.attribution // 2 then c.logged_us when a.slot < 4294967295 then a.slot * 900000000 end,
    c.lines,
    a.input_tokens,
    a.output_tokens,
    a.cache_creation_5m_tokens,
    a.cache_creation_1h_tokens,
    a.cache_read_tokens,
    a.thinking_tokens,
    a.web_searches,
    a.web_fetches,
    case when a.is_refusal then 'refusal' when c.stop_reason = 'refusal' then '' else c.stop_reason end,
    a.is_final,
    nullif(a.recorded_pico, -1),
    a.parts,
    a.fingerprint,
    true
from (from sided where side = 'all') a
join (from sided where side = 'local') l using (fingerprint)
join call c on c.call_key = l.call_key
where a.said is distinct from l.said;

delete from pending where fingerprint in (select fingerprint from touched_fact);

insert into pending
with due as (
    select fingerprint from chorus where is_unison and is_due and not is_covered
    union all
    select d.fingerprint
    from (from sided where side = 'due') d
    join chorus c on c.fingerprint = d.fingerprint and c.is_due
    left join (from sided where side = 'covered') s on s.fingerprint = d.fingerprint
    where s.fingerprint is null or s.revision <> d.revision or s.said is distinct from d.said
),
slotted as (
    select fingerprint, min(slot) as slot, bool_or(is_final) as is_final, min(call_key) as call_key
    from voice
    semi join due using (fingerprint)
    where source in ('own', 'orphan')
    group by fingerprint
)
select s.fingerprint, s.slot, if(s.is_final, null, c.logged_us)
from slotted s
left join call c using (call_key);

-- What is covered again need not be kept without a chunk.
delete from fact
where number is null
    and fingerprint in (
        select fingerprint from chorus where is_unison and is_lost and is_covered
        union all
        select c.fingerprint
        from chorus c
        join (from sided where side = 'lost') l using (fingerprint)
        join (from sided where side = 'covered') s using (fingerprint)
        where c.is_lost and l.revision = s.revision and l.said is not distinct from s.said
    );
