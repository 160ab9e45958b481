"""What stands behind the ports: one folder per neighbour, joined to them by entrypoints alone."""
