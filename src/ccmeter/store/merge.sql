-- Which lines of a call count: made anew for the calls whose keys stand in `touched`, from all of their lines.
--
-- One row per call: the largest value of each count over all its lines, and everything else from its earliest line.
-- Lines nested in progress records speak only where no other does; between lines of the same time a copy that names the
-- session it was forked from wins, then the smallest session id (a convention: nothing in the lines tells).
-- `first_line` packs that choice into one number, from the top: nested or not, microseconds since 1970 (2^59 where
-- undated), rank of the origin; the smallest wins.
insert into call
with touched_line as (
    select l.* from line l semi join touched using (call_key)
),
ranked_origin as (
    select
        origin_id,
        is_nested,
        row_number() over (
            order by is_forked desc, session_id = '', session_id, agent_id, cwd, git_branch, version, is_sidechain, model, speed,
                service_tier, inference_geo, is_nested
        ) as place
    from origin semi join touched_line using (origin_id)
),
weighed as (
    select
        l.*,
        (o.is_nested::hugeint << 100)
            + (coalesce(epoch_us(l.logged_at), 576460752303423488)::hugeint << 40)
            + o.place as first_line
    from touched_line l
    join ranked_origin o using (origin_id)
),
merged as (
    select
        call_key,
        count(*) as lines,
        min(first_line) as first_line,
        max(input_tokens) as input_tokens,
        max(output_tokens) as output_tokens,
        max(cache_creation_tokens) as written_tokens,
        max(cache_creation_5m_tokens) as short_tokens,
        max(cache_creation_1h_tokens) as cache_creation_1h_tokens,
        max(cache_read_tokens) as cache_read_tokens,
        max(thinking_tokens) as thinking_tokens,
        max(web_searches) as web_searches,
        max(web_fetches) as web_fetches,
        max(stop_reason) as stop_reason,
        bool_or(is_final) as is_final,
        max(recorded_pico) as recorded_pico
    from weighed
    group by call_key
)
select
    m.call_key,
    o.origin_id,
    nullif((m.first_line >> 40) & 1152921504606846975, 576460752303423488)::bigint as logged_us,
    m.lines,
    m.input_tokens,
    m.output_tokens,
    -- what the total has beyond the split was written for 5 minutes; a split larger than its total is trusted
    m.short_tokens + greatest(m.written_tokens - m.short_tokens - m.cache_creation_1h_tokens, 0),
    m.cache_creation_1h_tokens,
    m.cache_read_tokens,
    m.thinking_tokens,
    m.web_searches,
    m.web_fetches,
    m.stop_reason,
    m.is_final,
    m.recorded_pico
from merged m
join ranked_origin o on o.place = m.first_line & 1099511627775
