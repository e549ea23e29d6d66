-- Usage by key and model, and by project too where asked. What keys and all come to is added up by whoever asks: for
-- thousands of keys, three levels in one pass take twice as long as one.
-- Money is summed in 128 bits. Tokens cannot outgrow 64, and reach Python three times as fast so.
with /* chosen */
/* beside */
select
    /* project */ as project,
    /* key */ as key,
    model_label,
    min(logged_us),
    max(logged_us),
    sum(input_tokens)::bigint,
    sum(output_tokens)::bigint,
    sum(cache_creation_5m_tokens)::bigint,
    sum(cache_creation_1h_tokens)::bigint,
    sum(cache_read_tokens)::bigint,
    coalesce(sum(cost_pico), 0),
    sum(unpriced_tokens)::bigint,
    count(*),
    count(*) filter (not is_final),
    flatten(coalesce(list(unpriced_models) filter (unpriced_tokens > 0), []))
from chosen /* tagged */
group by all
