-- The calls that the machine of `asked_device` knows, by its facts alone, as far as they may be seen here.
create or replace temp table told as
select
    f.* exclude (device, number, fact_origin_id, is_hidden),
    k.call_key,
    f.fact_origin_id as origin_id,
    (o.is_nested::hugeint << 100) + (f.slot::hugeint << 40) + o.place as attribution,
    'told' as side
from fact f
join (
    select
        fact_origin_id,
        is_nested,
        dense_rank() over (
            order by project, session, agent, model, speed, service_tier, inference_geo, is_sidechain
        ) as place
    from fact_origin
) o using (fact_origin_id)
left join fingerprint k using (fingerprint)
where f.device = (select device from asked_device) and not f.is_hidden;

create or replace temp table heard as
from told
where fingerprint in (select fingerprint from told group by fingerprint having count(*) > 1);

create or replace temp table told_once as
select * from told anti join heard using (fingerprint)
union all by name
select * exclude (said) from (
/* joined */
);

create or replace temp view counted_of_device as
select
    coalesce(call_key, 'fact:' || printf('%016x', fingerprint)) as call_key,
    origin_id,
    if(slot = 4294967295, null, slot * 900000000) as logged_us,
    1::bigint as lines,
    input_tokens,
    output_tokens,
    cache_creation_5m_tokens,
    cache_creation_1h_tokens,
    cache_read_tokens,
    thinking_tokens,
    web_searches,
    web_fetches,
    if(is_refusal, 'refusal', '') as stop_reason,
    is_final,
    nullif(recorded_pico, -1) as recorded_pico
from told_once;

create or replace temp view counted_part_of_device as
select coalesce(call_key, 'fact:' || printf('%016x', fingerprint)) as call_key, unnest(parts, recursive := true)
from told_once
where parts is not null
