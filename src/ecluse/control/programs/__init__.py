"""Programs: the keys by which they use the API, and the answers they were given."""
