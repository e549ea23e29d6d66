-- Every call with what it cost. `list_pico` is null where the call's model has no rate card.
create or replace temp view priced_call/* of_device */ as
with own as (
    select
        c.*,
        c.input_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens + c.cache_read_tokens + c.output_tokens
            as total_tokens,
        o.* exclude (origin_id, tariff, rate_speed, rate_place, rate_tier),
        case
            when r.tariff is null then null
            -- a refusal before any output has not been billed since 2026-06-02
            when c.stop_reason = 'refusal' and c.output_tokens = 0
                and coalesce(c.logged_us, 576460752303423488) >= 1780358400000000 then 0
            else tokens_pico(
                c.input_tokens, r.input_pico, c.output_tokens, r.output_pico,
                c.cache_creation_5m_tokens, r.cache_creation_5m_pico,
                c.cache_creation_1h_tokens, r.cache_creation_1h_pico,
                c.cache_read_tokens, r.cache_read_pico, r.is_partial
            ) + c.web_searches::hugeint * 10000000000
        end as own_pico,
        -- what prompt caching saved: reads and writes at the price of plain input, less what they cost
        case
            when r.tariff is null or (r.is_partial and least(
                r.input_pico, r.cache_creation_5m_pico, r.cache_creation_1h_pico, r.cache_read_pico
            ) < 0) then null
            when c.stop_reason = 'refusal' and c.output_tokens = 0
                and coalesce(c.logged_us, 576460752303423488) >= 1780358400000000 then 0
            else c.cache_read_tokens * (r.input_pico - r.cache_read_pico)
                - c.cache_creation_5m_tokens * (r.cache_creation_5m_pico - r.input_pico)
                - c.cache_creation_1h_tokens * (r.cache_creation_1h_pico - r.input_pico)
        end as cache_saved_pico,
        r.output_pico as output_rate_pico,
        r.input_pico as input_rate_pico,
        r.cache_read_pico as cache_read_rate_pico,
        r.cache_creation_5m_pico as cache_creation_5m_rate_pico,
        r.cache_creation_1h_pico as cache_creation_1h_rate_pico
    from counted/* of_device */ c
    join priced_origin o using (origin_id)
    left join rate r
        on r.tariff = o.tariff
        and coalesce(c.logged_us, 576460752303423488) >= r.since_us
        and coalesce(c.logged_us, 576460752303423488) < r.until_us
        and c.input_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens + c.cache_read_tokens
            >= r.over_prompt
        and c.input_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens + c.cache_read_tokens
            < r.below_prompt
)
/* whole */
