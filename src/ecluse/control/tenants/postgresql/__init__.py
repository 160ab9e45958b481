"""Django's PostgreSQL backend, which tells the database whose rows may be read and written: see `base.py`."""
