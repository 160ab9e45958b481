"""HTTP to servers that a client has named: asked within bounds, and never one of our own network."""
