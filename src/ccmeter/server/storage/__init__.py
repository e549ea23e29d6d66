"""How the server keeps what it holds: tables, their migrations, and transactions on SQLite or PostgreSQL."""
