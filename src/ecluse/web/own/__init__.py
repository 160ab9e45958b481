"""A user's own pages: his mail in quarantine and log, his senders, his digests."""
