-- Which tools a call asked for: copies of a line bear the same `tool_id`, the end of the logged id. Nothing of what a tool was told is kept but the file
-- that it read.
create table tool_call (
    call_key varchar not null,
    file_id integer not null,
    offset_bytes bigint,
    tool_id varchar not null,
    -- empty for what is no name of a tool
    name varchar not null,
    -- of a tool that reads one: its path below the session's folder, else its name alone; empty for every other tool
    file varchar not null,
    -- of the whole path of the file that was read or changed; 0 where there is none
    path_digest bigint not null,
    -- of the part of the file that was asked for; 0 for all of it
    part_digest bigint not null
);

-- How hard the hook said that the model was told to think; empty where it did not say.
alter table session_reading add column effort varchar default '';
alter table session_reading alter column effort set not null;

-- Transcripts that are still there are read once more for it, as for prompts. What was read is kept.
update file set head = '', tail = '', mtime_ns = -1, offset_bytes = 0;
