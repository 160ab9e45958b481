"""Countries and autonomous systems, from database files in MaxMind's format."""
