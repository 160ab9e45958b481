"""Pictures, and what can be read in them."""
