-- What is billed beside them, each once.
create or replace temp view counted_part as
select * from part_once anti join (from united where is_local) using (call_key)
union all
select call_key, unnest(parts, recursive := true) from united where parts is not null
