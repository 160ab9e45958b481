"""The demonstration: a client, its server, messages of all kinds, and a table of what became of each."""
