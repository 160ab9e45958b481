"""Messages that are kept so that only their client can read them (design 4)."""
