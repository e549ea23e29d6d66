-- Which machines know which call: by their facts, and this machine also by its own logs. Names come in the order in which
-- the machines joined; the first of those that know a call has it counted for it.
create or replace temp table call_known as
with placed as (
    select unnest($devices::varchar[]) as device, unnest($names::varchar[]) as machine, unnest($places::integer[]) as place
),
known as (
    select f.fingerprint, p.machine, p.place
    from fact f
    join placed p using (device)
    where not f.is_hidden
    union
    select k.fingerprint, p.machine, p.place
    from call
    join fingerprint k using (call_key)
    join vault v on true
    join placed p using (device)
),
first_of as (
    select fingerprint, min(place) as place from known group by fingerprint
)
select
    coalesce(c.call_key, 'fact:' || printf('%016x', k.fingerprint)) as call_key,
    k.machine,
    k.place = f.place as is_first
from known k
join first_of f using (fingerprint)
left join (from fingerprint semi join call using (call_key)) c using (fingerprint)
