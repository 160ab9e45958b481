"""Handing messages on to next hops, while the sender waits or from the spool."""
