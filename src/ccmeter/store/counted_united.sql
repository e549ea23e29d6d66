-- Every call of all machines, once: the store's own, but for those that facts of others make something else of.
create or replace temp view counted as
select * from call anti join (from united where is_local) using (call_key)
union all
select * exclude (parts, fingerprint, is_local) from united;

-- Where they were made.
create or replace temp view counted_origin as
select * from origin
union all
select
    fact_origin_id, session_id, '', cwd, '', '', is_sidechain, is_nested, false, model, speed, service_tier, inference_geo
from fact_origin
