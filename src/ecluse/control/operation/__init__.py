"""What runs, as it tells of itself: nodes, what waits on them, the jobs of `ecluse worker`. For the provider alone."""
