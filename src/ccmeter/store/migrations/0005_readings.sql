-- What the status line hook told of the official limits: a reading is the user's, whichever session told it.
create table limit_reading (
    -- `five_hour` or `seven_day`
    limit_window varchar not null,
    -- hundredths of a percent, up to 10000
    used_bp integer not null,
    -- microseconds since 1970 UTC; null where it was not told
    resets_us bigint,
    read_us bigint not null,
    source varchar not null,
    session_id varchar not null
);

-- What the hook told of a session itself.
create table session_reading (
    session_id varchar not null,
    read_us bigint not null,
    -- empty where it was not told
    model varchar not null,
    -- Claude Code's own estimate for the session so far
    cost_pico bigint,
    context_tokens bigint,
    context_size bigint,
    -- how full the context is, in hundredths of a percent
    context_bp integer
);

-- How far each file of the spool has been taken in.
create table spool (
    name varchar not null,
    offset_bytes bigint not null
);

-- A stretch of time in which a rule of a person's own was met: what was said about it is not said again.
create table episode (
    rule varchar not null,
    subject varchar not null,
    began_us bigint not null,
    -- null while it lasts
    ended_us bigint,
    level varchar not null,
    said varchar not null
);
