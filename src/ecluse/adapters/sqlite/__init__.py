"""Small stores of one node in SQLite files, each written by one process."""
