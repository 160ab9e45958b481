"""Abuse: what others complain of, and the cases in which the provider's people deal with it. For the provider alone."""
