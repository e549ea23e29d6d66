-- How many calls were looked at.
with /* chosen */
counted as (select count(*) as calls from chosen where logged_us is not null)
select calls from counted
