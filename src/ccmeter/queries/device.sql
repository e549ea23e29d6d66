-- How many of the chosen calls each machine knows, with what they come to, whoever else knows them.
with /* chosen */
known as (
    select k.machine, c.total_tokens from chosen c join call_known k using (call_key)
)
select machine, count(*), sum(total_tokens)::bigint from known group by machine
