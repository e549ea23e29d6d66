-- Which repository a folder belonged to when its usage was read: the folder may be gone when somebody asks.
create table repository (
    cwd varchar not null,
    -- the main working tree; empty where the folder was in no repository, or was gone already
    root varchar not null
);
