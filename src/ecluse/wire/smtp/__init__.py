"""SMTP without I/O: both sides of a session (RFC 5321)."""
