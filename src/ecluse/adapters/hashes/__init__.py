"""Lists of known bad files, by their digests."""
