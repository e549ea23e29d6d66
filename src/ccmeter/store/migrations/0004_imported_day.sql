-- Totals that another tool reported for days whose transcripts are gone: shown marked, never mixed with real lines.
create table imported_day (
    -- the file it came from, by a digest of its content, so that the same report is never taken twice
    source varchar not null,
    used_on date not null,
    model varchar not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_creation_tokens bigint not null,
    cache_read_tokens bigint not null,
    cost_pico bigint
);
