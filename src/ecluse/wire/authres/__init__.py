"""The field that tells what authentication found: Authentication-Results (RFC 8601)."""
