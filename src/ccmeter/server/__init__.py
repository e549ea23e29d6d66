"""The small server: accounts and sealed records, in SQLite or PostgreSQL. It can read nothing of what it keeps."""
