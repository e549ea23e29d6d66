-- What tokens cost at a rate, class by class; null where a class that has tokens has no price (a negative rate), or
-- where there is no rate at all. Written once for calls and for their parts.
create or replace temp macro tokens_pico(
    i, i_pico, o, o_pico, short, short_pico, long, long_pico, hit, hit_pico, is_partial
) as case
    when is_partial and (
        (i > 0 and i_pico < 0) or (o > 0 and o_pico < 0) or (short > 0 and short_pico < 0)
        or (long > 0 and long_pico < 0) or (hit > 0 and hit_pico < 0)
    ) then null
    else i * i_pico + o * o_pico + short * short_pico + long * long_pico + hit * hit_pico
end
