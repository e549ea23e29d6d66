-- Facts that a rule of forgetting names (`forgotten`), or that tell of a call that was taken out by one, are not seen here
-- any more. They stay what is known to be covered: this machine does not tell of them, nor take them back from others.
create or replace temp table hiding as
select rowid as place, fingerprint
from fact
where not is_hidden
    and (
        fingerprint in (select fingerprint from fingerprint semi join forgotten_call using (call_key))
        or (fact_origin_id, slot) in (
            select (s.fact_origin_id, s.slot)
            from (select distinct fact_origin_id, slot from fact where not is_hidden) s
            join fact_origin o using (fact_origin_id)
            join forgotten f
                on (
                    f.session_id is null
                    or o.session = left(sha256((select fp_key from vault) || '|session|' || f.session_id), 16)
                )
                and (f.cwd is null or o.project in (select project from project_id where cwd = f.cwd and project <> ''))
                and if(s.slot = 4294967295, f.takes_undated, s.slot * 900000000 < f.until_us)
        )
    );
update fact set is_hidden = true where rowid in (select place from hiding);
insert into touched_fact select distinct fingerprint from hiding;
