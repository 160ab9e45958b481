"""Rights of people over their data, incidents, requisitions, purge clocks, and what data protection is told by (15-1 to 15-13)."""
