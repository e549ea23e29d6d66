-- What sessions are called, where a person or Claude Code has named them.
with /* leaf */
named as (
    select session_id, kind, offset_bytes, title from title where leaf_uuid is null
    /* by_leaf */
)
-- what a person chose goes before what Claude Code made up; of several the last
select
    session_id,
    arg_max(title, (kind = 'custom-title', kind = 'ai-title', coalesce(offset_bytes, -1), title))
from named
group by session_id
