-- The main transcripts that changed of late, and the last calls of each by their place in the file.
create or replace temp table hook_file as
select file_id, path, offset_bytes, mtime_ns
from file
where mtime_ns >= $recent_us::bigint * 1000 and not regexp_matches(path, '(^|[/\\])agent-[^/\\]*$')
order by mtime_ns desc, path
limit $most_files;

create or replace temp table hook_last as
select
    file_id, call_key, max(offset_bytes) as at_bytes, max(cache_creation_tokens) as cache_creation_tokens,
    max(cache_creation_5m_tokens) as cache_creation_5m_tokens
from line
semi join hook_file using (file_id)
where offset_bytes is not null
group by file_id, call_key
qualify row_number() over (partition by file_id order by at_bytes desc, call_key) <= $most_calls;
