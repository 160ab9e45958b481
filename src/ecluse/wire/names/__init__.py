"""Domain names: their one spelling, and the domain that somebody registered."""
