-- What each local day cost by session: the evidence for a day that stands out.
with /* chosen */
select local_at::date as used_on, session_id, min(cwd) as cwd, min(logged_us) as logged_us, coalesce(sum(cost_pico), 0) as cost_pico,
    sum(total_tokens)::bigint as tokens, coalesce(arg_max(model_label, cost_pico), min(model_label)) as model_label
from chosen
where logged_us is not null
group by used_on, session_id
order by used_on, cost_pico desc, session_id
