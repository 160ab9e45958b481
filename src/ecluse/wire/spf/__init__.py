"""Sender Policy Framework: who may use a domain in MAIL and HELO (RFC 7208)."""
