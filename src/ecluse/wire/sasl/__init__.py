"""SASL as a server speaks it, without I/O (RFC 4422)."""
