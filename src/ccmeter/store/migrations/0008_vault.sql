-- Where this machine stands in a vault: no row, or one. No key lies here that opens a record.
create table vault (
    server varchar not null,
    vault varchar not null,
    device varchar not null,
    name varchar not null,
    added_by varchar not null,
    -- 64 hexadecimal digits, from which fingerprints of calls are made
    fp_key varchar not null,
    gen bigint not null,
    seq bigint not null,
    tick varchar not null,
    witness varchar not null,
    witness_seq bigint not null,
    -- JSON: the highest counter of each device's manifest
    counters varchar not null,
    projects varchar not null,
    synced_us bigint,
    -- how often calls were counted anew: what was read before the last time may be told no longer
    counted bigint not null
);

-- The machines of the vault, in the order in which they joined.
create table device (
    device varchar not null,
    name varchar not null,
    place integer not null
);

-- The chunks of facts that are known, this machine's own among them.
create table chunk (
    device varchar not null,
    number bigint not null,
    version bigint not null,
    digest varchar not null,
    facts bigint not null
);

-- What chunks said of calls, by any machine. A fact whose chunk is gone stays: it may be known nowhere else.
create table fact (
    device varchar not null,
    -- of its chunk; null once no known chunk says it
    number bigint,
    fingerprint ubigint not null,
    -- of the rule that counted it (merge.REVISION)
    revision integer not null,
    fact_origin_id bigint not null,
    -- quarters of an hour since 1970 UTC; 4294967295 where no time is known
    slot bigint not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_creation_5m_tokens bigint not null,
    cache_creation_1h_tokens bigint not null,
    cache_read_tokens bigint not null,
    thinking_tokens bigint not null,
    web_searches bigint not null,
    web_fetches bigint not null,
    is_final boolean not null,
    is_refusal boolean not null,
    -- -1 where none is stated
    recorded_pico bigint not null,
    -- what is billed beside the call, by ordinal; null where nothing is
    parts struct(
        ordinal integer, kind varchar, model varchar, input_tokens bigint, output_tokens bigint,
        cache_creation_5m_tokens bigint, cache_creation_1h_tokens bigint, cache_read_tokens bigint
    )[],
    -- a rule of forgetting names it: it is not seen here
    is_hidden boolean not null
);

-- Where facts say that calls were made. `session_id` and `cwd` are what that is called here.
create table fact_origin (
    fact_origin_id bigint not null,
    is_nested boolean not null,
    project varchar not null,
    session varchar not null,
    agent varchar not null,
    model varchar not null,
    speed varchar not null,
    service_tier varchar not null,
    inference_geo varchar not null,
    is_sidechain boolean not null,
    session_id varchar not null,
    cwd varchar not null
);

-- Records other than chunks, opened: manifests, roster, projects, what is to be forgotten.
create table note (
    rid varchar not null,
    kind varchar not null,
    owner varchar not null,
    -- of a cut-off, the first 64 bits of a device's id
    number ubigint not null,
    version bigint not null,
    digest varchar not null,
    body blob not null
);

-- Of a machine, facts from before this slot are not to be known through it.
create table forgotten_device (
    device varchar not null,
    until_slot bigint not null
);

-- What stands for a call and for a folder in the vault; for a session, see `united.SESSION`.
create table fingerprint (
    call_key varchar not null,
    fingerprint ubigint not null
);
create table project_id (
    cwd varchar not null,
    project varchar not null
);
-- What projects are called, as far as machines told.
create table project_name (
    project varchar not null,
    name varchar not null
);

-- Made by united.sql, and kept so that no question has to join facts again: the calls that come to something else with
-- the facts than without them. `is_local`: it stands in the place of a call of this store.
create table united (
    call_key varchar not null,
    origin_id bigint not null,
    logged_us bigint,
    lines bigint not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_creation_5m_tokens bigint not null,
    cache_creation_1h_tokens bigint not null,
    cache_read_tokens bigint not null,
    thinking_tokens bigint not null,
    web_searches bigint not null,
    web_fetches bigint not null,
    stop_reason varchar not null,
    is_final boolean not null,
    recorded_pico bigint,
    parts struct(
        ordinal integer, kind varchar, model varchar, input_tokens bigint, output_tokens bigint,
        cache_creation_5m_tokens bigint, cache_creation_1h_tokens bigint, cache_read_tokens bigint
    )[],
    fingerprint ubigint not null,
    is_local boolean not null
);

-- Likewise kept: what this machine knows and no known chunk covers.
create table pending (
    fingerprint ubigint not null,
    slot bigint not null,
    -- when the call was made, while it may still grow; null where nothing is waited for
    waits_us bigint
);
