"""What we keep: the only room that knows DuckDB. Leases, migrations, views, and the one door for writing."""
