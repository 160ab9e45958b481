"""The node's own stores in LMDB: published policy and outages, read by all processes through one mapping."""
