"""For English readers."""
