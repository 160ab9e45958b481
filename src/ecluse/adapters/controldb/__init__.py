"""The control database as nodes know it: a few tables, read and written by the named queries of queries.sql."""
