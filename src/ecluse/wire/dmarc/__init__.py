"""DMARC: what the owner of the domain in From asks for, and whether the message is his (RFC 9989)."""
