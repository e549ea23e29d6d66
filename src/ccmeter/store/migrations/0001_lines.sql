-- What was read from each file, and how far. A file that is gone keeps its row, and its lines.
create table file (
    file_id integer not null,
    path varchar not null,
    device ubigint not null,
    inode ubigint not null,
    size_bytes bigint not null,
    mtime_ns bigint not null,
    -- the first byte that was not read as part of a complete line
    offset_bytes bigint not null,
    -- digests of the first and of the last bytes before the offset: a file that only grew still has both
    head varchar not null,
    tail varchar not null,
    read_at timestamp not null,
    -- counts as JSON: {"kinds": lines by record type, "rejected": what could not be used, by reason}
    tally varchar not null,
    -- the same for a last line without its newline, which will be read again
    rest varchar not null
);

-- Who made a call, where and how. Its id is a digest of the rest, so that every reader gives it the same.
create table origin (
    origin_id bigint not null,
    session_id varchar not null,
    agent_id varchar not null,
    cwd varchar not null,
    git_branch varchar not null,
    version varchar not null,
    is_sidechain boolean not null,
    is_nested boolean not null,
    is_forked boolean not null,
    model varchar not null,
    speed varchar not null,
    service_tier varchar not null,
    inference_geo varchar not null
);

-- One row per usage line, kept for good. Which of a call's lines count is decided in merge.sql, never here.
create table line (
    call_key varchar not null,
    file_id integer not null,
    -- null once the file was rewritten without this line
    offset_bytes bigint,
    origin_id bigint not null,
    -- UTC; null where the line states no readable time
    logged_at timestamp,
    uuid uuid,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_creation_tokens bigint not null,
    cache_creation_5m_tokens bigint not null,
    cache_creation_1h_tokens bigint not null,
    cache_read_tokens bigint not null,
    thinking_tokens bigint not null,
    web_searches bigint not null,
    web_fetches bigint not null,
    stop_reason varchar not null,
    is_final boolean not null,
    -- the line's own costUSD
    recorded_pico bigint
);

-- What merge.sql makes of the lines, one row per call: kept so that no question has to merge them again.
create table call (
    call_key varchar not null,
    origin_id bigint not null,
    -- microseconds since 1970 UTC; null where no line states a readable time
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
    recorded_pico bigint
);

-- Iterations of a call that are billed on top of it.
create table part (
    call_key varchar not null,
    ordinal integer not null,
    file_id integer not null,
    offset_bytes bigint,
    kind varchar not null,
    model varchar not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_creation_tokens bigint not null,
    cache_creation_5m_tokens bigint not null,
    cache_creation_1h_tokens bigint not null,
    cache_read_tokens bigint not null
);

create table title (
    kind varchar not null,
    session_id varchar not null,
    -- a summary names its session by the uuid of one of its records
    leaf_uuid uuid,
    file_id integer not null,
    offset_bytes bigint,
    title varchar not null
);

create table turn (
    session_id varchar not null,
    uuid uuid,
    file_id integer not null,
    offset_bytes bigint,
    logged_at timestamp,
    duration_ms bigint not null,
    message_count bigint
);

create table notice (
    kind varchar not null,
    session_id varchar not null,
    uuid uuid,
    file_id integer not null,
    offset_bytes bigint,
    logged_at timestamp,
    reason varchar not null,
    resets varchar not null
);

create table pull_request (
    session_id varchar not null,
    file_id integer not null,
    offset_bytes bigint,
    logged_at timestamp,
    number bigint not null,
    url varchar not null,
    repository varchar not null
);

create table cost_state (
    session_id varchar not null,
    started_at timestamp,
    file_id integer not null,
    offset_bytes bigint,
    model varchar not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    thinking_tokens bigint not null,
    cache_creation_tokens bigint not null,
    cache_read_tokens bigint not null,
    web_searches bigint not null,
    cost_pico bigint,
    session_cost_pico bigint,
    api_duration_ms bigint not null,
    duration_ms bigint not null
);

-- When the store was last brought up to date, and what could not be read, as a JSON object of counts: one row.
create table ingest (
    finished_at timestamp not null,
    problems varchar not null
);

-- The revision of merge.sql that `call` was made by: one row.
create table counting (
    revision integer not null
);
