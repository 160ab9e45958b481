"""The message log in SQLite, for one machine, and in PostgreSQL, for many nodes."""
