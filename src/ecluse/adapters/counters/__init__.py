"""Memories in an LMDB environment of their own: read by all, written by one process in short batches."""
