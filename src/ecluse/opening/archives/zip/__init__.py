"""Zip (APPNOTE 6.3.10) by a reader of our own, which believes neither of the two places that describe an entry."""
