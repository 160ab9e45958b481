"""DNS-based authentication of mail servers (RFC 6698, RFC 7671, RFC 7672)."""
