"""The Authenticated Received Chain without I/O (RFC 8617): parse, ask, validate; and seal."""
