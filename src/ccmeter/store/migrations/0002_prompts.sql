-- When a person said something: only the time and the place of it, never what was said.
create table prompt (
    session_id varchar not null,
    uuid uuid,
    file_id integer not null,
    offset_bytes bigint,
    logged_at timestamp
);

-- Transcripts that are still there are read once more for it: no cursor fits a file any longer, and all of it is new. What
-- was read is kept.
update file set head = '', tail = '', mtime_ns = -1, offset_bytes = 0;
