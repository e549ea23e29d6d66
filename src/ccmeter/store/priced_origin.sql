-- Origins with what their calls pay for apart from tokens, and what their model is called. A table, because every call is joined with it.
create or replace temp table priced_origin as
with situated as (
    select
        o.*,
        n.model as priced_model,
        case when o.model = '' then 'unknown' when o.speed = 'fast' then o.model || '-fast' else o.model end as model_label,
        if(o.speed = 'fast' or n.is_fast, 'fast', 'standard') as rate_speed,
        if(o.inference_geo = 'us', 'us', n.place) as rate_place,
        if(o.service_tier = 'batch' or n.is_batch, 'batch', 'standard') as rate_tier
    from counted_origin o
    join model_name n on n.raw = o.model
)
select s.*, t.tariff
from situated s
left join (select distinct tariff, model, speed, place, tier from rate) t
    on t.model = s.priced_model and t.speed = s.rate_speed and t.place = s.rate_place and t.tier = s.rate_tier;
