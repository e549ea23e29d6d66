-- Which repository a folder belonged to when its usage was read: the folder may be gone when somebody asks.
create table repository (
    cwd varchar not null,
    -- top of the working tree around the folder, spelled as `cwd` is; empty where there was none, or the folder was gone
    top varchar not null,
    -- the repository's main working tree, links resolved; empty likewise
    root varchar not null,
    -- `top` is not the main working tree
    is_worktree boolean not null
);
