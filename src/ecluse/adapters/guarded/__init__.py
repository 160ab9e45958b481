"""Connections to servers that clients name: to addresses that may be asked alone, with TLS, bounded in time."""
