"""Dates as the console writes them: those of English readers are no American's. French ones are Django's own."""
