-- a summary names its session by one of its records
known_leaf as (
    select distinct leaf_uuid as uuid from title where leaf_uuid is not null
),
leaf as (
    select l.uuid, o.session_id from line l semi join known_leaf using (uuid) join origin o using (origin_id)
    union
    select uuid, session_id from prompt semi join known_leaf using (uuid)
    union
    select uuid, session_id from turn semi join known_leaf using (uuid)
),
