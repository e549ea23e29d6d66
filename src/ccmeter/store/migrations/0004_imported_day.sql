-- Totals that another tool reported for days whose transcripts are gone: shown marked, never mixed with real lines.
create table imported_day (
    -- the file it came from, by a digest of its content, so that the same report is never taken twice
    source varchar not null,
    -- whose usage it is: reports of different machines add up, of the same machine the fullest one speaks for a day
    machine varchar not null,
    imported_at timestamp not null,
    -- a day of the zone that the other tool counted in, which it does not say
    used_on date not null,
    -- empty for what the report counts without naming a model
    model varchar not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_creation_tokens bigint not null,
    cache_read_tokens bigint not null,
    -- as that tool priced it; null where it had no price
    cost_pico bigint
);

-- What is not to come back: usage of this session, or of this folder, or any (null), from before this instant.
create table forgotten (
    made_at timestamp not null,
    session_id varchar,
    cwd varchar,
    until_us bigint not null,
    -- usage without a readable time goes too
    takes_undated boolean not null
);

-- The calls that were taken out by such a rule: a copy of one, under the name of another session, is no new call.
create table forgotten_call (
    call_key varchar not null
);
