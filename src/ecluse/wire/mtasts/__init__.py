"""MTA-STS: which servers of a domain may be delivered to, over TLS only (RFC 8461)."""
