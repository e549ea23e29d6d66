-- The last calls of each transcript with their counts as logged. `call` has the largest over all lines, but not what was
-- written to the cache in all and by class: that is as this transcript's lines say.
select
    f.path, l.call_key, c.input_tokens, c.output_tokens, l.cache_creation_tokens, l.cache_creation_5m_tokens,
    c.cache_creation_1h_tokens, c.cache_read_tokens, c.web_searches, c.logged_us, o.model, o.speed, o.service_tier,
    o.inference_geo, c.stop_reason, h.cost_pico, h.unpriced_tokens
from hook_last l
join hook_file f using (file_id)
join hook_call h using (call_key)
join counted c using (call_key)
join counted_origin o using (origin_id)
order by f.mtime_ns desc, f.path, l.at_bytes desc, l.call_key
