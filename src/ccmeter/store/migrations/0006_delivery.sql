-- What came of telling somebody of an episode: one row per channel.
create table delivery (
    rule varchar not null,
    subject varchar not null,
    level varchar not null,
    began_us bigint not null,
    channel varchar not null,
    tries integer not null,
    -- when the last try began: whoever began it has a while before another may
    tried_us bigint,
    -- null while it has not gone out
    done_us bigint,
    -- why the last try failed, in our own words; empty where it did not
    failed varchar not null
);
