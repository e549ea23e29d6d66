-- Calls whose output count the log never finished, by version of Claude Code and model, beside the finished ones of the
-- same model: what a finished call of that model puts out on average is the estimate for one that was not. Other machines
-- tell no version: what they alone know is left to them.
with typical as (
    select model, avg(output_tokens) filter (is_final) as final_output from priced_call group by model
)
select
    c.version,
    count(*) as calls,
    count(*) filter (not c.is_final) as nonfinal_calls,
    coalesce(sum(c.output_tokens) filter (not c.is_final), 0) as recorded_tokens,
    count(*) filter (not c.is_final and t.final_output is null) as calls_without_estimate,
    round(coalesce(sum(greatest(t.final_output - c.output_tokens, 0)) filter (not c.is_final), 0))::hugeint
        as missing_tokens,
    round(
        coalesce(
            sum(greatest(t.final_output - c.output_tokens, 0) * greatest(c.output_rate_pico, 0))
                filter (not c.is_final),
            0
        )
    )::hugeint as missing_pico
from priced_call c
join typical t using (model)
where not starts_with(c.call_key, 'fact:')
group by c.version
order by c.version
