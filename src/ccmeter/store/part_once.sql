-- Iterations that are billed beside a call, each once: of every count the largest over all lines, as in merge.sql.
create or replace temp view part_once as
select
    call_key,
    ordinal,
    max(kind) as kind,
    max(model) as model,
    max(input_tokens) as input_tokens,
    max(output_tokens) as output_tokens,
    max(cache_creation_5m_tokens)
        + greatest(max(cache_creation_tokens) - max(cache_creation_5m_tokens) - max(cache_creation_1h_tokens), 0)
        as cache_creation_5m_tokens,
    max(cache_creation_1h_tokens) as cache_creation_1h_tokens,
    max(cache_read_tokens) as cache_read_tokens
from part
group by call_key, ordinal
