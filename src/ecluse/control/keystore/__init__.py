"""Keys of clients: what nodes seal held messages to, and what opens them (design 4)."""
