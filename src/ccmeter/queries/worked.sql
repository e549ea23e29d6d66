-- Which stretch of work each call of a project belongs to: by repository, branch and time between that branch's commits
-- (`domain.commits`). And which pull request: that of its session, if the log records exactly one for it.
recorded as (
    select distinct session_id, repository, number, url
    from pull_request
    where $before_us::bigint is null or logged_at is null or epoch_us(logged_at) < $before_us::bigint
),
one_pull as (
    select session_id, any_value(repository) as repository, any_value(number) as number, any_value(url) as url
    from recorded
    group by session_id
    having count(distinct (repository, number)) = 1
),
place as (
    select c.call_key, c.session_id, c.logged_us, c.git_branch, coalesce(r.root, '') as root
    from chosen c
    left join repository r using (cwd)
    where c.project = $project
),
worked as (
    select
        p.call_key,
        concat_ws(chr(31), p.root, p.git_branch, coalesce(s.sha, '')) as stretch,
        if(p.session_id = '' or o.session_id is null, '', concat_ws(chr(31), o.repository, o.number, o.url)) as pull
    from place p
    asof left join stretch s on s.root = p.root and s.branch = p.git_branch and s.until_us >= p.logged_us
    left join one_pull o using (session_id)
),
