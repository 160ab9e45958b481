"""Écluse, an open e-mail security gateway: it decides about each message while the sender waits."""

__version__ = "0.1.0"
