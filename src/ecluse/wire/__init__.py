"""Formats and protocols without I/O."""
